"""Views of a scene that were localized, judged by their true poses: files, and a line for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoloc_ros.core.landmarks import CameraAnswer
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.evaluation.landmarks.accuracy import AIM_DEG, AIM_RATIO, FINE_DEG, FINE_M, Accuracy
from geoloc_ros.evaluation.landmarks.errors import errors_of
from geoloc_ros.evaluation.landmarks.judged import JudgedViews, view_distance_m
from geoloc_ros.evaluation.landmarks.landmark_evaluation import LandmarkEvaluation, judged_method
from geoloc_ros.evaluation.landmarks.landmark_files import (
    PAGE_FILE,
    RESULTS_FILE,
    VIEWS_FILE,
    write_results,
    write_views,
)
from geoloc_ros.evaluation.landmarks.page.page import write_landmark_page
from geoloc_ros.evaluation.landmarks.shown import shown_views
from geoloc_ros.landmarks.finder import LandmarkFinder


def write_judgement(
    images: PosedImages, answers: Sequence[CameraAnswer], finder: LandmarkFinder, folder: Path, seed: int
) -> str:
    """Write page, figures and table of views whose truth is known.

    Args:
        images: (Q,), with their true poses, in the frame that the landmarks are in.
        answers: (Q,).
        finder: That gave them.
        folder: Made if it is not there.
        seed: Draws views for the intervals.

    Returns:
        One line about them, for people.
    """
    judged = JudgedViews(images, tuple(answers), errors_of(images.scene_from_camera, answers, view_distance_m(images)))
    name = finder.landmark_map.name
    method = judged_method("landmarks", f"votes for landmarks of {name}", judged, np.random.default_rng(seed))
    evaluation = LandmarkEvaluation(
        name, (method,), (), shown_views(finder, judged, seed),
        (("Landmarks", str(len(finder.landmark_map.landmarks))), ("Views", images.name)),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_results(evaluation, folder / RESULTS_FILE)
    write_views(evaluation, folder / VIEWS_FILE)
    write_landmark_page(evaluation, folder / PAGE_FILE)
    return _accuracy(method.accuracy)


def _accuracy(accuracy: Accuracy) -> str:
    median_m, aim = accuracy.median_m.value, accuracy.aim_ratio.value
    said = [f"{100.0 * accuracy.fine_ratio.value:.0f} % of all within {100.0 * FINE_M:g} cm and {FINE_DEG:g} degrees"]
    if np.isfinite(aim):
        said.append(f"{100.0 * aim:.0f} % within {100.0 * AIM_RATIO:g} % of the distance and {AIM_DEG:g} degrees")
    error = "none"
    if np.isfinite(median_m):
        error = f"{100.0 * median_m:.3g} cm and {accuracy.median_deg.value:.2g} degrees"
    return f"median error {error} (images that are not found count as infinitely wrong); {', '.join(said)}"
