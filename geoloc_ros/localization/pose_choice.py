"""What is told after a frame: the place that scans follow, what poses of others make, or both in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import HeadingFix, Mode, Pose2, PoseFix, PositionFix
from geoloc_ros.localization.keeping import PlaceKeeper
from geoloc_ros.localization.pose_chains import (
    PoseChain,
    PoseChains,
    intersection,
    pose_offset,
    squared_distance,
    worst_sigma_m,
)
from geoloc_ros.localization.status import FixStatus, Verdict

# Who contradicts walls must have heard of poses so shortly before: what was carried far errs by itself.
_FRESH_M = 20.0
# The other one has to be clearly surer, or the pose would jump to and fro between two places.
_CLEARLY_NATS = math.log(100.0)
# Chi square of three degrees of freedom, one in a thousand.
_SAME = 16.3


@dataclass(frozen=True)
class Choice:
    """What is told after a frame."""

    place: Mode
    others: tuple[Mode, ...]
    """Of the belief, elsewhere."""
    verdict: Verdict
    is_followed: bool
    """Whether it is the place that scans follow; if not, only poses of others speak for it."""
    remark: str
    """For people; empty where no poses of others are believed."""


class OtherPoses:
    """Poses that others measure, beside the place that scans follow."""

    def __init__(self, config: Config) -> None:
        """Nobody has said anything yet."""
        self._chains = PoseChains(config.motion)
        self._config = config.localizer
        self.reset()

    def configure(self, config: LocalizerConfig) -> None:
        """Judge by other limits from now on."""
        self._config = config

    def reset(self) -> None:
        """Forget everything."""
        self._chains.reset()
        self._has_news = self._leads = False

    def add(self, fix: PoseFix) -> None:
        """Hear of a pose. ObservationError if something in it is not finite, or its covariance is none."""
        self._has_news = self._chains.hear(fix) or self._has_news

    @property
    def num_agreeing(self) -> int:
        """Poses that make the one that is believed."""
        best = self._chains.best
        return 0 if best is None else best.num_poses

    def carry(self, stamp_ns: int, odometry: Pose2) -> tuple[PositionFix | HeadingFix, ...]:
        """Move to the odometry of a frame; what the belief over the map is to hear of it, if there is news."""
        self._chains.carry(stamp_ns, odometry)
        best = self._chains.best
        if best is None or not self._has_news:
            return ()
        position = PositionFix(stamp_ns, best.pose.as_array()[:2], best.covariance[:2, :2])
        return position, HeadingFix(stamp_ns, best.pose.yaw_rad, float(np.sqrt(best.covariance[2, 2])))

    def choose(self, modes: Sequence[Mode], keeper: PlaceKeeper, status: FixStatus) -> Choice:
        """What is told, of the place that scans follow and that which poses of others make.

        They are joined where they are one place, and doubts of the scans dispelled by poses that have come since the
        last frame: a map may lack the walls of a depot. Else the one is told for which more speaks.
        """
        place, verdict, chain = keeper.place(modes), keeper.verdict(modes), self._chains.best
        has_news, self._has_news = self._has_news, False
        leads, self._leads = self._leads, False
        if chain is None:
            return Choice(place, keeper.others(modes), verdict, True, "")
        remark = f"; {chain.num_poses} poses of others agree"
        if self._is_same(place, chain):
            if has_news:
                keeper.significance.dispel_doubt()
            return Choice(*_joined(place, keeper.others(modes), verdict, chain), True, remark)
        stands = status.would_stand(verdict, is_new=leads or not status.has_fix)
        if stands and (chain.unheard_m > _FRESH_M or not _is_surer(chain, verdict, leads)):
            return Choice(place, keeper.others(modes), verdict, True, f"{remark} on another place")
        self._leads = True
        alone = Verdict(1.0 - chain.chance, chain.chance, 0.0, worst_sigma_m(chain.covariance))
        others = tuple(mode for mode in modes if not self._is_same(mode, chain))
        return Choice(Mode(chain.pose, chain.covariance, alone.probability), others, alone, False, remark)

    def _is_same(self, place: Mode, chain: PoseChain) -> bool:
        offset = pose_offset(place.pose, chain.pose)
        is_near = np.hypot(*offset[:2]) < self._config.mode_radius_m and abs(offset[2]) < self._config.mode_turn_rad
        return bool(is_near) or squared_distance(offset, place.covariance + chain.covariance) < _SAME


def _is_surer(chain: PoseChain, verdict: Verdict, leads: bool) -> bool:
    ahead_nats = chain.nats + math.log(max(verdict.chance, np.finfo(float).tiny))
    return ahead_nats > (-_CLEARLY_NATS if leads else _CLEARLY_NATS)


def _joined(
    place: Mode, others: tuple[Mode, ...], verdict: Verdict, chain: PoseChain
) -> tuple[Mode, tuple[Mode, ...], Verdict]:
    """One pose of both, whose errors may be the same, as walls are aligned with the help of the poses.

    What they tell of the place adds up. Doubt of the scans only counts for what the poses have not said for it.
    """
    pose, covariance = intersection(place.pose, place.covariance, chain.pose, chain.covariance)
    probability = max(verdict.probability, 1.0 - chain.chance)
    doubt, sigma_m = max(0.0, verdict.doubt - chain.nats), worst_sigma_m(covariance)
    return Mode(pose, covariance, probability), others, Verdict(
        probability, verdict.chance * chain.chance, doubt, sigma_m
    )
