from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenes import CAMERA, record_room, room, wall_points

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.landmarks import Landmarks, ViewLabels
from geoloc_ros.core.types import Float32, Pose3

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.landmarks.patch_size import PATCH_PX, choose_patch_m
from geoloc_ros.training.landmarks.views import IGNORED, MOST_LANDMARKS, UNCOVERED, forget_views, prepare_views

TWO = Landmarks(np.array([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0]]), np.zeros((2, 3), np.float32), 1.0)


class Halves:
    """Landmark 1 is left in every image, landmark 2 right in the first one only; counts what it draws."""

    def __init__(self) -> None:
        self.drawn = 0
        self.measured: list[Float32 | None] = []

    def render(self, camera: Camera, scene_from_camera: Pose3, measured_m: Float32 | None) -> ViewLabels:
        label = np.zeros((camera.height, camera.width), np.int32)
        label[:, : camera.width // 2] = 1
        if self.drawn == 0:
            label[:, camera.width // 2 :] = 2
        self.drawn += 1
        self.measured.append(measured_m)
        return ViewLabels(label, np.full(label.shape, 2.0, np.float32))


def test_landmarks_that_too_few_views_show_are_none(tmp_path: Path) -> None:
    views = prepare_views(record_room(tmp_path / "images", 4), TWO, Halves().render, CAMERA, tmp_path)
    assert len(views.landmarks) == 1 and len(views) == 4
    np.testing.assert_array_equal(views.landmarks.position_m, TWO.position_m[:1])
    assert views.number[[0, 1, 2, UNCOVERED]].tolist() == [0, 1, 0, IGNORED]
    assert set(np.unique(views.label[0])) == {1, 2} and set(np.unique(views.label[1])) == {0, 1}
    assert views.image.shape == (4, 64, 96, 3) and float(views.depth_m[0, 3, 3]) == 2.0


def test_views_are_made_once(tmp_path: Path) -> None:
    images, halves = record_room(tmp_path / "images", 4), Halves()
    first = prepare_views(images, TWO, halves.render, CAMERA, tmp_path)
    again = prepare_views(images, TWO, halves.render, CAMERA, tmp_path)
    assert halves.drawn == 4
    np.testing.assert_array_equal(first.label, again.label)
    moved = replace(images, scene_from_camera=(images.scene_from_camera[1], *images.scene_from_camera[1:]))
    prepare_views(moved, TWO, halves.render, CAMERA, tmp_path)
    assert halves.drawn == 8
    forget_views(tmp_path)
    assert not list(tmp_path.glob("*views-*"))


def test_views_that_were_cut_off_are_made_again(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(camera: Camera, pose: Pose3, measured_m: Float32 | None) -> ViewLabels:
        raise Killed

    images, halves = record_room(tmp_path / "images", 4), Halves()
    with pytest.raises(Killed):
        prepare_views(images, TWO, die, CAMERA, tmp_path)
    assert len(prepare_views(images, TWO, halves.render, CAMERA, tmp_path)) == 4 and halves.drawn == 4


def test_what_the_image_does_not_cover_is_no_landmark(tmp_path: Path) -> None:
    wide = Camera("pinhole", 192, 64, 60.0, 60.0, 96.0, 32.0)
    views = prepare_views(record_room(tmp_path / "images", 4), TWO, Halves().render, wide, tmp_path)
    assert (views.label[:, :, :48] == UNCOVERED).all() and (views.label[:, :, 144:] == UNCOVERED).all()
    assert (views.label[1, :, 48:96] == 1).all() and np.isnan(views.depth_m[:, :, :48]).all()


def test_measured_depth_goes_along(tmp_path: Path) -> None:
    images, halves = record_room(tmp_path / "images", 4), Halves()
    depth_m = images.scene_from_camera[0].inverse().apply(wall_points(images.scene_from_camera[0]))[..., 2]
    steps = np.nan_to_num(depth_m * 1000.0).astype(np.uint16)
    cv2.imwrite(str(images.root / "d.png"), steps)
    deep = replace(images, depth_file=("d.png", "", "", ""), depth_unit_m=0.001)
    prepare_views(deep, TWO, halves.render, CAMERA, tmp_path)
    assert halves.measured[1] is None and halves.measured[0] is not None
    np.testing.assert_allclose(halves.measured[0], np.where(steps > 0, steps / 1000.0, np.nan), atol=1e-6)


def test_an_image_with_broken_depth_is_used_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images, halves = record_room(tmp_path / "images", 4), Halves()
    (images.root / "d.png").write_bytes(b"nothing")
    broken = replace(images, depth_file=("d.png", "", "", ""), depth_unit_m=0.001)
    assert len(prepare_views(broken, TWO, halves.render, CAMERA, tmp_path)) == 4
    assert halves.measured == [None] * 4 and "d.png' is broken" in caplog.text


def test_a_scene_whose_landmarks_nobody_sees_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no landmark of scene 'room' is seen in 3 of its 2 images"):
        prepare_views(record_room(tmp_path / "images", 2), TWO, Halves().render, CAMERA, tmp_path)


def test_too_many_landmarks_are_refused(tmp_path: Path) -> None:
    many = Landmarks(np.zeros((MOST_LANDMARKS + 1, 3)), np.zeros((MOST_LANDMARKS + 1, 3), np.float32), 1.0)
    with pytest.raises(DatasetError, match="choose larger patches"):
        prepare_views(record_room(tmp_path / "images", 4), many, Halves().render, CAMERA, tmp_path)


def test_a_broken_image_is_named(tmp_path: Path) -> None:
    images = record_room(tmp_path / "images", 4)
    images.path(2).write_bytes(b"nothing")
    with pytest.raises(DatasetError, match="002.png"):
        prepare_views(images, TWO, Halves().render, CAMERA, tmp_path)


def test_patches_are_as_large_as_asked_at_the_median_distance(tmp_path: Path) -> None:
    images = record_room(tmp_path / "images", 24)
    depth_m = np.concatenate(
        [pose.inverse().apply(wall_points(pose))[..., 2].ravel() for pose in images.scene_from_camera]
    )
    expected = PATCH_PX * float(np.nanmedian(depth_m)) / CAMERA.fx
    assert choose_patch_m(images, room(), CAMERA) == pytest.approx(expected, rel=0.1)


def test_patches_have_no_size_where_nothing_says_how_far_the_scene_is(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="give --patch in metres"):
        choose_patch_m(record_room(tmp_path / "images", 4), None, CAMERA)
