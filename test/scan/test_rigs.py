"""Scans of several cameras, of every lens, and of several depths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Float32, Float64, Pose3, SemanticScan
from geoloc_ros.core.view import Depth, DepthSource, View
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.scan.project import depth_from_points

from .room import draw_room, mount, room_range_m

PANORAMA = Camera.equirectangular(720, 360)
PINHOLE = Camera.pinhole(320, 240, np.radians(100.0))
BARREL = replace(PINHOLE, distortion=(-0.2, 0.03, 0.001, -0.001, 0.0))
RATIONAL = replace(PINHOLE, distortion=(0.3, 0.1, 0.001, -0.001, 0.01, 0.5, 0.2, 0.02))
FISHEYE = Camera.fisheye(320, 320, np.radians(200.0), (0.02, -0.005, 0.001, 0.0))
QUARTERS = (0.0, 0.5 * np.pi, np.pi, -0.5 * np.pi)
HALF_M = 12.0


def see(
    camera: Camera, yaw: float = 0.0, turn_in_room: float = 0.0, roll: float = 0.0, pitch: float = 0.0,
    height_m: float = 2.0, source: DepthSource = "depth",
) -> View:
    """What a camera that looks `yaw` to the left sees of the room, in which the vehicle stands turned."""
    base_from_camera = mount(height_m, roll, pitch, yaw)
    room_from_base = Pose3(rotation_from_rpy(0.0, 0.0, turn_in_room), np.zeros(3))
    images = draw_room(camera, room_from_base @ base_from_camera, HALF_M)
    return View(camera, base_from_camera, images.labels, images.instances, (Depth(source, images.depth_m),))


def scan_of(*views: View, gravity: Float64 | None = None) -> SemanticScan:
    return observe_scan(views, ScanConfig(), ObserveConfig(), gravity)


def points_of(view: View) -> Float32:
    """What a lidar of 16 rings, beside the camera, hears of the same room."""
    depth_m = view.depths[0].depth_m
    sparse = np.full_like(depth_m, np.nan)
    rows, columns = np.linspace(0, len(depth_m) - 1, 64).astype(int), slice(None, None, 2)
    sparse[rows, columns] = depth_m[rows, columns]
    return sparse


@pytest.mark.parametrize("camera", [PINHOLE, BARREL, RATIONAL, FISHEYE], ids=["ideal", "barrel", "rational", "fisheye"])
def test_every_lens_sees_the_room_that_the_panorama_sees(camera: Camera) -> None:
    truth, scan = scan_of(see(PANORAMA)), scan_of(see(camera))
    hit = ~np.isnan(scan.range_m)
    assert hit[:40].all() and hit[-40:].all()
    assert scan.range_m[hit] == pytest.approx(room_range_m(360, HALF_M)[hit], abs=0.15)
    assert scan.range_m[hit] == pytest.approx(truth.range_m[hit], abs=0.15)
    # At the very corner one may see a little more of the other wall.
    assert np.mean(scan.instance[hit] == truth.instance[hit]) > 0.98


@pytest.mark.parametrize("camera", [PINHOLE, BARREL, RATIONAL])
def test_a_rig_of_four_sees_what_the_panorama_sees(camera: Camera) -> None:
    scan = scan_of(*(see(camera, yaw) for yaw in QUARTERS))
    assert scan.observed.all()
    assert scan.range_m == pytest.approx(room_range_m(360, HALF_M), abs=0.15)


@settings(max_examples=15, deadline=None)
@given(
    roll=st.floats(-0.05, 0.05), pitch=st.floats(-0.05, 0.05), yaw=st.floats(-3.0, 3.0), height_m=st.floats(0.8, 3.0),
    camera=st.sampled_from([PANORAMA, BARREL, FISHEYE]),
)
def test_wherever_the_camera_is_mounted_the_room_is_the_same(
    roll: float, pitch: float, yaw: float, height_m: float, camera: Camera
) -> None:
    scan = scan_of(see(camera, yaw, 0.0, roll, pitch, height_m))
    hit = ~np.isnan(scan.range_m)
    assert hit.sum() > 60
    assert scan.range_m[hit] == pytest.approx(room_range_m(360, HALF_M)[hit], abs=0.3)


@pytest.mark.parametrize("steps", [1, 30, 117])
def test_turning_the_vehicle_left_rolls_the_scan_of_a_rig_right(steps: int) -> None:
    turned = scan_of(*(see(BARREL, yaw, np.radians(steps)) for yaw in QUARTERS))
    assert turned.range_m == pytest.approx(np.roll(room_range_m(360, HALF_M), -steps), abs=0.15)


def test_what_no_camera_looks_at_is_not_observed() -> None:
    scan = scan_of(see(PINHOLE), see(PINHOLE, np.pi))
    sides = np.r_[52:128, 232:308]
    assert not scan.observed[sides].any() and np.isnan(scan.range_m[sides]).all()
    assert scan.observed[:48].all() and scan.observed[132:228].all()


def test_where_two_cameras_see_a_ray_their_points_are_put_together() -> None:
    left, right = see(PINHOLE, 0.1), see(PINHOLE, -0.1)
    one_has = 150  # of the 216 at most that a pinhole has on a ray straight ahead
    demanding = ObserveConfig(min_samples=2 * one_has)
    assert np.isnan(observe_scan([left], ScanConfig(), demanding).range_m[0])
    both = observe_scan([left, right], ScanConfig(), demanding).range_m[0]
    assert both == pytest.approx(HALF_M, abs=0.1)


@pytest.mark.parametrize("fov_deg", [90.0, 100.0])
def test_a_building_has_one_number_across_the_seam_of_two_cameras(fov_deg: float) -> None:
    camera = Camera.pinhole(320, 240, np.radians(fov_deg))
    # The seams are in the middle of the walls; what is wall 1 to one camera has other numbers in the others.
    views = [see(camera, yaw + np.radians(45.0)) for yaw in QUARTERS]
    renamed = [
        replace(view, instances=np.where(view.instances, 5 * view.instances + number, 0).astype(np.uint16))
        for number, view in enumerate(views) if view.instances is not None
    ]
    scan = scan_of(*renamed)
    middles = [np.unique(scan.instance[np.arange(ray - 40, ray + 40)]) for ray in (0, 90, 180, 270)]
    assert [len(numbers) for numbers in middles] == [1, 1, 1, 1]
    assert len(np.unique(scan.instance)) == 4


def test_numbers_of_different_cameras_are_not_mixed_up() -> None:
    # Both call what they see number 1, but these are two walls, with a gap between the cameras.
    narrow = Camera.pinhole(320, 240, np.radians(60.0))
    ahead, left = (replace(see(narrow, yaw), instances=None) for yaw in (0.0, 0.5 * np.pi))
    ones = np.ones((240, 320), np.uint16)
    scan = scan_of(replace(ahead, instances=ones), replace(left, instances=ones))
    assert scan.instance[0] != scan.instance[90]


def test_without_instances_a_wall_that_goes_on_over_the_seam_is_one() -> None:
    scan = scan_of(*(replace(see(PINHOLE, yaw), instances=None) for yaw in QUARTERS))
    assert len(np.unique(scan.instance)) == 1


SOURCES: tuple[DepthSource, ...] = ("points", "depth", "stereo", "network")


@pytest.mark.parametrize("better", range(3))
@pytest.mark.parametrize("is_first", [True, False])
def test_the_more_trustworthy_depth_counts_whatever_the_order(better: int, is_first: bool) -> None:
    view = see(PANORAMA)
    right = Depth(SOURCES[better], view.depths[0].depth_m)
    wrong = Depth(SOURCES[better + 1], 0.5 * view.depths[0].depth_m)
    scan = scan_of(replace(view, depths=(right, wrong) if is_first else (wrong, right)))
    assert scan.range_m == pytest.approx(room_range_m(360, HALF_M), abs=0.15)


def test_lidar_beats_the_depth_image_where_both_are_and_the_image_fills_in_where_it_is_not() -> None:
    view = see(PANORAMA)
    image_m = 0.9 * view.depths[0].depth_m
    points_m = points_of(view)
    points_m[:, :360] = np.nan  # the left half of the panorama: rays 0 to 180
    scan = scan_of(replace(view, depths=(Depth("depth", image_m), Depth("points", points_m))))
    truth = room_range_m(360, HALF_M)
    assert scan.range_m[185:355] == pytest.approx(truth[185:355], abs=0.15)
    assert scan.range_m[5:175] == pytest.approx(0.9 * truth[5:175], rel=0.03)


def test_a_lidar_alone_is_enough() -> None:
    view = see(PANORAMA)
    scan = scan_of(replace(view, depths=(Depth("points", points_of(view)),)))
    assert scan.range_m == pytest.approx(room_range_m(360, HALF_M), abs=0.15)


def test_a_cloud_is_seen_through_a_fisheye() -> None:
    view = see(FISHEYE)
    seen = view.camera.rays().astype(np.float64) * view.depths[0].depth_m[..., None]
    cloud = seen.reshape(-1, 3)
    depth_m = depth_from_points(cloud[~np.isnan(cloud).any(axis=1)], FISHEYE)
    scan = scan_of(replace(view, depths=(Depth("points", depth_m),)))
    assert scan.range_m[:80] == pytest.approx(room_range_m(360, HALF_M)[:80], abs=0.15)


def test_a_single_point_on_a_building_is_no_hit() -> None:
    view = see(PANORAMA)
    alone = np.full_like(view.depths[0].depth_m, np.nan)
    alone[170, 20] = view.depths[0].depth_m[170, 20]
    assert np.isnan(scan_of(replace(view, depths=(Depth("points", alone),))).range_m).all()


def test_gravity_levels_a_leaning_vehicle_that_sees_no_road() -> None:
    lean = rotation_from_rpy(0.0, 0.2, 0.0)
    base_from_level = Pose3(lean.T, np.zeros(3))
    level = see(PANORAMA)
    leaning = replace(
        level, base_from_camera=base_from_level @ level.base_from_camera,
        labels=np.where(level.labels == SemanticClass.ROAD, SemanticClass.OTHER, level.labels).astype(np.uint8),
    )
    truth = room_range_m(360, HALF_M)
    assert scan_of(leaning, gravity=lean.T @ [0.0, 0.0, 1.0]).range_m == pytest.approx(truth, abs=0.15)
    assert np.nanmax(np.abs(scan_of(leaning).range_m - truth)) > 0.3


def test_the_road_outweighs_gravity_that_is_a_little_wrong() -> None:
    tilt = np.radians(2.0)
    scan = scan_of(see(PANORAMA), gravity=np.array([np.sin(tilt), 0.0, np.cos(tilt)]))
    assert scan.range_m == pytest.approx(room_range_m(360, HALF_M), abs=0.15)


def test_the_road_that_one_camera_sees_levels_all() -> None:
    # A rig on a vehicle that leans by three degrees; a pedestrian zone in front, so to say.
    base_from_level = Pose3(rotation_from_rpy(0.0, np.radians(3.0), 0.0), np.zeros(3))

    def lean(view: View) -> View:
        return replace(view, base_from_camera=base_from_level @ view.base_from_camera)

    front, back = lean(see(PINHOLE)), lean(see(PINHOLE, np.pi))
    roadless = np.where(front.labels == SemanticClass.ROAD, SemanticClass.OTHER, front.labels).astype(np.uint8)
    blind, seeing = replace(front, labels=roadless), scan_of(front, back).range_m
    truth = room_range_m(360, HALF_M)
    levelled = scan_of(blind, back).range_m
    hit = ~np.isnan(levelled)
    assert np.array_equal(hit, ~np.isnan(seeing)) and levelled[hit] == pytest.approx(truth[hit], abs=0.15)


@pytest.mark.parametrize(
    "gravity", [[0.0, 0.0, 9.81], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [np.nan, 0.0, 1.0], [0.0, 1.0]]
)
def test_gravity_that_is_no_unit_vector_upwards_is_refused(gravity: list[float]) -> None:
    with pytest.raises(ObservationError, match="check the IMU"):
        scan_of(see(PANORAMA), gravity=np.array(gravity))


def test_millimetres_of_one_camera_are_refused_and_named() -> None:
    good, bad = see(PINHOLE), see(PINHOLE, np.pi, source="stereo")
    in_millimetres = Depth("stereo", bad.depths[0].depth_m * 1000.0)
    with pytest.raises(ObservationError, match="stereo depth is beyond 500; that is millimetres"):
        scan_of(good, replace(bad, depths=(in_millimetres,)))


def test_a_camera_of_the_rig_without_one_usable_depth_blinds_only_itself() -> None:
    front, back = see(PINHOLE), see(PINHOLE, np.pi)
    dark = replace(back, depths=(Depth("depth", np.full_like(back.depths[0].depth_m, np.nan)),))
    scan = scan_of(front, dark)
    assert scan.observed[:48].all() and not scan.observed[132:228].any()


def test_no_camera_and_no_depth_are_refused() -> None:
    with pytest.raises(ObservationError, match="no camera"):
        scan_of()
    with pytest.raises(ObservationError, match="no depth: give"):
        scan_of(replace(see(PINHOLE), depths=()))


def test_camera_info_of_another_size_than_one_of_the_images_is_refused() -> None:
    with pytest.raises(ObservationError, match=r"expected uint8 \(480, 640\) of camera_info"):
        scan_of(see(PINHOLE), replace(see(PINHOLE), camera=Camera.pinhole(640, 480, 1.0)))
