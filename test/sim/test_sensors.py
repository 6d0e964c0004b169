import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geoloc_ros.core.geometry import compose, wrap_angle, yaw_from_quaternion
from geoloc_ros.core.types import Pose2
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.drive import RATE_HZ, Trajectory, drive_route
from geoloc_ros.sim.noise import LEVELS, MotionNoise
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.sensors import GRAVITY_MPS2, measure
from geoloc_ros.sim.terrain import draw_terrain, flat_terrain


def drive_through(city: GeoMap, length_m: float) -> Trajectory:
    rng = np.random.default_rng(0)
    route = choose_route(city.roads, city.bounds_m, 1.1 * length_m, rng)
    return drive_route(city.roads, route, np.full(len(city.roads), 4.6), 9.0, length_m, rng)


@pytest.fixture(scope="module")
def drive() -> Trajectory:
    return drive_through(make_city(0, 600.0), 800.0)


def test_odometry_without_noise_is_the_truth_seen_from_the_start(drive: Trajectory) -> None:
    motion = measure(drive, flat_terrain(), MotionNoise(), np.random.default_rng(0))
    start = Pose2(*drive.pose[0])
    for tick in range(0, len(drive.time_s), 500):
        pose = compose(start, Pose2(*motion.odometry[tick]))
        assert np.hypot(*(pose.as_array()[:2] - drive.pose[tick, :2])) < 1e-6
        assert abs(wrap_angle(pose.yaw_rad - drive.pose[tick, 2])) < 1e-9
    assert np.allclose(motion.odometry_speed_mps, drive.speed_mps)


def test_odometry_at_paper_noise_drifts_by_a_percent_or_so(drive: Trajectory) -> None:
    truth = measure(drive, flat_terrain(), MotionNoise(), np.random.default_rng(0))
    length_m = drive.speed_mps.sum() / RATE_HZ
    scales, turns = [], []
    for seed in range(12):
        motion = measure(drive, flat_terrain(), LEVELS["paper"].motion, np.random.default_rng(seed))
        scales.append(np.hypot(*np.diff(motion.odometry[:, :2], axis=0).T).sum() / length_m)
        turns.append(motion.odometry[-1, 2] - truth.odometry[-1, 2])
    assert 0.004 < np.std(scales) < 0.02
    # 1e-3 rad/s of bias over the two minutes or so of this drive.
    assert 0.5 < np.std(turns) / (1e-3 * drive.time_s[-1]) < 2.0


def test_the_gyroscope_adds_up_to_the_change_of_heading(drive: Trajectory) -> None:
    motion = measure(drive, flat_terrain(), MotionNoise(), np.random.default_rng(0))
    assert abs(motion.gyro_radps[:-1, 2].sum() / RATE_HZ - (drive.pose[-1, 2] - drive.pose[0, 2])) < 1e-6


def test_an_accelerometer_at_rest_points_up() -> None:
    count = 10
    pose = np.tile([3.0, 4.0, 0.7], (count, 1))
    rest = Trajectory(np.arange(count) / RATE_HZ, pose, np.zeros(count), np.zeros(count), np.zeros(count))
    motion = measure(rest, flat_terrain(), MotionNoise(), np.random.default_rng(0))
    assert np.allclose(motion.acceleration_mps2, [0.0, 0.0, GRAVITY_MPS2])
    assert np.allclose(motion.odometry, 0.0)


def test_a_vehicle_stands_square_on_sloping_ground(drive: Trajectory) -> None:
    terrain = draw_terrain(0.03, np.random.default_rng(0))
    motion = measure(drive, terrain, MotionNoise(), np.random.default_rng(0))
    up = Rotation.from_quat(motion.quaternion).apply([0.0, 0.0, 1.0])
    slope = terrain.slope(drive.pose[:, :2])
    normal = np.column_stack([-slope, np.ones(len(slope))])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    assert np.abs(up - normal).max() < 2e-3
    assert np.allclose(motion.position_m[:, 2], terrain.height_m(drive.pose[:, :2]))
    yaw = [yaw_from_quaternion(quaternion) for quaternion in motion.quaternion[::500]]
    assert np.abs(wrap_angle(np.array(yaw) - drive.pose[::500, 2])).max() < 1e-6


def test_satellite_positions_come_once_a_second_and_are_some_metres_off(drive: Trajectory) -> None:
    exact = measure(drive, flat_terrain(), MotionNoise(), np.random.default_rng(0))
    assert np.array_equal(exact.fix_m, drive.pose[exact.fix_tick, :2])
    assert set(np.diff(exact.fix_tick)) == {int(RATE_HZ)}
    errors_m = [
        measure(drive, flat_terrain(), LEVELS["paper"].motion, np.random.default_rng(seed)).fix_m - exact.fix_m
        for seed in range(20)
    ]
    assert 4.0 < np.std(errors_m) < 6.0
