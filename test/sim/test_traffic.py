import numpy as np
import pytest

from geoloc_ros.sim.drive import RATE_HZ, Trajectory
from geoloc_ros.sim.noise import LEVELS, WorldNoise
from geoloc_ros.sim.traffic import Traffic, draw_traffic


def eastward(seconds: float, speed_mps: float, opposite_m: float) -> Trajectory:
    time_s = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    pose = np.stack([speed_mps * time_s, 0.0 * time_s, 0.0 * time_s], axis=1)
    return Trajectory(
        time_s, pose, np.full(len(time_s), speed_mps), np.zeros(len(time_s)), np.full(len(time_s), opposite_m)
    )


@pytest.fixture
def traffic() -> Traffic:
    return draw_traffic(eastward(300.0, 10.0, 3.4), LEVELS["paper"].world, np.random.default_rng(0))


def test_nobody_is_in_the_way_and_others_keep_to_their_lane(traffic: Traffic) -> None:
    met = 0
    for time_s in np.arange(0.0, 300.0, 0.7):
        for x_m, y_m, yaw_rad in traffic.at(time_s).pose:
            gap_m = x_m - 10.0 * time_s
            if abs(y_m) < 0.1:
                assert 10.0 < abs(gap_m) < 50.0, "within the same lane, one keeps a distance"
                assert yaw_rad == 0.0
            else:
                assert y_m == pytest.approx(3.4)
                assert yaw_rad == pytest.approx(np.pi)
                met += 1
    assert met > 50


def test_those_who_come_the_other_way_approach_at_twice_the_speed(traffic: Traffic) -> None:
    before, after = (
        next(pose for pose in traffic.at(time_s).pose if pose[1] > 1.0) for time_s in (100.0, 100.5)
    )
    assert after[0] - before[0] == pytest.approx(-5.0, abs=0.5)


@pytest.mark.parametrize("opposite_m", [0.0, 1.4])
def test_nobody_comes_the_other_way_where_there_is_no_room(opposite_m: float) -> None:
    traffic = draw_traffic(eastward(100.0, 10.0, opposite_m), LEVELS["paper"].world, np.random.default_rng(0))
    assert all((traffic.at(time_s).pose[:, 1] == 0.0).all() for time_s in np.arange(0.0, 100.0, 1.0))


def test_vehicles_that_stand_do_not_stand_in_each_other() -> None:
    traffic = draw_traffic(eastward(100.0, 0.01, 3.4), LEVELS["paper"].world, np.random.default_rng(0))
    for time_s in np.arange(0.0, 100.0, 1.0):
        same_lane = [x_m for x_m, y_m, _ in traffic.at(time_s).pose if abs(y_m) < 0.1]
        assert all(abs(x_m - 0.01 * time_s) > 5.0 for x_m in same_lane)


def test_without_noise_the_streets_are_empty() -> None:
    traffic = draw_traffic(eastward(100.0, 10.0, 3.4), WorldNoise(), np.random.default_rng(0))
    assert len(traffic.at(50.0).pose) == 0
