from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.create.mistakes import Mistake, focal_mistakes, frame_mistakes
from geoloc_ros.landmarks.create.small_views import SmallView

POSE = Pose3(rotation_from_rpy(0.3, -0.4, 1.0), np.array([1.0, 2.0, 3.0]))
VIEW = SmallView(Camera.pinhole(80, 60, 1.2), POSE, None)


def mistake(told: str) -> Mistake:
    return next(each for each in (*frame_mistakes(), *focal_mistakes()) if told in each.told)


def test_undone_inversion_is_the_inverse() -> None:
    undone = mistake("inverted").undo(VIEW).scene_from_camera
    np.testing.assert_allclose((undone @ POSE).rotation, np.eye(3), atol=1e-12)
    np.testing.assert_allclose((undone @ POSE).translation_m, 0.0, atol=1e-12)


def test_undone_axes_look_the_other_way_from_the_same_place() -> None:
    undone = mistake("look along -z").undo(VIEW).scene_from_camera
    np.testing.assert_allclose(undone.translation_m, POSE.translation_m)
    np.testing.assert_allclose(undone.rotation, POSE.rotation * [1.0, -1.0, -1.0])


@pytest.mark.parametrize(("unit", "size"), [("millimetres", 1e-3), ("inches", 0.0254)])
def test_undone_units_of_the_surface_bring_the_camera_to_its_scale_and_back(unit: str, size: float) -> None:
    surface, poses = mistake(f"surface is in {unit}"), mistake(f"poses are in {unit}")
    # A surface in millimetres has its camera at 1000, and depth of 1000 is a metre.
    np.testing.assert_allclose(surface.undo(VIEW).scene_from_camera.translation_m, POSE.translation_m / size)
    assert surface.depth_unit == size
    np.testing.assert_allclose(poses.undo(VIEW).scene_from_camera.translation_m, POSE.translation_m * size)
    assert poses.depth_unit == 1.0


def test_undone_focal_lengths_are_that_much_longer() -> None:
    assert mistake("about 2 times").undo(VIEW).camera.fx == 2.0 * VIEW.camera.fx
