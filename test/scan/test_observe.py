from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Pose3, SemanticScan
from geoloc_ros.core.view import Depth, View
from geoloc_ros.scan.observe import observe_scan

from .room import Images, draw_room, mount, room_range_m

PANORAMA = Camera.equirectangular(720, 360)
PINHOLE = Camera.pinhole(640, 480, np.radians(90.0))


def observe(images: Images, camera: Camera = PANORAMA, base_from_camera: Pose3 | None = None) -> SemanticScan:
    view = View(camera, base_from_camera or mount(), images.labels, images.instances, (Depth("depth", images.depth_m),))
    return observe_scan([view], ScanConfig(), ObserveConfig())


def test_panorama_of_a_square_room_reads_its_walls() -> None:
    scan = observe(draw_room(PANORAMA, mount()))
    assert scan.observed.all()
    assert scan.range_m == pytest.approx(room_range_m(360, 10.0), abs=0.15)


def test_walls_lie_counter_clockwise_from_the_heading() -> None:
    scan = observe(draw_room(PANORAMA, mount()))
    assert scan.instance[[0, 90, 180, 270]].tolist() == [1, 2, 3, 4]


def test_a_pinhole_sees_its_field_of_view_and_observes_nothing_else() -> None:
    scan = observe(draw_room(PINHOLE, mount()), PINHOLE)
    ahead = np.r_[0:44, 317:360]
    assert scan.observed[ahead].all() and not scan.observed[47:314].any()
    assert scan.range_m[ahead] == pytest.approx(room_range_m(360, 10.0)[ahead], abs=0.15)


@pytest.mark.parametrize("camera", [PANORAMA, PINHOLE])
def test_unknown_pitch_and_roll_are_taken_from_the_road(camera: Camera) -> None:
    tilted = mount(roll=np.radians(3.0), pitch=np.radians(-3.0))
    scan = observe(draw_room(camera, tilted, half_m=30.0), camera)
    hit = ~np.isnan(scan.range_m)
    assert hit.sum() > 80
    assert scan.range_m[hit] == pytest.approx(room_range_m(360, 30.0)[hit], rel=0.02)


def test_ranges_are_from_the_base_and_not_from_the_camera() -> None:
    forward = mount(x=2.0)
    scan = observe(draw_room(PANORAMA, forward), base_from_camera=forward)
    assert scan.range_m == pytest.approx(room_range_m(360, 10.0), abs=0.2)


def test_open_view_is_observed_as_nothing_there() -> None:
    images = draw_room(PANORAMA, mount())
    front = images.instances == 1
    images.labels[front] = SemanticClass.SKY
    scan = observe(images)
    assert np.isnan(scan.range_m[:40]).all() and scan.observed[:40].all() and (scan.instance[:40] == -1).all()


@pytest.mark.parametrize("occluder", [SemanticClass.VEGETATION, SemanticClass.VEHICLE, SemanticClass.OTHER])
def test_what_hides_the_wall_makes_a_ray_unobserved(occluder: SemanticClass) -> None:
    images = draw_room(PANORAMA, mount())
    images.labels[images.instances == 1] = occluder
    scan = observe(images)
    assert not scan.observed[:40].any() and np.isnan(scan.range_m[:40]).all()
    assert scan.observed[50:310].all()


def test_a_building_without_depth_is_not_observed() -> None:
    images = draw_room(PANORAMA, mount())
    images.depth_m[images.instances == 1] = np.nan
    scan = observe(images)
    assert not scan.observed[:40].any()


def test_a_strip_of_sky_over_a_building_without_depth_is_no_open_view() -> None:
    images = draw_room(PANORAMA, mount())
    front = images.instances == 1
    images.depth_m[front] = np.nan
    above = np.arange(360)[:, None] <= 175  # the horizon is at row 180; rows 174 to 178 speak for a ray
    images.labels[front & above] = SemanticClass.SKY
    assert not observe(images).observed[:40].any()


def test_a_building_out_of_reach_is_open_view() -> None:
    scan = observe(draw_room(PANORAMA, mount(), half_m=150.0, height_m=40.0))
    assert np.isnan(scan.range_m).all() and scan.observed.all()


