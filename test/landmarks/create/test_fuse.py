from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import DepthCamera
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Bool, Float64, Pose3
from geoloc_ros.landmarks.create import fuse
from geoloc_ros.landmarks.create.fuse import fuse_depth, view_of_depth

from .box_rooms import CAMERA, look_around, room_depth, room_images

HALF_M = np.array([2.03, 1.64, 1.27])
PATCH_M, VOXEL_M = 0.6, 0.1


def area_m2(surface: Surface) -> float:
    corners = surface.vertices_m[surface.triangles].astype(np.float64)
    wound = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(0.5 * np.linalg.norm(wound, axis=1).sum())


def off_the_walls_m(surface: Surface, half_m: Float64) -> Float64:
    """How far each vertex is from the nearest wall."""
    return np.asarray(np.abs(half_m - np.abs(surface.vertices_m)).min(axis=1))


def is_near_an_edge(surface: Surface, half_m: Float64) -> Bool:
    return np.asarray((half_m - np.abs(surface.vertices_m) < 2.0 * VOXEL_M).sum(axis=1) > 1)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Surface:
    images = room_images(tmp_path_factory.mktemp("room"), HALF_M, look_around(np.zeros(3)))
    return fuse_depth(images, PATCH_M, no_progress)


def test_walls_of_a_room_are_where_they_are(room: Surface) -> None:
    edge = is_near_an_edge(room, HALF_M)
    assert off_the_walls_m(room, HALF_M)[~edge].max() < 0.05 * VOXEL_M
    assert off_the_walls_m(room, HALF_M).max() < 0.6 * VOXEL_M


def test_its_area_is_that_of_the_six_walls_but_for_cut_edges(room: Surface) -> None:
    x, y, z = 2.0 * HALF_M
    assert area_m2(room) == pytest.approx(2.0 * (x * y + y * z + z * x), rel=0.04)


def test_normals_and_triangles_look_inside(room: Surface) -> None:
    assert np.einsum("va,va->v", room.normal, -room.vertices_m).min() > 0.0
    np.testing.assert_allclose(np.linalg.norm(room.normal, axis=1), 1.0, atol=1e-5)
    corners = room.vertices_m[room.triangles].astype(np.float64)
    wound = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("ta,ta->t", wound, -corners.mean(axis=1))
    assert inwards[np.linalg.norm(wound, axis=1) > 0.1 * VOXEL_M**2].min() > 0.0


