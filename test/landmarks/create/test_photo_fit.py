from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.create.photo_fit import explained_photos, small_photos
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

CAMERA = Camera("pinhole", 160, 120, 160.0, 160.0, 80.0, 60.0)


def wall() -> SurfaceRenderer:
    """20 m wide at z = 2 m."""
    vertices_m = np.array([[-10, -9, 2], [-10, 9, 2], [10, 9, 2], [10, -9, 2]], np.float32)
    surface = Surface(vertices_m, np.tile(np.float32([0, 0, -1]), (4, 1)), np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    return SurfaceRenderer(surface, np.ones(2, np.int32), 0.01)


def walk(root: Path, step_m: float, wallpaper: bool = True) -> PosedImages:
    """Four images along the wall; one metre of it is 80 pixels wide."""
    paper = np.random.default_rng(0).integers(0, 255, (120, 2000), dtype=np.uint8)
    paper = cv2.GaussianBlur(paper, (0, 0), 1.5) if wallpaper else np.full_like(paper, 9)
    poses = tuple(Pose3(np.eye(3), np.array([number * step_m, 0.0, 0.0])) for number in range(4))
    names = tuple(f"{number}.png" for number in range(4))
    for name, pose in zip(names, poses, strict=True):
        left = round(80.0 * pose.translation_m[0])
        cv2.imwrite(str(root / name), paper[:, left : left + 160])
    stamps = np.full(4, -1, np.int64)
    return PosedImages("wall", root, names, (CAMERA,) * 4, poses, ("",) * 4, 0.0, stamps)


def test_images_of_one_wall_are_alike_through_it(tmp_path: Path) -> None:
    fit = explained_photos(wall(), small_photos(walk(tmp_path, 0.25), np.array([0])))
    assert fit.alike > 0.95
    assert fit.better == ""


def test_a_wall_twice_as_far_is_told_by_the_units_of_the_poses(tmp_path: Path) -> None:
    images = walk(tmp_path, 0.25)
    poses = tuple(Pose3(pose.rotation, 1e3 * pose.translation_m) for pose in images.scene_from_camera)
    wrong = PosedImages("wall", tmp_path, images.file, images.camera, poses, ("",) * 4, 0.0, images.stamp_ns)
    fit = explained_photos(wall(), small_photos(wrong, np.array([0])))
    assert fit.alike == 0.0
    assert fit.better == "the poses are in millimetres"
    assert fit.better_alike > 0.95


@pytest.mark.parametrize("wallpaper", [True, False])
def test_images_that_share_nothing_tell_nothing(tmp_path: Path, wallpaper: bool) -> None:
    fit = explained_photos(wall(), small_photos(walk(tmp_path, 2.5 if wallpaper else 0.25, wallpaper), np.array([0])))
    assert np.isnan(fit.alike)
    assert fit.better == ""


def test_the_last_image_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    walks = small_photos(walk(tmp_path, 0.25), np.array([3]))
    assert [len(each) for each in walks] == [1]
    assert np.isnan(explained_photos(wall(), walks).alike)
