"""Poses that others measure, joined by odometry: one that is wrong stands alone, those that are right make a chain."""

from __future__ import annotations

import math

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import MotionConfig
from geoloc_ros.core.types import Float64, Pose2, PoseFix
from geoloc_ros.localization.belief.fixes import check_covariance
from geoloc_ros.localization.carrying import CarriedPose

# One pose in a hundred is of another place: what a finder of landmarks may get wrong of images of other scenes.
_NATS = math.log(100.0)
# One in ten of a right chain's neighbours may be wrong, be it by a lorry in front of the camera.
_AGAINST_NATS = math.log(10.0)
# More is not kept, so that no past is so good that the present cannot undo it.
_MOST_NATS = 20.0
# Images nearer than this show the same, so their errors are the same; who stands still sees others pass by, though.
_INDEPENDENT_M, _INDEPENDENT_S = 1.0, 5.0
# Poses agree within this of their own covariances (chi square of three degrees of freedom, one in a thousand), and
# always where they are so near that nobody would call them two places.
_AGREE, _SAME_PLACE = 16.3, np.diag([0.3**2, 0.3**2, np.radians(2.0) ** 2])
# Who knows no better where it is agrees with much that is wrong: another pose has to say which.
_SURE_M = 1.5
# Beyond the 95 % of the same, both claim to be better than they are.
_USUAL = 7.8
_MOST_CHAINS = 4
# Half a view apart, two poses that agree are more than one.
_CONFIRMED_NATS = 1.5 * _NATS
_WEIGHTS = np.linspace(0.0, 1.0, 21)


class PoseChain:
    """A pose that is carried by odometry from one pose of others to the next one that agrees with it."""

    pose: Pose2
    covariance: Float64
    """(3, 3) of x, y, yaw."""
    unheard_m: float
    """Driven since the last pose that agreed."""
    _carried: CarriedPose

    def __init__(self, fix: PoseFix, motion: MotionConfig) -> None:
        """Of one pose; a single one is no more than a hint."""
        self._motion = motion
        self.nats = _NATS
        """That speaks for the chain, 0 to `_MOST_NATS`."""
        self.num_poses = 1
        """That have agreed."""
        self._judged = fix
        self._go_on(fix, fix.pose, fix.covariance)

    @property
    def is_confirmed(self) -> bool:
        """Whether poses of more than one view agree: what a single one says is not believed."""
        return self.nats >= _CONFIRMED_NATS

    @property
    def chance(self) -> float:
        """Probability that poses agree as much at a wrong place."""
        return math.exp(-self.nats)

    def carry(self, stamp_ns: int, odometry: Pose2) -> None:
        """Move to the odometry of a stamp."""
        self.pose, self.covariance = self._carried.to(stamp_ns, odometry)
        self.unheard_m += self._carried.step_m

    def agrees_with(self, fix: PoseFix) -> bool:
        """Whether a pose, to whose odometry the chain has been carried, may be of the same place."""
        both = self.covariance + fix.covariance + _SAME_PLACE
        return squared_distance(pose_offset(self.pose, fix.pose), both) < _AGREE

    def take(self, fix: PoseFix) -> None:
        """Go on from a pose that agrees."""
        self.add(_NATS * min(1.0, _driven_m(self._judged, fix) / _INDEPENDENT_M))
        self.num_poses += 1
        self._judged = fix
        self._go_on(fix, *intersection(self.pose, self.covariance, fix.pose, fix.covariance))

    def doubt(self, fix: PoseFix) -> None:
        """Hear of a pose that does not agree."""
        judged, self._judged = self._judged, fix
        since_s = abs(fix.stamp_ns - judged.stamp_ns) * 1e-9
        self.nats -= _AGAINST_NATS * min(1.0, _driven_m(judged, fix) / _INDEPENDENT_M + since_s / _INDEPENDENT_S)

    def add(self, nats: float) -> None:
        """More speaks for it."""
        self.nats = min(_MOST_NATS, self.nats + nats)

    def _go_on(self, fix: PoseFix, pose: Pose2, covariance: Float64) -> None:
        self.pose, self.covariance, self.unheard_m = pose, covariance, 0.0
        self._carried = CarriedPose(pose, covariance, fix.stamp_ns, fix.odometry, self._motion)


