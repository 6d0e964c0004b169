from dataclasses import dataclass, replace

import numpy as np
import pytest

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.geometry import compose, relative_motion, wrap_angle
from geoloc_ros.core.localization_config import AlignConfig, MotionConfig
from geoloc_ros.core.types import Float64, Observation, Pose2, PositionFix, SemanticScan
from geoloc_ros.localization.alignment.aligner import Aligner, Alignment
from geoloc_ros.localization.alignment.window import ScanWindow
from geoloc_ros.maps.geomap import GeoMap, Walls
from geoloc_ros.maps.raycast import RayCaster

SECOND_NS = 1_000_000_000
NEAR = np.diag([3.0**2, 3.0**2, np.radians(3.0) ** 2])
VAGUE = np.diag([20.0**2, 3.0**2, np.radians(3.0) ** 2])


@dataclass(frozen=True)
class Street:
    """A drive of 60 m along the longest street of the town, seen as the map has it but for what a test changes."""

    caster: RayCaster
    poses: list[Pose2]

    def window(
        self, odometry_scale: float = 1.0, depth_scale: float = 1.0, camera_rad: float = 0.0, drift_radps: float = 0.0,
        noise: float = 0.0, is_seen: bool = True,
    ) -> ScanWindow:
        """Frames every five metres and half a second."""
        window, rng = ScanWindow(AlignConfig(spacing_m=5.0)), np.random.default_rng(0)
        odometry = Pose2(0.0, 0.0, 0.0)
        for row, pose in enumerate(self.poses):
            if row > 0:
                step = relative_motion(self.poses[row - 1], pose)
                turn_rad = step.yaw_rad + 0.5 * drift_radps
                odometry = compose(odometry, Pose2(odometry_scale * step.x_m, odometry_scale * step.y_m, turn_rad))
            window.add(Observation(row * SECOND_NS // 2, self._scan(pose, camera_rad, depth_scale, noise, is_seen, rng),
                                   np.zeros(1, np.float32), odometry))
        return window

    def _scan(
        self, pose: Pose2, camera_rad: float, depth_scale: float, noise: float, is_seen: bool, rng: np.random.Generator
    ) -> SemanticScan:
        scan = self.caster.cast((pose.as_array() + [0.0, 0.0, camera_rad])[None], 360, 100.0)
        factor = depth_scale * np.exp(noise * rng.standard_normal(360))
        return SemanticScan(
            (scan.range_m[0] * factor).astype(np.float32), scan.instance[0], np.full(360, is_seen)
        )

    @property
    def end(self) -> Pose2:
        return self.poses[-1]

    def beside(self, forward_m: float, left_m: float, turn_rad: float) -> Pose2:
        """A pose that is wrong by so much."""
        return compose(self.end, Pose2(forward_m, left_m, turn_rad))


@pytest.fixture(scope="module")
def street(tiny_city: GeoMap) -> Street:
    roads = tiny_city.roads
    lines = [roads.polyline(edge) for edge in range(len(roads))]
    line = max(lines, key=lambda points: float(np.linalg.norm(points[-1] - points[0])))
    along = (line[-1] - line[0]) / np.linalg.norm(line[-1] - line[0])
    yaw_rad = float(np.arctan2(along[1], along[0]))
    poses = [Pose2(*map(float, line[0] + along * (10.0 + 5.0 * step)), yaw_rad) for step in range(13)]
    return Street(RayCaster(tiny_city.buildings.walls()), poses)


def aligner(street: Street, **changes: float) -> Aligner:
    # So little is known of odometry that the prior does not pull.
    motion = MotionConfig(scale_sigma=0.2, yaw_bias_radps=0.02)
    return Aligner(street.caster, ScanConfig(), AlignConfig.model_validate({"max_iterations": 20, **changes}), motion)


def error(alignment: Alignment, pose: Pose2) -> Float64:
    """Metres along x and y, and radians."""
    away = alignment.pose.as_array() - pose.as_array()
    away[2] = wrap_angle(away[2])
    return np.asarray(away)


@pytest.mark.parametrize("offset", [(2.0, 0.0, 0.0), (-1.0, 1.0, 0.03), (0.0, -2.0, -0.03)])
def test_scans_of_the_map_are_found(street: Street, offset: tuple[float, float, float]) -> None:
    alignment = aligner(street, offset_sigma_m=0.1).align(street.window(), street.beside(*offset), NEAR)
    assert alignment.converged
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.03
    assert abs(error(alignment, street.end)[2]) < 0.002
    np.testing.assert_allclose(alignment.frame_pose[0], street.poses[0].as_array(), atol=0.04)


