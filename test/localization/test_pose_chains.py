"""Poses of others along a straight drive to the east, odometry from somewhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import compose
from geoloc_ros.core.localization_config import MotionConfig
from geoloc_ros.core.types import Pose2, PoseFix
from geoloc_ros.localization.pose_chains import PoseChains, intersection, pose_offset, squared_distance

SHARP = np.diag([0.02**2, 0.02**2, 0.005**2])
ODOM_FROM_MAP = Pose2(-40.0, 7.0, 2.1)
SECOND = 1_000_000_000


def fix_at(driven_m: float, off_m: float = 0.0, seconds: float | None = None, ahead_m: float = 0.0) -> PoseFix:
    """After so many metres to the east; `off_m` beside the truth and `ahead_m` before it."""
    truth = Pose2(driven_m, 0.0, 0.0)
    stamp_ns = int((driven_m if seconds is None else seconds) * SECOND)
    return PoseFix(stamp_ns, Pose2(driven_m + ahead_m, off_m, 0.0), SHARP, compose(ODOM_FROM_MAP, truth))


def heard(*fixes: PoseFix) -> PoseChains:
    chains = PoseChains(MotionConfig())
    for fix in fixes:
        chains.hear(fix)
    return chains


def test_one_pose_is_not_believed_and_two_of_different_views_that_agree_are() -> None:
    chains = heard(fix_at(0.0))
    assert chains.best is None
    assert chains.hear(fix_at(1.0))
    assert chains.best is not None and chains.best.chance == pytest.approx(1e-4)
    assert chains.best.pose.x_m == pytest.approx(1.0, abs=0.02)


def test_who_stands_still_sees_the_same_however_often() -> None:
    chains = heard(*(fix_at(0.0, seconds=float(second)) for second in range(100)))
    assert chains.best is None


def test_a_pose_that_comes_late_is_carried_to_now() -> None:
    chains = heard(fix_at(0.0))
    chains.carry(3 * SECOND, fix_at(3.0).odometry)
    assert chains.hear(fix_at(2.0))
    chains.carry(3 * SECOND, fix_at(3.0).odometry)
    assert chains.best is not None and chains.best.pose.x_m == pytest.approx(3.0, abs=0.02)


def test_a_wrong_pose_in_between_moves_nothing() -> None:
    chains = heard(fix_at(0.0), fix_at(1.0), fix_at(2.0))
    assert not chains.hear(fix_at(3.0, off_m=30.0))
    assert chains.best is not None and chains.best.pose.y_m == pytest.approx(0.0, abs=1e-6)


def test_many_poses_that_agree_elsewhere_win_even_against_a_long_past() -> None:
    chains = heard(*(fix_at(float(metre)) for metre in range(50)))
    wins = [chains.hear(fix_at(50.0 + metre, off_m=30.0)) for metre in range(8)]
    assert not any(wins[:2]) and all(wins[5:])
    assert chains.best is not None and chains.best.pose.y_m == pytest.approx(30.0, abs=0.1)


def test_after_a_long_way_alone_a_single_wrong_pose_is_not_followed_and_two_right_ones_are() -> None:
    chains = heard(*(fix_at(float(metre)) for metre in range(5)))
    chains.carry(80 * SECOND, fix_at(80.0).odometry)
    assert chains.best is not None and chains.best.unheard_m == pytest.approx(76.0)
    assert not chains.hear(fix_at(80.0, ahead_m=4.0))
    assert chains.best is not None and chains.best.pose.x_m == pytest.approx(80.0)
    assert not chains.hear(fix_at(81.0, ahead_m=0.1))
    assert chains.hear(fix_at(82.0, ahead_m=0.1))
    assert chains.best is not None and chains.best.pose.x_m == pytest.approx(82.1, abs=0.02)
    assert chains.best.unheard_m == 0.0


def test_what_spoke_for_a_place_still_does_when_it_is_seen_again() -> None:
    chains = heard(*(fix_at(float(metre)) for metre in range(6)), fix_at(80.0), fix_at(81.0))
    assert chains.best is not None and chains.best.nats == 20.0


def test_who_stands_and_is_told_of_another_place_for_long_loses_trust() -> None:
    chains = heard(*(fix_at(float(metre)) for metre in range(5)))
    for second in range(60):
        chains.hear(fix_at(4.0, off_m=30.0, seconds=5.0 + second))
    assert chains.best is None


def test_poses_of_one_scene_err_alike_so_many_are_no_surer_than_one() -> None:
    chains = heard(*(fix_at(float(metre)) for metre in range(30)))
    assert chains.best is not None
    assert np.linalg.eigvalsh(chains.best.covariance - 0.999 * SHARP)[0] >= 0.0


angle = st.floats(-3.0, 3.0)
metre = st.floats(-5.0, 5.0)
sigma = st.floats(0.01, 3.0)


@given(metre, metre, angle, st.tuples(sigma, sigma, sigma), st.tuples(sigma, sigma, sigma))
def test_the_joint_pose_lies_between_and_claims_no_more_than_the_better_one(
    x_m: float, y_m: float, yaw_rad: float, one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    first, second = np.diag(np.square(one)), np.diag(np.square(other))
    pose, joint = intersection(Pose2(0.0, 0.0, 1.0), first, Pose2(x_m, y_m, 1.0 + yaw_rad), second)
    offset, moved = np.array([x_m, y_m, yaw_rad]), pose_offset(Pose2(0.0, 0.0, 1.0), pose)
    assert np.all(moved * offset >= -1e-9) and np.all(np.abs(moved) <= np.abs(offset) + 1e-9)
    assert np.all(np.diag(joint) >= np.minimum(np.diag(first), np.diag(second)) - 1e-9)


def test_two_that_contradict_each_other_are_both_less_sure() -> None:
    pose, covariance = intersection(Pose2(0.0, 0.0, 0.0), SHARP, Pose2(1.0, 0.0, 0.0), SHARP)
    assert pose.x_m == pytest.approx(0.5, abs=0.51)
    assert squared_distance(np.array([1.0, 0.0, 0.0]), 2.0 * covariance) < 8.0


@pytest.mark.parametrize("fix", [
    PoseFix(0, Pose2(np.nan, 0.0, 0.0), SHARP, Pose2(0.0, 0.0, 0.0)),
    PoseFix(0, Pose2(0.0, 0.0, 0.0), SHARP, Pose2(0.0, np.inf, 0.0)),
    PoseFix(0, Pose2(0.0, 0.0, 0.0), np.zeros((3, 3)), Pose2(0.0, 0.0, 0.0)),
    PoseFix(0, Pose2(0.0, 0.0, 0.0), -SHARP, Pose2(0.0, 0.0, 0.0)),
    PoseFix(0, Pose2(0.0, 0.0, 0.0), np.full((3, 3), np.nan), Pose2(0.0, 0.0, 0.0)),
])
def test_what_is_no_pose_is_refused_and_changes_nothing(fix: PoseFix) -> None:
    chains = heard(fix_at(0.0), fix_at(1.0))
    before = chains.best.pose if chains.best else None
    with pytest.raises(ObservationError):
        chains.hear(fix)
    assert chains.best is not None and chains.best.pose == before
