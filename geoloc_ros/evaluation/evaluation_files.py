"""Evaluations as files: results.json for programs, a CSV of all frames, trajectories for evo."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.evaluation.condition_curves import belief_reliability, chance_availability, sigma_availability
from geoloc_ros.evaluation.condition_figures import condition_figures
from geoloc_ros.evaluation.consistency import POSE, POSITION, coverages, mean_nees_bounds
from geoloc_ros.evaluation.judged import Condition, JudgedDrive, SkippedDrive, joined
from geoloc_ros.evaluation.metrics import Metrics
from geoloc_ros.evaluation.tum import write_tum

RESULTS_FILE, FRAMES_FILE, ESTIMATE_FILE, TRUTH_FILE = "results.json", "frames.csv", "estimate.tum", "truth.tum"
_COLUMNS = (
    "stamp_ns", "status", "is_fix", "probability", "chance", "x_m", "y_m", "yaw_rad", "true_x_m", "true_y_m",
    "true_yaw_rad", "error_m", "heading_error_deg", "sigma_major_m", "sigma_minor_m", "sigma_yaw_deg", "nees", "nees3",
)  # fmt: skip


@dataclass(frozen=True)
class Evaluation:
    """Conditions that were judged together."""

    conditions: tuple[Condition, ...]
    skipped: tuple[SkippedDrive, ...]
    seed: int
    """Draws the intervals."""
    facts: tuple[tuple[str, str], ...]
    """Names and values: what was evaluated, and with what."""


def write_results(evaluation: Evaluation, path: Path) -> None:
    """Write all figures as JSON; the same evaluation gives the same bytes."""
    tree = {
        "facts": dict(evaluation.facts),
        "seed": evaluation.seed,
        "conditions": [_condition(condition, evaluation.seed) for condition in evaluation.conditions],
        "skipped": [asdict(skipped) for skipped in evaluation.skipped],
    }
    with write_beside(path) as partial:
        partial.write_text(json.dumps(_finite(tree), indent=1) + "\n")


def write_metrics(metrics: Metrics, path: Path) -> None:
    """Write the figures of a single drive as JSON."""
    with write_beside(path) as partial:
        partial.write_text(json.dumps(_finite(asdict(metrics)), indent=1, sort_keys=True) + "\n")


def write_frames(drive: JudgedDrive, path: Path) -> None:
    """Write a line per frame."""
    eigenvalues = np.linalg.eigvalsh(np.nan_to_num(drive.covariance[:, :2, :2])).clip(0.0)
    sigma_m = np.where(np.isfinite(drive.covariance[:, 0, 0])[:, None], np.sqrt(eigenvalues), np.nan)
    sigma_deg = np.degrees(np.sqrt(drive.covariance[:, 2, 2]))
    columns = (
        drive.probability, drive.chance, *drive.pose.T, *drive.truth.T, drive.error_m, drive.heading_error_deg,
        sigma_m[:, 1], sigma_m[:, 0], sigma_deg, drive.position_nees, drive.pose_nees,
    )  # fmt: skip
    with write_beside(path) as partial, partial.open("w") as stream:
        stream.write(",".join(_COLUMNS) + "\n")
        rows = np.column_stack([np.asarray(column, np.float64) for column in columns]).tolist()
        for stamp_ns, status, is_fix, values in zip(
            drive.stamp_ns.tolist(), drive.status.tolist(), drive.is_fix.tolist(), rows, strict=True
        ):
            numbers = ",".join("" if math.isnan(value) else f"{value:.6g}" for value in values)
            stream.write(f"{stamp_ns},{LocalizationStatus(status).name},{int(is_fix)},{numbers}\n")


def write_drive(drive: JudgedDrive, folder: Path) -> None:
    """Write the frames of a drive, its fixes and the true poses of its frames (TUM, as `evo_ape tum` takes them)."""
    write_frames(drive, folder / FRAMES_FILE)
    write_tum(folder / ESTIMATE_FILE, drive.stamp_ns[drive.is_fix], drive.pose[drive.is_fix])
    write_tum(folder / TRUTH_FILE, drive.stamp_ns, drive.truth)


def _condition(condition: Condition, seed: int) -> dict[str, Any]:
    drives = condition.drives
    return {
        "name": condition.name,
        "figures": [asdict(figure) for figure in condition_figures(condition, seed)],
        # A drive counts as one sample: its frames err alike.
        "nees_bounds": {
            "position": mean_nees_bounds(POSITION, len(drives)), "pose": mean_nees_bounds(POSE, len(drives)),
        },
        "coverage": {
            "position": coverages(joined(drives, "position_nees"), POSITION),
            "pose": coverages(joined(drives, "pose_nees"), POSE),
        },
        "belief_reliability": _lists(asdict(belief_reliability(drives))),
        "availability_over_sigma": _lists(asdict(sigma_availability(drives))),
        "availability_over_chance": _lists(asdict(chance_availability(drives))),
        "drives": [{"name": drive.name, **asdict(drive.metrics)} for drive in drives],
    }  # fmt: skip


def _lists(columns: Mapping[str, Any]) -> dict[str, list[float]]:
    return {name: column.tolist() for name, column in columns.items()}


def _finite(value: Any) -> Any:
    """JSON knows no NaN or infinity: null stands for "there is none"."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