def test_ten_metres_and_ten_degrees_are_searched_through(street: Street) -> None:
    alignment = aligner(street).align(street.window(), street.beside(7.0, -7.0, np.radians(10.0)))
    assert alignment.converged
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.05


def test_prior_of_a_kilometre_is_not_searched_to_its_end(street: Street) -> None:
    # Every 4 m and 4 degrees of it would be 30 million poses.
    vague = np.diag([1e6, 1e6, 10.0])
    alignment = aligner(street).align(street.window(), street.beside(7.0, -7.0, np.radians(10.0)), vague)
    assert alignment.converged
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.05


def test_scale_of_odometry_is_found(street: Street) -> None:
    alignment = aligner(street).align(street.window(odometry_scale=1.02), street.beside(0.5, 0.5, 0.0), NEAR)
    assert alignment.scale == pytest.approx(1.0 / 1.02, abs=0.002)
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.05


def test_drift_of_odometry_does_not_bend_the_street(street: Street) -> None:
    few_steps = aligner(street, max_iterations=4)
    alignment = few_steps.align(street.window(drift_radps=0.02), street.end, NEAR)
    assert abs(error(alignment, street.end)[2]) < 0.01
    np.testing.assert_allclose(alignment.frame_pose[0], street.poses[0].as_array(), atol=0.08)


def test_camera_that_is_turned_a_little_is_told_from_the_heading_by_the_way_the_vehicle_moves(street: Street) -> None:
    alignment = aligner(street).align(street.window(camera_rad=0.02), street.beside(0.5, 0.0, 0.0), NEAR)
    assert alignment.camera_yaw_rad == pytest.approx(0.02, abs=0.004)
    assert abs(error(alignment, street.end)[2]) < 0.004


def test_known_turn_of_the_camera_is_not_reported_again(street: Street) -> None:
    window = street.window(camera_rad=1.0)
    alignment = aligner(street).align(window, street.beside(0.5, 0.0, 0.0), NEAR, camera_yaw_rad=1.0)
    assert alignment.camera_yaw_rad == pytest.approx(0.0, abs=0.002)
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.05


@pytest.mark.parametrize("depth_scale", [0.6, 1.7])
def test_depth_without_scale_is_scaled_by_the_map(street: Street, depth_scale: float) -> None:
    alignment = aligner(street).align(street.window(depth_scale=depth_scale), street.beside(1.0, 1.0, 0.0), NEAR)
    assert alignment.depth_scale == pytest.approx(depth_scale, rel=0.03)
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.3


def test_rays_that_nobody_observed_say_nothing(street: Street) -> None:
    start = street.beside(1.0, 0.0, 0.0)
    alignment = aligner(street).align(street.window(is_seen=False), start, NEAR)
    assert not alignment.converged
    assert alignment.num_buildings == 0
    np.testing.assert_allclose(alignment.pose.as_array(), start.as_array(), atol=1e-9)
    assert np.all(np.diag(alignment.covariance) >= np.diag(NEAR))


def test_equations_without_a_solution_find_nothing_and_end_nothing(street: Street) -> None:
    start = street.beside(1.0, 0.0, 0.0)
    spoilt = PositionFix(6 * SECOND_NS, np.zeros(2), np.full((2, 2), np.nan))
    lost = aligner(street).align(street.window(), start, NEAR, [spoilt])
    assert not lost.converged and lost.num_buildings == 0 and lost.log_ratio == -np.inf
    assert np.all(np.isfinite(lost.covariance)) and np.abs(error(lost, start)[:2]).max() < 10.0


def test_too_few_houses_are_no_place(square_room: GeoMap) -> None:
    room = Street(RayCaster(square_room.buildings.walls()), [Pose2(0.0, 0.0, 0.0)])
    assert not aligner(room).align(room.window(), Pose2(0.5, 0.0, 0.0), NEAR).converged


def test_right_place_is_far_more_likely_than_another(street: Street) -> None:
    window = street.window(noise=0.05)
    right = aligner(street).align(window, street.end, NEAR)
    other = compose(street.end, Pose2(25.0, 14.0, np.pi / 2.0))
    wrong = aligner(street).align(window, other, NEAR)
    assert right.log_ratio > wrong.log_ratio + 20.0
    assert right.inlier_ratio > 0.9 > wrong.inlier_ratio


