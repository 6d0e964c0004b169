"""Evaluations of landmarks as files: results.json for programs, a CSV of all views."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.landmarks import CameraPose
from geoloc_ros.evaluation.landmarks.landmark_evaluation import JudgedMethod, LandmarkEvaluation

RESULTS_FILE, VIEWS_FILE, PAGE_FILE = "results.json", "views.csv", "landmarks.html"
_COLUMNS = (
    "method", "image", "found", "error_m", "error_deg", "distance_m", "landmarks", "inliers", "error_px",
    "log10_chance", "reason",
)  # fmt: skip


def write_results(evaluation: LandmarkEvaluation, path: Path) -> None:
    """Write all figures as JSON; what nobody knows and what is infinite is null."""
    tree = {
        "scene": evaluation.scene,
        "facts": dict(evaluation.facts),
        "methods": [_method(each) for each in evaluation.methods],
        "occlusion": [asdict(curve) for curve in evaluation.occlusion],
    }
    with write_beside(path) as partial:
        partial.write_text(json.dumps(finite(tree), indent=1, allow_nan=False) + "\n")


def _method(method: JudgedMethod) -> dict[str, Any]:
    said = {"name": method.name, "meaning": method.meaning}
    return {**said, **asdict(method.accuracy), "calibration": asdict(method.calibration)}


def write_views(evaluation: LandmarkEvaluation, path: Path) -> None:
    """Write a line per method and view."""
    with write_beside(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for method in evaluation.methods:
            writer.writerows(_views(method))


def _views(method: JudgedMethod) -> Iterator[tuple[object, ...]]:
    errors = method.judged.errors
    for row, answer in enumerate(method.judged.answers):
        distance_m = errors.distance_m[row]
        start = (method.name, method.judged.images.file[row], int(isinstance(answer, CameraPose)))
        distance = "" if math.isnan(distance_m) else f"{distance_m:.3f}"
        if isinstance(answer, CameraPose):
            yield (
                *start, f"{errors.position_m[row]:.5f}", f"{errors.angle_deg[row]:.4f}", distance, answer.num_voted,
                len(answer.inliers), f"{answer.error_px:.3f}", f"{answer.log10_chance:.2f}", "",
            )  # fmt: skip
        else:
            yield (*start, "", "", distance, answer.num_voted, "", "", "", answer.reason)


def finite(value: Any) -> Any:
    """A tree for JSON, which knows neither NaN nor infinity: both are null."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
