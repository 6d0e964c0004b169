"""A localized drive beside its true poses, frame by frame: what evaluations are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Bool, Float32, Float64, Int64, UInt8
from geoloc_ros.evaluation.consistency import POSE, POSITION, nees
from geoloc_ros.evaluation.metrics import Metrics, evaluate_poses, interpolate_poses
from geoloc_ros.evaluation.trace import Trace


@dataclass(frozen=True)
class JudgedDrive:
    """F frames of which the localizer said something and the truth is known."""

    name: str
    metrics: Metrics
    """Over all frames of the drive, those of which nothing was said included."""
    stamp_ns: Int64
    """(F,), ascending."""
    truth: Float64
    """(F, 3), x_m, y_m, yaw_rad in the map frame."""
    pose: Float64
    """(F, 3), what was said; NaN where nothing was, a fix only where `is_fix`."""
    covariance: Float64
    """(F, 3, 3), m^2, m rad, rad^2; NaN where nothing was said."""
    status: UInt8
    """(F,), LocalizationStatus."""
    is_fix: Bool
    """(F,), where the localizer stands behind its pose."""
    probability: Float32
    """(F,), belief around the pose."""
    chance: Float32
    """(F,), that a wrong place looks as good; NaN where nobody said."""

    def __len__(self) -> int:
        """F."""
        return len(self.stamp_ns)

    @cached_property
    def error_m(self) -> Float64:
        """(F,) of the position, fix or not; NaN where there is no pose."""
        return np.asarray(np.hypot(*(self.pose - self.truth)[:, :2].T))

    @cached_property
    def heading_error_deg(self) -> Float64:
        """(F,), not negative, fix or not."""
        return np.degrees(np.abs(wrap_angle(self.pose[:, 2] - self.truth[:, 2])))

    @cached_property
    def position_nees(self) -> Float64:
        """(F,), of x and y; NaN where there is no fix or no covariance."""
        error = (self.pose - self.truth)[:, :POSITION]
        return np.where(self.is_fix, nees(error, self.covariance[:, :POSITION, :POSITION]), np.nan)

    @cached_property
    def pose_nees(self) -> Float64:
        """(F,), of x, y and yaw; NaN where there is no fix or no covariance."""
        error = self.pose - self.truth
        error[:, 2] = wrap_angle(error[:, 2])
        return np.where(self.is_fix, nees(error[:, :POSE], self.covariance), np.nan)

    @cached_property
    def driven_m(self) -> Float64:
        """(F,) since the first frame."""
        return np.concatenate([[0.0], np.hypot(*np.diff(self.truth[:, :2], axis=0).T).cumsum()])


@dataclass(frozen=True)
class Condition:
    """Drives that belong together."""

    name: str
    drives: tuple[JudgedDrive, ...]
    """At least one."""


@dataclass(frozen=True)
class SkippedDrive:
    """A drive that says nothing, and why."""

    condition: str
    name: str
    reason: str


def judge_drive(
    name: str, trace: Trace, frame_stamp_ns: Int64, truth_stamp_ns: Int64, truth_pose: Float64
) -> JudgedDrive:
    """Lay what was said beside the truth.

    Args:
        name: Of the drive.
        trace: What the localizer said.
        frame_stamp_ns: (A,), ascending, of all frames there were.
        truth_stamp_ns: (T,), ascending. Interpolated linearly; frames outside of it do not count.
        truth_pose: (T, 3).

    Raises:
        DatasetError: If no frame has a true pose, or the trace is of another drive.
    """
    fixed = trace.is_fix
    metrics = evaluate_poses(frame_stamp_ns, trace.stamp_ns[fixed], trace.pose[fixed], truth_stamp_ns, truth_pose)
    known = (trace.stamp_ns >= truth_stamp_ns[0]) & (trace.stamp_ns <= truth_stamp_ns[-1])
    stamp_ns = trace.stamp_ns[known]
    return JudgedDrive(
        name, metrics, stamp_ns, interpolate_poses(truth_stamp_ns, truth_pose, stamp_ns), trace.pose[known],
        trace.covariance[known], trace.status[known], fixed[known], trace.probability[known], trace.chance[known],
    )


def joined(drives: Sequence[JudgedDrive], column: str) -> Float64:
    """Values of all frames of all drives, one drive after the other: a name of `JudgedDrive`'s columns of (F,)."""
    return np.concatenate([np.asarray(getattr(drive, column), np.float64) for drive in drives])


def drive_numbers(drives: Sequence[JudgedDrive]) -> Int64:
    """Which drive each of the frames of `joined` belongs to."""
    return np.repeat(np.arange(len(drives)), [len(drive) for drive in drives])