def test_walls_lower_than_a_metre_are_no_buildings() -> None:
    assert np.isnan(observe(draw_room(PANORAMA, mount(), height_m=0.9)).range_m).all()


def test_a_few_points_in_front_of_a_wall_do_not_move_it() -> None:
    images = draw_room(PANORAMA, mount())
    stray = (images.labels == SemanticClass.BUILDING) & (np.arange(360)[:, None] % 8 == 0)
    images.depth_m[stray] *= 0.3
    assert observe(images).range_m == pytest.approx(room_range_m(360, 10.0), abs=0.15)


def test_without_instances_jumps_of_the_range_separate_buildings() -> None:
    images = draw_room(PANORAMA, mount())
    nearer = images.instances == 3
    images.depth_m[nearer] *= 0.5
    view = View(PANORAMA, mount(), images.labels, None, (Depth("depth", images.depth_m),))
    scan = observe_scan([view], ScanConfig(), ObserveConfig())
    assert len(set(scan.instance.tolist())) == 2
    assert scan.instance[180] != scan.instance[0] == scan.instance[359]


def test_images_of_another_size_than_the_camera_are_refused() -> None:
    with pytest.raises(ObservationError, match=r"label image .* expected uint8 \(480, 640\)"):
        observe(draw_room(PANORAMA, mount()), PINHOLE)


def test_depth_of_another_size_or_type_is_refused() -> None:
    images = draw_room(PANORAMA, mount())
    with pytest.raises(ObservationError, match="expected float32 metres"):
        observe(replace(images, depth_m=images.depth_m[:100]))
    with pytest.raises(ObservationError, match="expected float32 metres"):
        observe(replace(images, depth_m=images.depth_m.astype(np.float64)))


def test_labels_and_instances_of_another_type_are_refused() -> None:
    images = draw_room(PANORAMA, mount())
    with pytest.raises(ObservationError, match="expected uint8"):
        observe(replace(images, labels=images.labels.astype(np.int32)))
    with pytest.raises(ObservationError, match="expected uint16"):
        observe(replace(images, instances=images.instances.astype(np.int32)))


@pytest.mark.parametrize("value", [np.nan, 0.0, np.inf])
def test_depth_without_one_usable_pixel_is_refused(value: float) -> None:
    images = draw_room(PANORAMA, mount())
    with pytest.raises(ObservationError, match="no pixel of the depth image is usable"):
        observe(replace(images, depth_m=np.full_like(images.depth_m, value)))


def test_depth_in_millimetres_is_refused() -> None:
    images = draw_room(PANORAMA, mount())
    with pytest.raises(ObservationError, match="millimetres"):
        observe(replace(images, depth_m=images.depth_m * 1000.0))


@pytest.mark.parametrize(
    ("camera", "where_m"),
    [
        (replace(PINHOLE, fx=1e-300, cx=0.0), 0.0),
        (replace(PINHOLE, fy=1e-300), 0.0),
        (replace(PINHOLE, cy=1e300), 0.0),
        (replace(PINHOLE, fy=4.0 * 2**32 * 180.0 / np.pi), 0.0),
        (PINHOLE, 1e300),
        (PINHOLE, np.nan),
    ],
)
def test_nonsense_of_a_lens_or_a_mount_writes_nothing_beside_the_rays(camera: Camera, where_m: float) -> None:
    placed = Pose3(mount().rotation, np.array([where_m, where_m, 1.5]))
    size = (camera.height, camera.width)
    labels = np.full(size, SemanticClass.BUILDING, np.uint8)
    labels[:, ::3] = SemanticClass.SKY
    depths = (Depth("depth", np.full(size, 400.0, np.float32)),)
    views = [View(camera, placed, labels, None, depths)]
    wide = ObserveConfig(min_horizon_rad=-0.5, max_horizon_rad=0.5)
    assert np.isnan(observe_scan(views, ScanConfig(), wide).range_m).all()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 9), (9, 1)])
def test_the_smallest_images_are_looked_at(width: int, height: int) -> None:
    camera = Camera.pinhole(width, height, 1.0)
    images = draw_room(camera, mount())
    assert observe_scan(
        [View(camera, mount(), images.labels, None, (Depth("points", images.depth_m),))], ScanConfig(), ObserveConfig()
    ).range_m.shape == (360,)
