"""How well cameras of one scene are found, by one method or several: what the page and the files show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import CameraAnswer, Landmarks, VotedLandmarks
from geoloc_ros.core.types import Float64, Int32, Pose3, UInt8
from geoloc_ros.evaluation.landmarks.accuracy import Accuracy, accuracy_of
from geoloc_ros.evaluation.landmarks.calibration import Calibration, calibration_of
from geoloc_ros.evaluation.landmarks.judged import JudgedViews


@dataclass(frozen=True)
class JudgedMethod:
    """All views, asked in one way."""

    name: str
    meaning: str
    """One line for people."""
    judged: JudgedViews
    accuracy: Accuracy
    calibration: Calibration


@dataclass(frozen=True)
class OcclusionCurve:
    """What a block of noise in the image does to a method."""

    name: str
    percent: tuple[float, ...]
    """Of the image's pixels that are hidden, rising."""
    median_m: tuple[float, ...]
    """Infinite where most views are not found."""
    found_ratio: tuple[float, ...]


@dataclass(frozen=True)
class ShownView:
    """One view to be drawn."""

    title: str
    image: UInt8
    """(H, W, 3), red first, as the network was given it."""
    camera: Camera
    """Of that image, an ideal pinhole."""
    label: Int32
    """(h, w), landmarks by the cells of the network's output; 0 is none."""
    landmarks: Landmarks
    voted: VotedLandmarks
    answer: CameraAnswer
    truth: Pose3
    """`scene_from_camera`."""


@dataclass(frozen=True)
class LandmarkEvaluation:
    """Everything about one scene."""

    scene: str
    methods: tuple[JudgedMethod, ...]
    """The first one is what the scene is localized with."""
    occlusion: tuple[OcclusionCurve, ...] = ()
    views: tuple[ShownView, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """About scene, training, machine: name and value."""


def judged_method(name: str, meaning: str, judged: JudgedViews, rng: np.random.Generator) -> JudgedMethod:
    """With what the views come to; `rng` draws views for the intervals."""
    truth = judged.images.scene_from_camera
    return JudgedMethod(
        name, meaning, judged, accuracy_of(judged.errors, rng), calibration_of(truth, judged.answers)
    )


def chosen_views(errors_m: Float64, count: int) -> list[int]:
    """Rows of a few views that stand for all: evenly from the best to the worst."""
    order = np.argsort(errors_m, kind="stable")
    rows = order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))]
    return [int(row) for row in rows]
