"""Judges what live nodes say while they say it: topics overtake each other, and the truth may come last."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.types import Float64, LocalizationStatus, OdometryPose, Pose2
from geoloc_ros.evaluation.judged import JudgedDrive, judge_drive
from geoloc_ros.evaluation.trace import Trace

# How late what belongs to a frame may come, s.
_PATIENCE_S = 60.0


@dataclass
class _Frame:
    """What came of one stamp so far."""

    pose: Float64 = field(default_factory=lambda: np.full(3, np.nan))
    covariance: Float64 = field(default_factory=lambda: np.full((3, 3), np.nan))
    status: int | None = None
    probability: float = 0.0
    chance: float = float("nan")


class LiveJudge:
    """One drive. A frame is what the localizer gave a state for; what it dropped, nobody here knows of."""

    def __init__(self) -> None:
        self._frames: dict[int, _Frame] = {}
        self._truth = OdometryBuffer(_PATIENCE_S)
        self._truth_at: dict[int, Pose2] = {}
        self._unjudged: list[int] = []
        self._newest_state_ns = 0

    def hear_truth(self, stamp_ns: int, pose: Pose2) -> None:
        """Where the vehicle really is.

        Raises:
            ObservationError: If the stamp is not newer than the last one.
        """
        self._truth.append(OdometryPose(stamp_ns, pose))

    def hear_pose(self, stamp_ns: int, pose: Pose2, covariance: Float64) -> None:
        """A fix with its covariance (3, 3)."""
        frame = self._frames.setdefault(stamp_ns, _Frame())
        frame.pose, frame.covariance = pose.as_array(), covariance

    def hear_state(self, stamp_ns: int, status: LocalizationStatus, probability: float, chance: float) -> None:
        """What the localizer makes of a frame; what it says before it has one is left out."""
        if status <= LocalizationStatus.UNINITIALIZED:
            return
        frame = self._frames.setdefault(stamp_ns, _Frame())
        if frame.status is None:
            self._unjudged.append(stamp_ns)
        frame.status, frame.probability, frame.chance = int(status), probability, chance
        self._newest_state_ns = max(self._newest_state_ns, stamp_ns)

    def newly_judged(self) -> JudgedDrive | None:
        """Frames that nothing more is awaited for, each once: a later state has come, and the truth reached it."""
        ready = sorted(
            stamp for stamp in self._unjudged if stamp < self._newest_state_ns and self._truth.reaches(stamp)
        )
        for stamp_ns in ready:
            self._unjudged.remove(stamp_ns)
            truth = self._truth_of(stamp_ns)
            if truth is None:
                del self._frames[stamp_ns]
            else:
                self._truth_at[stamp_ns] = truth
        known = {stamp: self._truth_at[stamp] for stamp in ready if stamp in self._truth_at}
        return self._as_drive("", known) if known else None

    def drive(self, name: str) -> JudgedDrive | None:
        """Everything that the truth is known of by now; nothing without any true pose."""
        waiting = {stamp: self._truth_of(stamp) for stamp in sorted(self._unjudged) if self._truth.reaches(stamp)}
        known = self._truth_at | {stamp: truth for stamp, truth in waiting.items() if truth is not None}
        return self._as_drive(name, known) if known else None

    def _truth_of(self, stamp_ns: int) -> Pose2 | None:
        try:
            return self._truth.at(stamp_ns)
        except ObservationError:  # the frame is older than all truth
            return None

    def _as_drive(self, name: str, truth_at: dict[int, Pose2]) -> JudgedDrive:
        stamps = sorted(truth_at)
        frames = [self._frames[stamp] for stamp in stamps]
        stamp_ns = np.array(stamps, np.int64)
        trace = Trace(
            stamp_ns, np.array([frame.pose for frame in frames]), np.array([frame.covariance for frame in frames]),
            np.array([frame.status for frame in frames], np.uint8),
            np.array([frame.probability for frame in frames], np.float32),
            np.array([frame.chance for frame in frames], np.float32),
            np.zeros(len(frames) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32),
        )  # fmt: skip
        truth = np.array([truth_at[stamp].as_array() for stamp in stamps])
        return judge_drive(name, trace, stamp_ns, stamp_ns, truth)