def test_innovation_grows_with_the_distance_from_the_start(street: Street) -> None:
    near, far = (
        aligner(street).align(street.window(), street.beside(forward_m, 0.0, 0.0), np.diag([1.0, 1.0, 1e-3])).nis
        for forward_m in (0.3, 3.0)
    )
    assert near < 1.0 < far


def test_what_was_found_out_is_where_the_next_alignment_starts(street: Street) -> None:
    window = street.window(odometry_scale=1.02, camera_rad=0.02)
    first = aligner(street).align(window, street.end, NEAR)
    one_step = aligner(street, max_iterations=1)
    with_it = one_step.align(window, first.pose, NEAR, before=first)
    assert abs(with_it.scale - first.scale) < 3e-3
    assert np.abs(error(with_it, first.pose)[:2]).max() < 0.1


@pytest.fixture(scope="module")
def corridor() -> Street:
    """Two endless parallel walls: they say nothing about where along them the vehicle is."""
    ends = np.array([[(-2000.0, 8.0), (2000.0, 8.0)], [(2000.0, -8.0), (-2000.0, -8.0)]])
    caster = RayCaster(Walls(ends[:, 0], ends[:, 1], np.array([0, 1], np.int32)))
    return Street(caster, [Pose2(5.0 * step, 0.0, 0.0) for step in range(13)])


def test_positions_of_others_pull_where_walls_leave_a_choice(corridor: Street) -> None:
    start, there = corridor.beside(10.0, 0.5, 0.0), np.eye(2) * 0.5**2
    fixes = [PositionFix(step * SECOND_NS // 2, np.array([5.0 * step, 0.0]), there) for step in range(13)]
    free, held = (aligner(corridor).align(corridor.window(), start, VAGUE, some) for some in ((), fixes))
    assert abs(free.pose.x_m - start.x_m) < 0.5
    assert abs(held.pose.x_m - corridor.end.x_m) < 1.0
    # All of them share a bias that is as large as one of them is wrong.
    assert held.covariance[0, 0] > 0.5**2


def test_position_that_is_far_from_all_else_does_not_pull(corridor: Street) -> None:
    fixes = [PositionFix(0, np.array([200.0, 0.0]), np.eye(2))]
    alignment = aligner(corridor).align(corridor.window(), corridor.end, VAGUE, fixes)
    assert abs(alignment.pose.x_m - corridor.end.x_m) < 15.0


def test_one_wrong_position_among_many_does_not_matter(street: Street) -> None:
    right = [PositionFix(row * SECOND_NS // 2, pose.as_array()[:2], np.eye(2)) for row, pose in enumerate(street.poses)]
    fixes = [*right[:5], replace(right[5], position_m=right[5].position_m + 100.0), *right[6:]]
    alignment = aligner(street).align(street.window(noise=0.05), street.beside(1.0, 0.0, 0.0), NEAR, fixes)
    assert np.abs(error(alignment, street.end)[:2]).max() < 0.3


def houses_moved(street: Street, geomap: GeoMap, sigma_m: float, seed: int) -> Street:
    """The same drive, on a map that has every house off its place by itself."""
    walls, rng = geomap.buildings.walls(), np.random.default_rng(seed)
    moved_m = rng.normal(0.0, sigma_m, (int(walls.building.max()) + 1, 2))[walls.building]
    return replace(street, caster=RayCaster(Walls(walls.start_m + moved_m, walls.end_m + moved_m, walls.building)))


def test_houses_farther_off_than_believed_are_seen_by_how_they_disagree(street: Street, tiny_city: GeoMap) -> None:
    """A tenth of a metre is believed, half a metre is true: the ellipses have to grow by what the scans show of it."""
    window, nees, growth = street.window(), [], []
    believed = aligner(street, offset_sigma_m=0.1).align(window, street.end, NEAR).covariance
    for seed in range(12):
        moved = houses_moved(street, tiny_city, 0.5, seed)
        alignment = aligner(moved, offset_sigma_m=0.1).align(window, street.end, NEAR)
        away_m = error(alignment, street.end)[:2]
        nees.append(away_m @ np.linalg.solve(alignment.covariance[:2, :2], away_m))
        growth.append(np.sqrt(np.linalg.det(alignment.covariance[:2, :2]) / np.linalg.det(believed[:2, :2])))
    assert np.median(growth) > 3.0
    assert 0.2 < np.median(nees) < 4.0
