from dataclasses import dataclass, replace

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import IndexMismatchError, ObservationError
from geoloc_ros.core.geometry import compose, wrap_angle
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus, Observation, Pose2, PoseEstimate, PositionFix, SemanticScan
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.search import GlobalSearch
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph

from .conftest import SignatureEncoder, make_index

BLIND = SemanticScan(np.full(360, np.nan, np.float32), np.full(360, -1, np.int32), np.zeros(360, bool))
# Nobody sees a wall here: what descriptors say has to do for a fix.
BLIND_CONFIG = Config(localizer=LocalizerConfig(fix_chance=0.15, lost_chance=0.6))
FIXES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)


@dataclass
class Drive:
    """A vehicle that hops from viewpoint to viewpoint; odometry starts somewhere else and drifts by 2 %."""

    places: PlaceGraph
    signature: np.ndarray
    encoder: SignatureEncoder
    viewpoint: int
    odometry: Pose2 = Pose2(7.0, -3.0, 1.0)
    stamp_ns: int = 1_000

    def query(self, noise: float, rng: np.random.Generator) -> np.ndarray:
        seen = self.signature[self.viewpoint] + rng.normal(0.0, noise, self.signature.shape[1])
        return self.encoder.query(seen)

    def observe(self, noise: float, rng: np.random.Generator) -> Observation:
        return Observation(self.stamp_ns, BLIND, self.query(noise, rng), self.odometry)

    def step(self, rng: np.random.Generator) -> None:
        ways = self.places.successor[
            self.places.successor_start[self.viewpoint] : self.places.successor_start[self.viewpoint + 1]
        ]
        before, self.viewpoint = self.places.poses()[self.viewpoint], int(rng.choice(ways))
        after = self.places.poses()[self.viewpoint]
        turn = float(wrap_angle(after[2] - before[2]))
        length = float(np.hypot(*(after - before)[:2])) * 1.02
        half = Pose2(0.0, 0.0, turn / 2)
        self.odometry = compose(compose(compose(self.odometry, half), Pose2(length, 0.0, 0.0)), half)
        self.stamp_ns += 200_000_000

    def pose(self) -> np.ndarray:
        return self.places.poses()[self.viewpoint]


def start(roads: RoadGraph, viewpoint: int = 30) -> tuple[Localizer, Drive]:
    index, encoder, signature = make_index(roads)
    return Localizer(index, BLIND_CONFIG), Drive(index.places, signature, encoder, viewpoint)


def go(localizer: Localizer, drive: Drive, frames: int, noise: float = 0.8, seed: int = 0) -> list[PoseEstimate]:
    rng = np.random.default_rng(seed)
    estimates = []
    for _ in range(frames):
        estimates.append(localizer.update(drive.observe(noise, rng)))
        drive.step(rng)
    return estimates


def error_m(estimate: PoseEstimate, pose: np.ndarray) -> float:
    return float(np.hypot(estimate.pose.x_m - pose[0], estimate.pose.y_m - pose[1]))


