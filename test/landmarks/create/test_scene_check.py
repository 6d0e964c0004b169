from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.landmarks.create.scene_check import LEAST_VIEWS, SceneCheck, check_scene
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

CAMERA = Camera.pinhole(80, 60, 1.2)
# Optical frame of a camera that looks along x of a frame whose z is up.
LEVEL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def room() -> Surface:
    """The inside of 6 x 5 x 3 m around the origin; no corner of it stays where it is if it is drawn larger."""
    x, y, z = 3.0, 2.5, 1.5
    corner = np.array([(i, j, k) for k in (-z, z) for j in (-y, y) for i in (-x, x)], np.float32)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [row for a, b, c, d in quads for row in ((a, b, c), (a, c, d))]
    return Surface(corner, np.zeros_like(corner), np.array(triangles, np.int32))


def pattern(points_m: Float64) -> Float64:
    """-1 to 1 (...): waves of a few decimetres in many directions."""
    waves = np.random.default_rng(5).normal(0.0, 6.0, (3, 12))
    return np.asarray(np.tanh(np.sin(points_m @ waves + np.arange(12)).mean(axis=-1) * 3.0))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> PosedImages:
    """24 views along a walk with depth in millimetres, off by half a percent of noise, of walls with a pattern."""
    root, rng = tmp_path_factory.mktemp("scene"), np.random.default_rng(0)
    renderer = SurfaceRenderer(room(), np.ones(12, np.int32), 0.01)
    poses, files = [], []
    for number in range(24):
        turned = rotation_from_rpy(0.1, 0.3 * np.sin(number), 0.26 * number) @ LEVEL
        pose = Pose3(turned, np.array([1.5 * np.cos(0.3 * number), 1.2 * np.sin(0.3 * number), 0.4 * np.sin(number)]))
        _, depth_m = renderer.draw(CAMERA, pose)
        points_m = pose.apply(CAMERA.rays() * depth_m[..., None].astype(np.float64))
        grey = 128.0 + 100.0 * pattern(points_m) + rng.normal(0.0, 3.0, depth_m.shape)
        cv2.imwrite(str(root / f"{number}.jpg"), grey)
        steps = 1000.0 * depth_m * rng.normal(1.0, 0.005, depth_m.shape)
        poses.append(pose)
        files.append(f"{number}.png")
        cv2.imwrite(str(root / files[-1]), steps.astype(np.uint16))
    names = tuple(f"{number}.jpg" for number in range(24))
    stamps = np.full(24, -1, np.int64)
    return PosedImages("room", root, names, (CAMERA,) * 24, tuple(poses), tuple(files), 1e-3, stamps)


@pytest.fixture(scope="module")
def blank(images: PosedImages, tmp_path_factory: pytest.TempPathFactory) -> PosedImages:
    """The same cameras in a room where nothing can be seen but light."""
    root = tmp_path_factory.mktemp("blank")
    for name in images.file:
        cv2.imwrite(str(root / name), np.full((60, 80), 128, np.uint8))
    return replace(without_depth(images), root=root)


def without_depth(images: PosedImages) -> PosedImages:
    return replace(images, depth_file=("",) * len(images))


def posed(images: PosedImages, change: Callable[[Pose3], Pose3]) -> PosedImages:
    return replace(images, scene_from_camera=tuple(change(pose) for pose in images.scene_from_camera))


def sized(surface: Surface, factor: float) -> Surface:
    return replace(surface, vertices_m=surface.vertices_m * np.float32(factor))


def only_error(check: SceneCheck) -> str:
    assert len(check.errors) == 1, check
    with pytest.raises(DatasetError) as raised:
        check.require()
    assert str(raised.value) == check.errors[0]
    return check.errors[0]


@pytest.mark.parametrize("has_depth", [True, False])
def test_nothing_is_said_of_a_good_scene(images: PosedImages, has_depth: bool) -> None:
    check = check_scene(images if has_depth else without_depth(images), room(), 0.3)
    assert check == SceneCheck((), ())
    check.require()


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e3, "millimetres"), (1e2, "centimetres"), (1 / 0.0254, "inches"), (1 / 0.3048, "feet")]
)
def test_units_of_surface_and_poses_are_told_by_depth(images: PosedImages, factor: float, unit: str) -> None:
    assert f"if the surface is in {unit}" in only_error(check_scene(images, sized(room(), factor), 0.3))
    moved = posed(images, lambda pose: Pose3(pose.rotation, factor * pose.translation_m))
    assert f"if the poses are in {unit}" in only_error(check_scene(moved, room(), 0.3))


def test_a_surface_in_millimetres_is_told_by_what_images_show(images: PosedImages) -> None:
    told = only_error(check_scene(without_depth(images), sized(room(), 1e3), 0.3))
    assert "correlation" in told
    assert "if the surface is in millimetres" in told


def test_a_surface_in_millimetres_is_told_by_its_size_alone(blank: PosedImages) -> None:
    told = only_error(check_scene(blank, sized(room(), 1e3), 0.3))
    assert "surface is 8367 m across" in told
    assert "millimetres" in told


def test_a_surface_in_inches_without_depth_is_a_warning(blank: PosedImages) -> None:
    check = check_scene(blank, sized(room(), 1 / 0.0254), 0.3)
    assert check.errors == ()
    assert "inches" in check.warnings[0]


@pytest.mark.parametrize("has_depth", [True, False])
def test_inverted_poses_are_told(images: PosedImages, has_depth: bool) -> None:
    far = posed(images, lambda pose: Pose3(pose.rotation, pose.translation_m + [20.0, 0.0, 0.0]))
    surface = replace(room(), vertices_m=room().vertices_m + np.float32([20.0, 0.0, 0.0]))
    wrong = posed(far if has_depth else without_depth(far), Pose3.inverse)
    assert "if the poses are inverted, camera-from-scene" in only_error(check_scene(wrong, surface, 0.3))