class PoseChains:
    """The chains that the poses heard so far make; the best of them is believed."""

    def __init__(self, motion: MotionConfig) -> None:
        """Nobody has said anything yet."""
        self._motion = motion
        self._chains: list[PoseChain] = []

    def reset(self) -> None:
        """Forget everything."""
        self._chains.clear()

    @property
    def best(self) -> PoseChain | None:
        """For which most speaks; None where no poses of more than one view agree."""
        confirmed = [chain for chain in self._chains if chain.is_confirmed]
        return max(confirmed, key=lambda chain: chain.nats, default=None)

    def carry(self, stamp_ns: int, odometry: Pose2) -> None:
        """Move to the odometry of a stamp."""
        for chain in self._chains:
            chain.carry(stamp_ns, odometry)

    def hear(self, fix: PoseFix) -> bool:
        """Take in a pose; whether it is believed, as others agree with it.

        Its stamp may be older than what the chains were carried to last.

        Raises:
            ObservationError: If something in it is no number, or its covariance is none.
        """
        _check(fix)
        self.carry(fix.stamp_ns, fix.odometry)
        agreeing = [chain for chain in self._chains if chain.agrees_with(fix)]
        for chain in self._chains:
            if chain not in agreeing:
                chain.doubt(fix)
        sure = [chain for chain in agreeing if worst_sigma_m(chain.covariance) < _SURE_M]
        joined = max(sure, key=lambda chain: chain.nats, default=None)
        if joined is None:
            self._keep([*self._most_likely(_MOST_CHAINS - 1), PoseChain(fix, self._motion)])
        else:
            # The others were of the same place.
            joined.add(sum(chain.nats for chain in agreeing if chain is not joined))
            joined.take(fix)
            self._keep([chain for chain in self._chains if chain is joined or chain not in agreeing])
        return joined is not None and joined is self.best

    def _most_likely(self, count: int) -> list[PoseChain]:
        return sorted(self._chains, key=lambda chain: -chain.nats)[:count]

    def _keep(self, chains: list[PoseChain]) -> None:
        self._chains = [chain for chain in chains if chain.nats > 0.0]


def pose_offset(pose: Pose2, other: Pose2) -> Float64:
    """`[x_m, y_m, yaw_rad]` from a pose to another one."""
    turn_rad = float(wrap_angle(other.yaw_rad - pose.yaw_rad))
    return np.array([other.x_m - pose.x_m, other.y_m - pose.y_m, turn_rad])


def squared_distance(offset: Float64, covariance: Float64) -> float:
    """Of Mahalanobis."""
    return float(offset @ np.linalg.solve(covariance, offset))


def worst_sigma_m(covariance: Float64) -> float:
    """Standard deviation of a position, in its worst direction."""
    return float(np.sqrt(np.linalg.eigvalsh(covariance[:2, :2])[-1]))


def intersection(
    pose: Pose2, covariance: Float64, other: Pose2, other_covariance: Float64
) -> tuple[Pose2, Float64]:
    """One pose of two whose errors may be the same: poses in one scene, a pose and what was made with its help.

    Covariance intersection (Julier & Uhlmann, A non-divergent estimation algorithm in the presence of unknown
    correlations, 1997): informations are weighed, not added, so that the result is never surer than it may be. Where
    the two are farther apart than they claim, both are taken for worse.
    """
    offset = pose_offset(pose, other)
    growth = max(1.0, squared_distance(offset, covariance + other_covariance) / _USUAL)
    first, second = (np.linalg.inv(growth * each) for each in (covariance, other_covariance))
    information = _WEIGHTS[:, None, None] * first + (1.0 - _WEIGHTS)[:, None, None] * second
    best = int(np.argmax(np.linalg.slogdet(information)[1]))
    joint: Float64 = np.linalg.inv(information[best])
    moved = joint @ ((1.0 - _WEIGHTS[best]) * second @ offset)
    return Pose2(
        float(pose.x_m + moved[0]), float(pose.y_m + moved[1]), float(wrap_angle(pose.yaw_rad + moved[2]))
    ), joint


def _driven_m(before: PoseFix, after: PoseFix) -> float:
    return float(np.hypot(after.odometry.x_m - before.odometry.x_m, after.odometry.y_m - before.odometry.y_m))


def _check(fix: PoseFix) -> None:
    values = np.concatenate([fix.pose.as_array(), fix.odometry.as_array()])
    if not np.isfinite(values).all():
        raise ObservationError(f"pose of {fix.stamp_ns} ns or its odometry is not finite: {fix.pose}, {fix.odometry}")
    check_covariance(fix.covariance)
    if np.linalg.eigvalsh(fix.covariance)[0] <= 0.0:
        raise ObservationError(
            f"pose of {fix.stamp_ns} ns has a covariance with an eigenvalue of 0: nobody knows a pose exactly; give "
            "standard deviations of x, y and yaw"
        )
