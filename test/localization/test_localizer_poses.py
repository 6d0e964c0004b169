"""A vehicle that is told its pose by landmarks of a scene."""

from dataclasses import dataclass

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.geometry import compose, wrap_angle
from geoloc_ros.core.types import LocalizationStatus, Observation, Pose2, PoseEstimate, PoseFix
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index
from .test_localizer import BLIND, FIXES, Drive, error_m, start

SIGMA_M, SIGMA_RAD = 0.05, 0.005
COVARIANCE = np.diag([SIGMA_M**2, SIGMA_M**2, SIGMA_RAD**2])


def fix_of(drive: Drive, rng: np.random.Generator, off_m: tuple[float, float] = (0.0, 0.0)) -> PoseFix:
    x_m, y_m, yaw_rad = drive.pose() + rng.normal(0.0, 1.0, 3) * [SIGMA_M, SIGMA_M, SIGMA_RAD]
    pose = Pose2(float(x_m + off_m[0]), float(y_m + off_m[1]), float(yaw_rad))
    return PoseFix(drive.stamp_ns, pose, COVARIANCE, drive.odometry)


@dataclass
class Yard:
    """A depot that the map does not know: a vehicle in a circle of 20 m, with nothing to be seen on the map."""

    localizer: Localizer
    query: np.ndarray
    truth: Pose2 = Pose2(-300.0, -300.0, 0.5)
    odometry: Pose2 = Pose2(3.0, 5.0, -1.0)
    stamp_ns: int = 1_000
    turn_rad: float = 0.05

    def step(self) -> None:
        self.truth = compose(self.truth, Pose2(1.0, 0.0, self.turn_rad))
        self.odometry = compose(self.odometry, Pose2(1.01, 0.0, self.turn_rad))
        self.stamp_ns += 200_000_000

    def tell(self, rng: np.random.Generator, off_m: float = 0.0) -> None:
        x_m, y_m, yaw_rad = self.truth.as_array() + rng.normal(0.0, 1.0, 3) * [SIGMA_M, SIGMA_M, SIGMA_RAD]
        pose = Pose2(float(x_m + off_m), float(y_m), float(yaw_rad))
        self.localizer.add_pose(PoseFix(self.stamp_ns, pose, COVARIANCE, self.odometry))

    def update(self) -> PoseEstimate:
        return self.localizer.update(Observation(self.stamp_ns, BLIND, self.query, self.odometry))


@pytest.fixture
def yard(grid_city: RoadGraph) -> Yard:
    index, _, _ = make_index(grid_city)
    return Yard(Localizer(index, Config()), np.zeros(index.dimension, np.float32))


def test_where_the_map_has_nothing_poses_of_others_alone_are_a_fix(yard: Yard) -> None:
    rng = np.random.default_rng(0)
    said = []
    for _ in range(40):
        yard.tell(rng)
        said.append((yard.update(), yard.truth))
        yard.step()
    assert said[0][0].status is LocalizationStatus.INITIALIZING
    for estimate, truth in said[2:]:
        assert estimate.status is LocalizationStatus.INITIALIZED
        assert error_m(estimate, truth.as_array()) < 4.0 * SIGMA_M
        assert abs(wrap_angle(estimate.pose.yaw_rad - truth.yaw_rad)) < 4.0 * SIGMA_RAD
        assert estimate.modes[0].pose == estimate.pose and "poses of others" in estimate.reason


def test_odometry_bridges_what_others_do_not_say_until_it_is_not_exact_any_more(yard: Yard) -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        yard.tell(rng)
        yard.update()
        yard.step()
    yard.turn_rad = 0.0
    states, errors_m, sigmas_m = [], [], []
    for _ in range(600):
        yard.step()
        estimate = yard.update()
        states.append(estimate.status)
        errors_m.append(error_m(estimate, yard.truth.as_array()))
        sigmas_m.append(float(np.sqrt(np.linalg.eigvalsh(estimate.covariance[:2, :2])[-1])))
    assert states[0] is LocalizationStatus.INITIALIZED and states[-1] is LocalizationStatus.LOST
    assert errors_m[50] < 1.0
    lost = states.index(LocalizationStatus.LOST)
    assert all(error <= 3.0 * sigma for error, sigma in zip(errors_m[:lost], sigmas_m[:lost], strict=True))
    assert sorted(sigmas_m[:40]) == sigmas_m[:40]