def test_axes_of_other_conventions_are_told(images: PosedImages) -> None:
    wrong = posed(images, lambda pose: pose @ Pose3(np.diag([1.0, -1.0, -1.0]), np.zeros(3)))
    assert "look along -z with y up" in only_error(check_scene(wrong, room(), 0.3))


@pytest.mark.parametrize(("factor", "told"), [(0.5, "2 times"), (0.8, "1.25 times"), (1.25, "0.8 times")])
def test_a_wrong_focal_length_is_told_by_depth(images: PosedImages, factor: float, told: str) -> None:
    camera = replace(CAMERA, fx=factor * CAMERA.fx, fy=factor * CAMERA.fy)
    wrong = replace(images, camera=(camera,) * len(images))
    assert f"if the focal lengths are about {told} as long" in only_error(check_scene(wrong, room(), 0.3))


@pytest.mark.parametrize(("factor", "told"), [(0.5, "2 times"), (0.8, "1.25 times"), (1.25, "0.8 times")])
def test_a_wrong_focal_length_is_told_by_what_images_show(images: PosedImages, factor: float, told: str) -> None:
    camera = replace(CAMERA, fx=factor * CAMERA.fx, fy=factor * CAMERA.fy)
    wrong = replace(without_depth(images), camera=(camera,) * len(images))
    error = only_error(check_scene(wrong, room(), 0.3))
    assert "correlation" in error
    assert f"if the focal lengths are about {told} as long" in error


def test_images_of_another_place_are_a_warning(images: PosedImages) -> None:
    shuffled = replace(without_depth(images), file=tuple(np.random.default_rng(3).permutation(images.file).tolist()))
    check = check_scene(shuffled, room(), 0.3)
    assert check.errors == ()
    assert "of one scene" in check.warnings[0]


def test_an_image_that_cannot_be_read_is_named(images: PosedImages, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"0\.jpg"):
        check_scene(replace(without_depth(images), root=tmp_path), room(), 0.3)


def test_a_wrong_unit_of_depth_is_told(images: PosedImages) -> None:
    told = only_error(check_scene(replace(images, depth_unit_m=0.005), room(), 0.3))
    assert "a step of the depth images is 0.2 times as long" in told


def test_a_little_too_deep_is_a_warning(images: PosedImages) -> None:
    check = check_scene(replace(images, depth_unit_m=1.03e-3), room(), 0.3)
    assert check.errors == ()
    assert "0.971 times as long" in check.warnings[0]


def test_the_surface_of_another_place_is_told(images: PosedImages) -> None:
    other = replace(room(), vertices_m=room().vertices_m + np.float32([0.0, 0.0, 100.0]))
    assert "in one frame" in only_error(check_scene(images, other, 0.3))
    assert "in one frame" in only_error(check_scene(without_depth(images), other, 0.3))


@pytest.mark.parametrize("has_depth", [True, False])
def test_a_surface_that_looks_the_wrong_way_is_told(images: PosedImages, has_depth: bool) -> None:
    inside_out = replace(room(), triangles=np.ascontiguousarray(room().triangles[:, ::-1]))
    told = only_error(check_scene(images if has_depth else without_depth(images), inside_out, 0.3))
    assert "turn them round" in told


def test_too_few_images_are_told_with_their_number(images: PosedImages) -> None:
    told = only_error(check_scene(images.take(np.arange(LEAST_VIEWS - 1)), room(), 0.3))
    assert f"{LEAST_VIEWS - 1} images" in told
    assert str(LEAST_VIEWS) in told


def test_a_surface_far_from_its_origin_is_a_warning(images: PosedImages) -> None:
    away = np.array([4e5, 5.6e6, 0.0])
    far = posed(without_depth(images), lambda pose: Pose3(pose.rotation, pose.translation_m + away))
    check = check_scene(far, replace(room(), vertices_m=(room().vertices_m + away).astype(np.float32)), 0.3)
    assert "5600002 m from the origin" in check.warnings[-1] or "5600003 m from the origin" in check.warnings[-1]


def test_no_images_and_no_surface_are_told(images: PosedImages) -> None:
    empty = Surface(*np.zeros((2, 0, 3), np.float32), np.zeros((0, 3), np.int32))
    assert "no vertices" in only_error(check_scene(images, empty, 0.3))
    assert "no finite number" in only_error(check_scene(images, sized(room(), np.nan), 0.3))
    assert "0 images" in only_error(check_scene(images.take(np.zeros(0, np.int64)), room(), 0.3))


def test_a_cloud_is_checked_as_a_mesh_is(images: PosedImages) -> None:
    rng = np.random.default_rng(1)
    corners = room().vertices_m[room().triangles].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1)
    of = rng.choice(12, 30_000, p=area / area.sum())
    share = np.sort(rng.uniform(0.0, 1.0, (30_000, 2)), axis=1)
    weights = np.stack([share[:, 0], share[:, 1] - share[:, 0], 1.0 - share[:, 1]], axis=1)
    points_m = np.einsum("ij,ijk->ik", weights, corners[of])
    cloud = Surface(
        points_m.astype(np.float32), (normal / area[:, None])[of].astype(np.float32), np.zeros((0, 3), np.int32)
    )
    assert check_scene(images, cloud, 0.6).errors == ()
    assert "surface is in millimetres" in only_error(check_scene(images, sized(cloud, 1e3), 0.6))


def test_depth_that_cannot_be_read_is_told_and_an_image_is_refused(
    images: PosedImages, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DatasetError, match=r"0\.jpg"):
        check_scene(replace(images, root=tmp_path), room(), 0.3)
    assert "0.png" in caplog.text