def test_it_finds_itself_from_nothing_and_stays_found(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    rng = np.random.default_rng(3)
    for frame in range(120):
        estimate = localizer.update(drive.observe(0.8, rng))
        if frame >= 60:
            assert estimate.status in FIXES
            assert error_m(estimate, drive.pose()) < 5.0
            assert abs(wrap_angle(estimate.pose.yaw_rad - drive.pose()[2])) < np.radians(25.0)
        drive.step(rng)


def test_the_first_frame_alone_is_no_fix_and_says_so(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    estimate = go(localizer, drive, 1)[0]
    assert estimate.status is LocalizationStatus.INITIALIZING
    assert "of the belief" in estimate.reason


def test_hypotheses_are_the_most_alike_places_of_this_frame(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    estimate = go(localizer, drive, 1, noise=0.0)[0]
    assert estimate.hypotheses[0].viewpoint == 30
    assert len(estimate.hypotheses) == Config().index.num_hypotheses
    assert [h.distance for h in estimate.hypotheses] == sorted(h.distance for h in estimate.hypotheses)


def test_belief_shows_the_pose(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 60)
    near = np.hypot(*(drive.places.poses()[:, :2] - drive.pose()[:2]).T) < 25.0
    assert localizer.belief[near].sum() > 0.9
    assert localizer.belief.sum() == pytest.approx(1.0, abs=0.01)  # the rest is off the map


def test_two_runs_say_the_same(grid_city: RoadGraph) -> None:
    first, second = (go(*start(grid_city), 40) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.pose == other.pose and np.array_equal(one.covariance, other.covariance)


def test_an_initial_pose_is_a_fix_at_once(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    localizer.set_initial_pose(Pose2(*map(float, drive.pose())), np.diag([9.0, 9.0, 0.1]))
    estimate = go(localizer, drive, 1)[0]
    assert estimate.status is LocalizationStatus.INITIALIZED
    assert error_m(estimate, drive.places.poses()[30]) < 5.0


def test_reset_forgets_everything(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    fresh = localizer.belief
    go(localizer, drive, 40)
    localizer.reset()
    assert np.array_equal(localizer.belief, fresh)


def test_stamps_going_back_start_it_anew(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    assert go(localizer, drive, 60)[-1].status in FIXES
    drive.stamp_ns = 10
    estimate = go(localizer, drive, 1)[0]
    assert estimate.status is LocalizationStatus.INITIALIZING and "stamps went back" in estimate.reason


def test_odometry_that_jumps_starts_it_anew(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 60)
    drive.odometry = Pose2(1000.0, 0.0, 0.0)
    estimate = go(localizer, drive, 1)[0]
    assert estimate.status is LocalizationStatus.INITIALIZING and "odometry jumped" in estimate.reason


def test_a_vehicle_that_is_carried_away_is_found_again(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 60, noise=0.5)
    drive.viewpoint = 200
    estimates = go(localizer, drive, 60, noise=0.5, seed=5)
    assert any(estimate.status is LocalizationStatus.LOST for estimate in estimates)
    last = localizer.update(drive.observe(0.5, np.random.default_rng(0)))
    assert last.status in FIXES and error_m(last, drive.pose()) < 5.0


def test_a_few_broken_frames_do_not_lose_it(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 60, noise=0.5)
    go(localizer, drive, 3, noise=20.0)
    last = go(localizer, drive, 1, noise=0.5)[0]
    assert last.status in FIXES


def test_what_cannot_be_used_is_refused_and_changes_nothing(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 5)
    before = localizer.belief
    good = drive.observe(0.0, np.random.default_rng(0))
    with pytest.raises(ObservationError, match="not finite"):
        localizer.update(replace(good, query=np.full_like(good.query, np.nan)))
    with pytest.raises(ObservationError, match="odometry .* not finite"):
        localizer.update(replace(good, odometry=Pose2(np.nan, 0.0, 0.0)))
    with pytest.raises(ObservationError, match="repeats the stamp"):
        localizer.update(replace(good, stamp_ns=drive.stamp_ns - 200_000_000))
    with pytest.raises(IndexMismatchError, match="holds 8-d"):
        localizer.update(replace(good, query=good.query[:5]))
    assert np.array_equal(localizer.belief, before)


def test_covariance_is_never_zero(grid_city: RoadGraph) -> None:
    for estimate in go(*start(grid_city), 60, noise=0.1):
        assert np.linalg.eigvalsh(estimate.covariance).min() > 1e-5


def test_scans_that_are_none_are_refused_and_change_nothing(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 5)
    before = localizer.belief
    good = drive.observe(0.0, np.random.default_rng(0))
    for range_m, message in ((np.full(180, np.nan), "scan.num_rays is 360"), (np.full(360, np.inf), "infinite")):
        bad = SemanticScan(range_m.astype(np.float32), np.full(len(range_m), -1, np.int32), np.ones(len(range_m), bool))
        with pytest.raises(ObservationError, match=message):
            localizer.update(replace(good, scan=bad))
    assert np.array_equal(localizer.belief, before)


def test_a_named_pose_far_off_the_map_makes_no_fix_on_it(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    localizer.set_initial_pose(Pose2(5e4, 5e4, 0.0), np.diag([1.0, 1.0, 0.05]))
    assert not any(estimate.status in FIXES for estimate in go(localizer, drive, 2))


def test_positions_of_others_find_the_place_and_wrong_ones_do_not_lose_it(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    rng = np.random.default_rng(0)
    for frame in range(60):
        off_m = 0.0 if frame < 30 else 150.0
        localizer.add_position(PositionFix(drive.stamp_ns - 50, drive.pose()[:2] + [off_m, 0.0], 25.0 * np.eye(2)))
        estimate = localizer.update(drive.observe(0.8, rng))
        if frame >= 20:
            assert error_m(estimate, drive.pose()) < 6.0
        drive.step(rng)


def test_limits_changed_while_driving_keep_the_fix(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    assert go(localizer, drive, 60, noise=0.5)[-1].status in FIXES
    localizer.configure(BLIND_CONFIG.localizer.model_copy(update={"global_every_m": 20.0}))
    assert go(localizer, drive, 1, noise=0.5)[0].status in FIXES


def test_what_others_say_is_heard_at_the_frame_nearest_to_its_stamp(
    grid_city: RoadGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    localizer, drive = start(grid_city)
    go(localizer, drive, 2)
    order: list[str] = []
    hear, move = GlobalSearch.hear, GlobalSearch.move
    monkeypatch.setattr(GlobalSearch, "hear", lambda *given: (order.append(str(given[1].stamp_ns)), hear(*given)))
    monkeypatch.setattr(GlobalSearch, "move", lambda *given: (order.append("moved"), move(*given)))
    before_ns, now_ns = drive.stamp_ns - 200_000_000, drive.stamp_ns
    for stamp_ns in (now_ns - 10, before_ns + 10, now_ns + 10):
        localizer.add_position(PositionFix(stamp_ns, drive.pose()[:2], 25.0 * np.eye(2)))
    go(localizer, drive, 1)
    assert order == [str(before_ns + 10), "moved", str(now_ns - 10)]


def test_what_others_said_long_before_the_first_frame_is_not_heard(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    fresh, _ = start(grid_city)
    drive.stamp_ns = 100_000_000_000
    localizer.add_position(PositionFix(1_000, np.array([400.0, 280.0]), np.eye(2)))
    first = drive.observe(0.8, np.random.default_rng(0))
    localizer.update(first)
    fresh.update(first)
    assert np.array_equal(localizer.belief, fresh.belief)


def test_who_drives_on_while_the_camera_pauses_keeps_the_fix_and_the_corners(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    rng = np.random.default_rng(0)
    assert go(localizer, drive, 60)[-1].status in FIXES
    for _ in range(12):
        localizer.move(drive.stamp_ns, drive.odometry)
        drive.step(rng)
    estimate = localizer.update(drive.observe(0.8, rng))
    assert estimate.status in FIXES
    assert error_m(estimate, drive.pose()) < 10.0


def test_before_the_first_frame_there_is_nothing_to_move(grid_city: RoadGraph) -> None:
    localizer, drive = start(grid_city)
    belief = localizer.belief
    localizer.move(0, drive.odometry)
    localizer.move(500, Pose2(1e4, 0.0, 0.0))
    np.testing.assert_array_equal(localizer.belief, belief)