def test_one_in_twenty_that_is_thirty_metres_off_does_no_harm(yard: Yard) -> None:
    rng = np.random.default_rng(2)
    for step in range(300):
        is_wrong = step > 3 and rng.random() < 0.05
        yard.tell(rng, 30.0 if is_wrong else 0.0)
        estimate = yard.update()
        if step > 3:
            assert estimate.status is LocalizationStatus.INITIALIZED
            assert error_m(estimate, yard.truth.as_array()) < (0.5 if is_wrong else 5.0 * SIGMA_M)
        yard.step()


def test_poses_that_agree_elsewhere_are_followed_soon(yard: Yard) -> None:
    rng = np.random.default_rng(3)
    for step in range(30):
        yard.tell(rng, 0.0 if step < 15 else 30.0)
        estimate = yard.update()
        yard.step()
    shown = estimate.pose.x_m - yard.truth.x_m
    assert estimate.status in FIXES and shown == pytest.approx(30.0, abs=1.5)


def test_poses_without_odometry_that_fits_are_not_believed(yard: Yard) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        x_m, y_m = rng.uniform(-400.0, 400.0, 2)
        pose = Pose2(float(x_m), float(y_m), float(rng.uniform(-3.0, 3.0)))
        yard.localizer.add_pose(PoseFix(yard.stamp_ns, pose, COVARIANCE, yard.odometry))
        assert yard.update().status is LocalizationStatus.INITIALIZING
        yard.step()


def test_on_the_map_poses_of_others_make_a_found_vehicle_exact(grid_city: RoadGraph) -> None:
    plain_m, told_m = [], []
    for is_told, errors_m in ((False, plain_m), (True, told_m)):
        localizer, drive = start(grid_city)
        rng, noise = np.random.default_rng(5), np.random.default_rng(6)
        for frame in range(100):
            if is_told and frame >= 60:
                localizer.add_pose(fix_of(drive, noise))
            estimate = localizer.update(drive.observe(0.8, rng))
            if frame >= 65:
                assert estimate.status in FIXES
                errors_m.append(error_m(estimate, drive.pose()))
            drive.step(rng)
    assert np.median(told_m) < 2.0 * SIGMA_M < 0.2 * np.median(plain_m)


def test_lone_wrong_poses_change_nothing_at_all(grid_city: RoadGraph) -> None:
    said: list[list[PoseEstimate]] = []
    for is_told in (False, True):
        localizer, drive = start(grid_city)
        rng, noise = np.random.default_rng(7), np.random.default_rng(8)
        said.append([])
        for frame in range(60):
            if is_told and frame % 4 == 0:
                x_m, y_m = noise.uniform(-3000.0, 3000.0, 2)
                localizer.add_pose(fix_of(drive, noise, (float(x_m), float(y_m))))
            said[-1].append(localizer.update(drive.observe(0.8, rng)))
            drive.step(rng)
    for without, told in zip(*said, strict=True):
        assert told.pose == without.pose and told.status is without.status and told.reason == without.reason
        assert np.array_equal(told.covariance, without.covariance)


def test_two_poses_that_agree_find_a_vehicle_that_searches(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    rng = np.random.default_rng(9)
    for _ in range(3):
        localizer.add_pose(fix_of(drive, rng))
        estimate = localizer.update(drive.observe(0.8, rng))
        truth = drive.pose()
        drive.step(rng)
    assert estimate.status is LocalizationStatus.INITIALIZED
    assert error_m(estimate, truth) < 5.0 * SIGMA_M
    near = np.hypot(*(drive.places.poses()[:, :2] - truth[:2]).T) < 25.0
    assert localizer.belief[near].sum() > 0.8


def test_an_initial_pose_and_a_new_start_forget_what_others_said(yard: Yard) -> None:
    rng = np.random.default_rng(10)
    for forget in (yard.localizer.reset, lambda: yard.localizer.set_initial_pose(Pose2(0.0, 0.0, 0.0), np.eye(3))):
        for _ in range(5):
            yard.tell(rng)
            yard.update()
            yard.step()
        assert yard.localizer.health.num_poses > 0
        forget()
        assert yard.localizer.health.num_poses == 0
