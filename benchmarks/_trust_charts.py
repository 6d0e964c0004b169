"""Charts of trust.py: whether probabilities, chances and covariances came true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from _charts import Line, draw_chart
from scipy.stats import chi2

from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.types import Float64, UInt8
from geoloc_ros.evaluation.consistency import POSITION, availability_curve, reliability
from geoloc_ros.evaluation.metrics import FALSE_M
from geoloc_ros.evaluation.run_figures import nees_of_fixes
from geoloc_ros.evaluation.scan_runs import ScanRun

Runs = dict[str, list[ScanRun]]

_DECADES = 10.0 ** np.arange(-6.0, 1.0)
_EVEN = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LEAST = 20
"""Frames that a point needs."""


def draw_trust(runs: Runs, title: str, file: Path) -> None:
    """Four charts in one image.

    Raises:
        ArtifactError: If it cannot be written.
    """
    on_the_map = {name: each for name, each in runs.items() if name != "outside"}
    charts = [_probabilities(on_the_map, title), _chances(runs), _ellipses(on_the_map), _availability(on_the_map)]
    image: UInt8 = np.vstack([np.hstack(charts[:2]), np.hstack(charts[2:])])
    file.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(file), image):
        raise ArtifactError(f"cannot write the charts to '{file}'")


def _probabilities(runs: Runs, title: str) -> UInt8:
    lines = [Line("true", np.array([0.0, 1.0]), np.array([0.0, 1.0]))]
    for number, (name, each) in enumerate(runs.items()):
        right = _joint(each, lambda run: run.error_m <= FALSE_M) > 0.0
        said = reliability(_joint(each, lambda run: run.probability), right)
        used = said.count >= _LEAST
        lines.append(Line(name, said.said[used], said.right[used], number))
    return draw_chart(title, "probability said, all frames", "within 25 m", lines, _EVEN, _EVEN)


def _chances(runs: Runs) -> UInt8:
    """Of frames of right places (error below 25 m) and of wrong ones, the share whose chance is no more.

    Not of teleports: what was seen before one speaks for the old place until it is noticed.
    """
    runs = {name: each for name, each in runs.items() if name != "teleport"}
    right = np.concatenate([_joint(each, lambda run: np.where(run.error_m <= FALSE_M, run.chance, np.nan))
                            for name, each in runs.items() if name != "outside"])  # fmt: skip
    wrong = np.concatenate([_joint(each, lambda run: np.where(run.error_m > FALSE_M, run.chance, np.nan))
                            for each in runs.values()])  # fmt: skip
    lines = [Line("true", _DECADES, _DECADES)]
    for number, (name, chance) in enumerate((("right places", right), ("wrong places", wrong)), 2):
        known = chance[~np.isnan(chance)]
        shares = np.array([np.mean(known <= limit) if len(known) else np.nan for limit in _DECADES])
        lines.append(Line(name, _DECADES, np.where(shares > 0.0, shares, np.nan), number))
    title = "without teleports"
    return draw_chart(title, "chance said", "share of frames with no more", lines, _DECADES, _DECADES, logarithmic=True)


def _ellipses(runs: Runs) -> UInt8:
    level = np.linspace(0.02, 0.99, 98)
    lines = [Line("true", np.array([0.0, 1.0]), np.array([0.0, 1.0]))]
    for number, (name, each) in enumerate(runs.items()):
        squared = _joint(each, lambda run: nees_of_fixes(run, POSITION))
        if len(squared) >= _LEAST:
            inside = np.array([np.mean(squared <= chi2.ppf(one, POSITION)) for one in level])
            lines.append(Line(name, level, inside, number))
    return draw_chart("", "published ellipse of position", "share of fixes within", lines, _EVEN, _EVEN)


def _availability(runs: Runs) -> UInt8:
    """Frames in the order of what the localizer says of itself: fixes first, then by their spread."""
    lines = []
    for number, (name, each) in enumerate(runs.items()):
        spread_m = _joint(each, lambda run: np.sqrt(np.trace(run.covariance[:, :2, :2], axis1=1, axis2=2)))
        spread_m = np.where(_joint(each, lambda run: run.is_fix) > 0.0, spread_m, np.nan)
        curve = availability_curve(spread_m, _joint(each, lambda run: run.error_m), FALSE_M)
        lines.append(Line(name, curve.availability, curve.error_m, number))
    ticks = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    shares = (0.03, 0.1, 0.2, 0.4, 0.6, 1.0)
    title = "surest fixes first, by their covariance"
    return draw_chart(title, "share of all frames", "95 % of errors, m", lines, shares, ticks, logarithmic=True)


def _joint(runs: list[ScanRun], of: Callable[[ScanRun], object]) -> Float64:
    return np.concatenate([np.empty(0), *(np.asarray(of(run), np.float64) for run in runs)])
