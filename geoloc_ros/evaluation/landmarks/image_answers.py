"""What images showed of learnt scenes, as a table for people and programs."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.geometry import quaternion_from_rotation
from geoloc_ros.core.landmarks import CameraAnswer, NotFound
from geoloc_ros.core.types import Pose3

_COLUMNS = (
    "image", "stamp_ns", "scene", "found", "x_m", "y_m", "z_m", "qx", "qy", "qz", "qw", "sigma_m", "sigma_deg",
    "landmarks", "inliers", "error_px", "log10_chance", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class ImageAnswer:
    """One image."""

    image: str
    stamp_ns: int
    scene: str
    """In which it was found, or looked for; empty where there was none."""
    answer: CameraAnswer
    pose: Pose3 | None
    """As the trajectory has it; None where it was not found."""


def write_answers(path: Path, answers: Sequence[ImageAnswer]) -> None:
    """Write a CSV file, a line per image; the same answers give the same bytes."""
    with write_beside(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(_row(each) for each in answers)


def common_reasons(answers: Sequence[ImageAnswer], count: int) -> Iterator[tuple[int, str]]:
    """The commonest reasons why images were not found, with the numbers of the first one of a kind."""
    kinds: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for each in answers:
        if isinstance(each.answer, NotFound):
            kind = re.sub(r"[-+\d.]+", "#", each.answer.reason)
            kinds[kind] += 1
            examples.setdefault(kind, each.answer.reason)
    for kind, number in kinds.most_common(count):
        yield number, examples[kind]


def _row(each: ImageAnswer) -> tuple[object, ...]:
    answer, start = each.answer, (each.image, each.stamp_ns, each.scene)
    if isinstance(answer, NotFound) or each.pose is None:
        reason = answer.reason if isinstance(answer, NotFound) else ""
        return (*start, 0, *("",) * 9, answer.num_voted, "", "", "", reason)
    variance = np.diag(answer.covariance)
    sigma_m, sigma_deg = np.sqrt(variance[:3].sum()), np.degrees(np.sqrt(variance[3:].sum()))
    return (
        *start, 1, *(f"{value:.5f}" for value in each.pose.translation_m),
        *(f"{value:.7f}" for value in quaternion_from_rotation(each.pose.rotation)), f"{sigma_m:.5f}",
        f"{sigma_deg:.4f}", answer.num_voted, len(answer.inliers), f"{answer.error_px:.3f}",
        f"{answer.log10_chance:.2f}", "",
    )  # fmt: skip
