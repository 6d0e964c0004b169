"""The place of scans and that of others' poses, side by side; odometry drives to the east, and is right."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import HeadingFix, Mode, Pose2, PoseFix, PositionFix
from geoloc_ros.localization.pose_choice import Choice, OtherPoses
from geoloc_ros.localization.significance import Significance
from geoloc_ros.localization.status import FixStatus, Verdict

SECOND = 1_000_000_000
SHARP, ROUGH = np.diag([0.02**2, 0.02**2, 0.005**2]), np.diag([1.0, 1.0, 0.03**2])
GOOD, UNSURE = Verdict(0.99, 1e-5, 0.0, 1.0), Verdict(0.3, 0.5, 0.0, 4.0)


@dataclass
class Scans:
    """What `PlaceKeeper` says of a place beside the truth, in place of one."""

    off_m: float = 0.0
    said: Verdict = GOOD
    at_m: float = 0.0
    significance: Significance = field(default_factory=Significance)

    def place(self, modes: Sequence[Mode]) -> Mode:
        return Mode(Pose2(self.at_m, self.off_m, 0.0), ROUGH, self.said.probability)

    def verdict(self, modes: Sequence[Mode]) -> Verdict:
        return self.said

    def others(self, modes: Sequence[Mode]) -> tuple[Mode, ...]:
        return tuple(modes[1:])


class Road:
    """A drive of whole metres, and what is told after each."""

    def __init__(self, scans: Scans) -> None:
        self.scans, self.poses, self.status = scans, OtherPoses(Config()), FixStatus(LocalizerConfig())
        self.at = 0

    def drive(self, metres: int, is_told: bool, off_m: float = 0.0) -> Choice:
        for _ in range(metres):
            self.at += 1
            odometry = Pose2(float(self.at), 0.0, 0.0)
            if is_told:
                pose = replace(odometry, y_m=off_m)
                self.poses.add(PoseFix(self.at * SECOND, pose, SHARP, odometry))
            self.heard = self.poses.carry(self.at * SECOND, odometry)
            self.scans.at_m = float(self.at)
            keeper: Any = self.scans
            choice = self.poses.choose([self.scans.place([])], keeper, self.status)
            self.status.update(choice.verdict)
        return choice


def test_without_poses_the_scans_are_told() -> None:
    road = Road(Scans())
    choice = road.drive(1, is_told=False)
    assert choice.is_followed and choice.verdict == GOOD and choice.remark == "" and road.heard == ()


def test_of_one_place_the_pose_is_that_of_the_better_and_the_evidence_that_of_both() -> None:
    road = Road(Scans(off_m=1.5, said=UNSURE))
    choice = road.drive(4, is_told=True)
    assert choice.is_followed and choice.place.pose.y_m == pytest.approx(0.0, abs=0.05)
    assert choice.verdict.chance < UNSURE.chance * 1e-5 and choice.verdict.probability > 0.99
    assert choice.verdict.sigma_m < 0.1
    position, heading = road.heard
    assert isinstance(position, PositionFix) and position.position_m[0] == pytest.approx(4.0, abs=0.05)
    assert isinstance(heading, HeadingFix) and heading.yaw_rad == pytest.approx(0.0, abs=0.02)
    assert road.drive(1, is_told=False).is_followed and road.heard == ()


def test_walls_that_the_map_lacks_are_no_reason_to_doubt_while_poses_come() -> None:
    road = Road(Scans(said=replace(GOOD, doubt=12.0)))
    road.scans.significance._doubt = 12.0
    choice = road.drive(6, is_told=True)
    assert choice.verdict.doubt == 0.0 and road.scans.significance.doubt == 0.0
    road.scans.significance._doubt = 12.0
    road.drive(1, is_told=False)
    assert road.scans.significance.doubt == 12.0
    road.scans.said = replace(GOOD, doubt=50.0)
    assert road.drive(1, is_told=False).verdict.doubt > 20.0


def test_where_scans_know_nothing_the_poses_are_a_fix_of_their_own_and_stay_one_without_new_ones() -> None:
    road = Road(Scans(off_m=100.0, said=UNSURE))
    choice = road.drive(3, is_told=True)
    assert not choice.is_followed and road.status.has_fix
    assert choice.place.pose.as_array() == pytest.approx([3.0, 0.0, 0.0], abs=0.02)
    assert choice.others[0].pose.y_m == 100.0 and choice.verdict.doubt == 0.0
    assert not road.drive(50, is_told=False).is_followed and road.status.has_fix


def test_two_poses_do_not_take_a_fix_away_from_scans_and_many_do() -> None:
    road = Road(Scans(off_m=100.0))
    road.drive(5, is_told=False)
    assert road.drive(2, is_told=True).is_followed
    assert not road.drive(5, is_told=True).is_followed


def test_who_was_told_stays_so_until_the_other_one_is_clearly_surer() -> None:
    road = Road(Scans(off_m=100.0, said=UNSURE))
    road.drive(8, is_told=True)
    # Twenty nats speak for the poses; 22 for scans are not clearly more, 28 are.
    road.scans.said = replace(GOOD, chance=float(np.exp(-22.0)))
    assert not road.drive(1, is_told=True).is_followed
    road.scans.said = replace(GOOD, chance=float(np.exp(-28.0)))
    assert road.drive(1, is_told=True).is_followed
    road.scans.said = replace(GOOD, chance=float(np.exp(-18.0)))
    assert road.drive(1, is_told=True).is_followed


def test_scans_that_find_their_place_take_over_from_poses_of_long_ago() -> None:
    road = Road(Scans(off_m=100.0, said=UNSURE))
    road.drive(8, is_told=True)
    road.scans.said = GOOD
    assert not road.drive(5, is_told=False).is_followed
    choice = road.drive(30, is_told=False)
    assert choice.is_followed and "another place" in choice.remark
