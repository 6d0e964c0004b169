"""A localizer driven through a made-up drive in process, and everything that it said there beside the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import (
    Bool,
    Float32,
    Float64,
    Int64,
    LocalizationStatus,
    Observation,
    Pose2,
    PoseEstimate,
    PositionFix,
    SemanticScan,
    UInt8,
)
from geoloc_ros.evaluation.marked_arrays import load_marked, save_marked
from geoloc_ros.sim.scan_drives import ScanDrive

MAX_MODES = 8
"""So many are kept of a frame."""
RECEIVER_SIGMA_M = 5.0
"""What a receiver in a street says of itself."""


@dataclass(frozen=True)
class ScanRun:
    """F frames of one drive."""

    stamp_ns: Int64
    """(F,), ascending."""
    truth: Float64
    """(F, 3), x_m, y_m, yaw_rad of the base in the map frame."""
    pose: Float64
    """(F, 3), what the localizer said; a fix only where `is_fix`."""
    covariance: Float64
    """(F, 3, 3), m^2, m rad, rad^2."""
    status: UInt8
    """(F,), LocalizationStatus."""
    probability: Float32
    """(F,), belief around the pose."""
    chance: Float64
    """(F,), that a wrong place looks as good."""
    modes: Float32
    """(F, MAX_MODES, 4), x_m, y_m, yaw_rad, probability; NaN where there are fewer."""
    cpu_ms: Float32
    """(F,), processor time of the frame in the localizer."""
    wall_ms: Float32
    """(F,), the same by the clock."""

    def __len__(self) -> int:
        """F."""
        return len(self.stamp_ns)

    @cached_property
    def is_fix(self) -> Bool:
        """(F,), where the localizer stands behind its pose."""
        fixed: Bool = np.isin(self.status, (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED))
        return fixed

    @cached_property
    def error_m(self) -> Float64:
        """(F,) of the position, fix or not."""
        return np.asarray(np.hypot(*(self.pose - self.truth)[:, :2].T))

    @cached_property
    def heading_error_rad(self) -> Float64:
        """(F,), not negative, fix or not."""
        return np.abs(wrap_angle(self.pose[:, 2] - self.truth[:, 2]))

    @cached_property
    def driven_m(self) -> Float64:
        """(F,) since the first frame. A teleport counts as one step."""
        return np.concatenate([[0.0], np.hypot(*np.diff(self.truth[:, :2], axis=0).T).cumsum()])

    @cached_property
    def time_s(self) -> Float64:
        """(F,) since the first frame."""
        return np.asarray((self.stamp_ns - self.stamp_ns[0]) * 1e-9)

    def save(self, path: Path, mark: str) -> None:
        """Write an .npz that `load` takes with the same mark."""
        save_marked(path, mark, {field.name: getattr(self, field.name) for field in fields(self)})

    @staticmethod
    def load(path: Path, mark: str) -> ScanRun:
        """Read what `save` wrote.

        Raises:
            DatasetError: If there is no such file, or it was made from something else.
        """
        return ScanRun(**load_marked(path, mark, [field.name for field in fields(ScanRun)]))


class DrivenLocalizer(Protocol):
    """What is driven; `localization.localizer.Localizer` is one."""

    def reset(self) -> None:
        """Forget everything."""

    def add_position(self, fix: PositionFix) -> None:
        """Take in a position."""

    def update(self, observation: Observation) -> PoseEstimate:
        """Take in a frame."""


def run_scan_drive(
    localizer: DrivenLocalizer, encoder: Encoder, drive: ScanDrive, positions: Sequence[PositionFix] = ()
) -> ScanRun:
    """Let a localizer, started anew, take in all frames of a drive.

    Args:
        positions: What a receiver says meanwhile, ascending; each is given before the first frame that is not older.

    Raises:
        ObservationError: If a frame cannot be used.
    """
    localizer.reset()
    query = encoder.encode_query(drive.scan)
    waiting = list(positions)
    said: list[PoseEstimate] = []
    cpu_s, wall_s = np.empty(len(drive)), np.empty(len(drive))
    for row, stamp_ns in enumerate(drive.stamp_ns.tolist()):
        observation = Observation(stamp_ns, _scan_at(drive.scan, row), query[row], Pose2(*drive.odometry[row].tolist()))
        cpu_s[row], wall_s[row] = time.process_time(), time.perf_counter()
        while waiting and waiting[0].stamp_ns <= stamp_ns:
            localizer.add_position(waiting.pop(0))
        said.append(localizer.update(observation))
        cpu_s[row], wall_s[row] = time.process_time() - cpu_s[row], time.perf_counter() - wall_s[row]
    return ScanRun(
        drive.stamp_ns, drive.truth,
        np.array([estimate.pose.as_array() for estimate in said]),
        np.array([estimate.covariance for estimate in said]),
        np.array([estimate.status for estimate in said], np.uint8),
        np.array([estimate.probability for estimate in said], np.float32),
        np.array([estimate.chance for estimate in said]),
        np.array([_modes(estimate) for estimate in said], np.float32),
        (1e3 * cpu_s).astype(np.float32), (1e3 * wall_s).astype(np.float32),
    )  # fmt: skip


def receiver_fixes(drive: ScanDrive, offset_m: Float64 | None = None) -> list[PositionFix]:
    """The satellite positions of a drive, with the covariance that a receiver would claim.

    Args:
        offset_m: (2,) or (G, 2), by how much they are wrong on top, which the receiver does not know.
    """
    position_m = drive.fix_m if offset_m is None else drive.fix_m + offset_m
    covariance_m2 = np.eye(2) * RECEIVER_SIGMA_M**2
    return [
        PositionFix(stamp_ns, position, covariance_m2)
        for stamp_ns, position in zip(drive.fix_stamp_ns.tolist(), position_m, strict=True)
    ]


def _scan_at(scan: SemanticScan, row: int) -> SemanticScan:
    return SemanticScan(scan.range_m[row], scan.instance[row], scan.observed[row])


def _modes(estimate: PoseEstimate) -> Float32:
    rows = np.full((MAX_MODES, 4), np.nan, np.float32)
    for row, mode in zip(rows, estimate.modes, strict=False):
        row[:] = [*mode.pose.as_array(), mode.probability]
    return rows