def test_it_is_one_part_without_holes(room: Surface) -> None:
    edges = np.sort(np.concatenate([room.triangles[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 2).all()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_views_changes_nothing_but_rounding(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    images = room_images(tmp_path_factory.mktemp("room"), HALF_M, look_around(np.array([0.3, -0.2, 0.1]))[8:32])
    other = images.take(np.random.default_rng(seed).permutation(len(images)))
    one, two = (fuse_depth(each, PATCH_M, no_progress) for each in (images, other))
    assert len(one.triangles) == len(two.triangles)
    np.testing.assert_allclose(one.vertices_m, two.vertices_m, atol=1e-4)


@settings(max_examples=4, deadline=None)
@given(half=st.tuples(*[st.floats(0.8, 2.5)] * 3), where=st.tuples(*[st.floats(-0.4, 0.4)] * 3))
def test_any_room_seen_from_anywhere_inside(
    tmp_path_factory: pytest.TempPathFactory, half: tuple[float, ...], where: tuple[float, ...]
) -> None:
    half_m = np.array(half)
    images = room_images(tmp_path_factory.mktemp("room"), half_m, look_around(np.array(where)))
    surface = fuse_depth(images, PATCH_M, no_progress)
    assert np.median(off_the_walls_m(surface, half_m)) < 0.05 * VOXEL_M
    assert np.percentile(off_the_walls_m(surface, half_m), 99) < 0.6 * VOXEL_M


def test_a_lens_that_distorts_sees_the_same_walls(tmp_path: Path) -> None:
    camera = Camera.pinhole(96, 72, np.radians(100.0), (-0.12, 0.01, 0.002, -0.001))
    surface = fuse_depth(room_images(tmp_path, HALF_M, look_around(np.zeros(3)), camera), PATCH_M, no_progress)
    assert off_the_walls_m(surface, HALF_M)[~is_near_an_edge(surface, HALF_M)].max() < 0.15 * VOXEL_M


def test_a_depth_camera_apart_is_where_it_is(tmp_path: Path) -> None:
    images = room_images(tmp_path, HALF_M, look_around(np.zeros(3)))
    apart = Pose3(np.eye(3), np.array([0.0, 0.5, 0.0]))
    moved = replace(
        images, depth_camera=DepthCamera(CAMERA, apart), camera=(Camera.pinhole(640, 480, 1.0),) * len(images),
        scene_from_camera=tuple(pose @ apart.inverse() for pose in images.scene_from_camera),
    )
    one, two = (fuse_depth(each, PATCH_M, no_progress) for each in (images, moved))
    np.testing.assert_allclose(one.vertices_m, two.vertices_m, atol=1e-4)


def test_nothing_is_made_up_between_a_pillar_and_the_wall_behind() -> None:
    depth_m = np.full((72, 96), 4.0, np.float32)
    depth_m[:, 40:50] = 2.0
    inverse, slope = view_of_depth(depth_m, CAMERA)
    assert (inverse[10:60, [39, 40, 49, 50]] == 0.0).all()
    assert (inverse[10:60, 42:48] == 0.5).all()
    np.testing.assert_allclose(slope[10:60, 60:], 1.0, atol=1e-5)


def test_the_slope_of_a_plane_is_its_distance_over_depth() -> None:
    pose = look_around(np.zeros(3))[17]  # 45 degrees to a wall
    half_m = np.array([1e3, 2.0, 1e3])
    depth_m = room_depth(CAMERA, pose, half_m).astype(np.float32)
    _, slope = view_of_depth(depth_m, CAMERA)
    expected = np.clip(2.0 / depth_m, 0.15, None)
    is_inside = np.zeros(depth_m.shape, bool)
    is_inside[5:-5, 5:-5] = depth_m[5:-5, 5:-5] < 12.0
    np.testing.assert_allclose(slope[is_inside], expected[is_inside], rtol=0.01)


def test_crumbs_are_dropped(tmp_path: Path) -> None:
    images = room_images(tmp_path, HALF_M, look_around(np.zeros(3)))
    path = tmp_path / images.depth_file[16]
    steps = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert steps is not None
    steps[30:36, 40:46] = 800
    cv2.imwrite(str(path), steps)
    only = images.take(np.array([16]))
    assert off_the_walls_m(fuse_depth(only, PATCH_M, no_progress), HALF_M).max() < VOXEL_M


def test_images_without_depth_cannot_be_fused(tmp_path: Path) -> None:
    images = replace(room_images(tmp_path, HALF_M, look_around(np.zeros(3))[:2]), depth_file=("", ""))
    with pytest.raises(DatasetError, match="put a mesh or a dense cloud of points beside"):
        fuse_depth(images, PATCH_M, no_progress)


def test_a_broken_depth_image_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = room_images(tmp_path, HALF_M, look_around(np.zeros(3)))
    (tmp_path / images.depth_file[3]).write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        surface = fuse_depth(images, PATCH_M, no_progress)
    assert "003.png' is broken" in caplog.text
    assert len(surface.triangles) > 1000


def test_a_wrong_unit_is_told_before_memory_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuse, "_BUDGET_MB", 20.0)
    images = replace(room_images(tmp_path, HALF_M, look_around(np.zeros(3))), depth_unit_m=1.0)
    with pytest.raises(DatasetError, match="see that depth is in the right unit"):
        fuse_depth(images, 0.15, no_progress)


def test_depth_of_a_fisheye_is_refused(tmp_path: Path) -> None:
    images = room_images(tmp_path, HALF_M, look_around(np.zeros(3))[:2])
    with pytest.raises(DatasetError, match="depth of a fisheye camera"):
        fuse_depth(replace(images, camera=(Camera.fisheye(96, 72, 2.0),) * 2), PATCH_M, no_progress)


def test_a_scene_far_from_its_origin_is_told_that(tmp_path: Path) -> None:
    images = room_images(tmp_path, HALF_M, look_around(np.zeros(3))[:4])
    # As of UTM, in which northings are millions of metres.
    northing = Pose3(np.eye(3), np.array([0.0, 5.4e6, 0.0]))
    moved = replace(images, scene_from_camera=tuple(northing @ pose for pose in images.scene_from_camera))
    with pytest.raises(DatasetError, match=r"5400\d{3} m from the origin of their frame.*move"):
        fuse_depth(moved, PATCH_M, no_progress)
