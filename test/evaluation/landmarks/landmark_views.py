"""Made-up answers about a made-up room, for the tests of this folder."""

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, Landmarks, NotFound, VotedLandmarks
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.evaluation.landmarks.errors import errors_of
from geoloc_ros.evaluation.landmarks.judged import JudgedViews
from geoloc_ros.evaluation.landmarks.landmark_evaluation import (
    LandmarkEvaluation,
    OcclusionCurve,
    ShownView,
    judged_method,
)

CAMERA = Camera("pinhole", 64, 48, 60.0, 60.0, 32.0, 24.0)
ORIGIN = Pose3(np.eye(3), np.zeros(3))


def turned(angle_deg: float) -> Float64:
    """About z."""
    rotation, _ = cv2.Rodrigues(np.array([0.0, 0.0, np.radians(angle_deg)]))
    return np.asarray(rotation, np.float64)


def answer(east_m: float, angle_deg: float = 0.0, sigma: float = 1.0) -> CameraPose:
    """Off by so much, with a covariance of `sigma` squared in all six directions."""
    pose = Pose3(turned(angle_deg), np.array([east_m, 0.0, 0.0]))
    return CameraPose(pose, sigma**2 * np.eye(6), 3, np.array([1, 3], np.int32), 0.5, -20.0)


def posed_images(folder: Path, count: int, depth_m: float | None = 2.0) -> PosedImages:
    """Grey images, all taken from the origin."""
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), 40 + number, np.uint8))
        if depth_m is not None:
            cv2.imwrite(str(folder / f"{number}.depth.png"), np.full((48, 64), round(1000 * depth_m), np.uint16))
    return PosedImages(
        "room", folder, tuple(f"{number}.png" for number in range(count)), (CAMERA,) * count, (ORIGIN,) * count,
        tuple("" if depth_m is None else f"{number}.depth.png" for number in range(count)), 0.001,
        np.full(count, -1, np.int64),
    )  # fmt: skip


def judged_views(folder: Path, answers: list[CameraAnswer]) -> JudgedViews:
    """All views two metres from the wall."""
    images = posed_images(folder, len(answers))
    errors = errors_of(images.scene_from_camera, answers, np.full(len(answers), 2.0))
    return JudgedViews(images, tuple(answers), errors)


def shown_view(said: CameraAnswer) -> ShownView:
    """Three landmarks on a wall two metres ahead, voted for where they are; two of them agree with the pose."""
    position_m = np.array([[-0.5, 0.0, 2.0], [0.0, 0.3, 2.0], [0.5, 0.0, 2.0]])
    landmarks = Landmarks(position_m, np.tile(np.float32([0.0, 0.0, -1.0]), (3, 1)), 0.2)
    numbers = np.array([1, 2, 3], np.int32)
    covariance = np.tile(np.eye(2), (3, 1, 1))
    voted = VotedLandmarks(numbers, CAMERA.project(position_m), np.full(3, 9, np.int32), covariance)
    label = np.zeros((12, 16), np.int32)
    label[:, 8:] = 2
    return ShownView("one", np.full((48, 64, 3), 90, np.uint8), CAMERA, label, landmarks, voted, said, ORIGIN)


NOWHERE = NotFound("2 landmarks were found, 6 are needed", 2)


def room_evaluation(folder: Path) -> LandmarkEvaluation:
    """Two methods of which the second finds nothing, and two views."""
    rng = np.random.default_rng(0)
    good: list[CameraAnswer] = [answer(0.01), answer(0.02, 0.3), NOWHERE]
    none: list[CameraAnswer] = [NOWHERE] * 3
    return LandmarkEvaluation(
        "room <1>",
        (
            judged_method("vsnet", "landmarks & votes", judged_views(folder, good), rng),
            judged_method("other", "nothing", judged_views(folder, none), rng),
        ),
        (OcclusionCurve("vsnet", (0.0, 1.0, 49.0), (0.01, 0.02, float("inf")), (0.9, 0.8, 0.2)),
         OcclusionCurve("other", (0.0,), (float("inf"),), (0.0,))),
        (shown_view(good[0]), shown_view(NOWHERE)), (("views", "3"),),
    )  # fmt: skip
