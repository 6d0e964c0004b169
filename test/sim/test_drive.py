import numpy as np
import pytest

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.maps.geomap import GeoMap, RoadGraph
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.drive import BRAKING_MPS2, LANE_RATIO, RATE_HZ, Trajectory, drive_route
from geoloc_ros.sim.route import choose_route


def eastward_road(length_m: float, two_way: bool) -> RoadGraph:
    ends = np.array([(0.0, 0.0), (length_m, 0.0)])
    if two_way:
        return RoadGraph(
            ends, np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.array([1, 0], np.int32),
            np.concatenate([ends, ends[::-1]]), np.array([0, 2, 4]),
        )
    return RoadGraph(
        ends, np.array([0], np.int32), np.array([1], np.int32), np.array([-1], np.int32), ends, np.array([0, 2])
    )


@pytest.mark.parametrize(("two_way", "right_m"), [(True, 4.0 * LANE_RATIO), (False, 0.0)])
def test_a_vehicle_keeps_right_on_a_two_way_street_only(two_way: bool, right_m: float) -> None:
    roads = eastward_road(400.0, two_way)
    drive = drive_route(roads, [0], np.full(len(roads), 4.0), 9.0, 350.0, np.random.default_rng(0))
    assert abs(drive.pose[:, 1].mean() + right_m) < 0.1
    assert np.abs(drive.pose[:, 1] + right_m).max() < 0.8
    assert np.abs(drive.pose[:, 2]).max() < 0.1
    assert np.all(np.diff(drive.pose[:, 0]) > 0.0)


@pytest.fixture(scope="module")
def town() -> GeoMap:
    return make_city(0, 600.0)


@pytest.fixture(scope="module")
def drive(town: GeoMap) -> Trajectory:
    rng = np.random.default_rng(0)
    route = choose_route(town.roads, town.bounds_m, 1200.0, rng)
    return drive_route(town.roads, route, np.full(len(town.roads), 4.6), 9.0, 1000.0, rng)


def test_a_drive_has_the_length_asked_for(drive: Trajectory) -> None:
    assert abs(np.hypot(*np.diff(drive.pose[:, :2], axis=0).T).sum() - 1000.0) < 2.0


def test_speed_and_heading_are_those_of_the_motion(drive: Trajectory) -> None:
    step_m = np.diff(drive.pose[:, :2], axis=0)
    moving = np.hypot(*step_m.T) > 0.05
    assert np.abs(np.hypot(*step_m.T) * RATE_HZ - drive.speed_mps[1:]).max() < 0.5
    course = np.arctan2(step_m[:, 1], step_m[:, 0])
    assert np.abs(wrap_angle(course - drive.pose[1:, 2]))[moving].max() < 0.25


def test_a_drive_is_one_that_passengers_would_bear(drive: Trajectory) -> None:
    assert 3.0 < drive.speed_mps.mean() < 11.0
    assert drive.speed_mps.max() < 13.0
    assert np.abs(np.diff(drive.speed_mps) * RATE_HZ).max() < 3.0 * BRAKING_MPS2
    assert np.abs(drive.yaw_rate_radps).max() < 1.5


def test_a_vehicle_slows_down_in_bends(drive: Trajectory) -> None:
    bends = np.abs(drive.yaw_rate_radps) > 0.4
    assert bends.any()
    assert drive.speed_mps[bends].mean() < 0.7 * drive.speed_mps[~bends].mean()


def test_stamps_are_evenly_spaced(drive: Trajectory) -> None:
    assert set(np.diff(drive.stamps_ns(5))) == {int(1e9 / RATE_HZ)}
    assert drive.stamps_ns(5)[0] == 5
