"""What is driven in a soak: legs through one city, with things that go wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoloc_ros.core.geometry import compose, inverse
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import Float32, Float64, Int64, Pose2, SemanticScan
from geoloc_ros.sim.scan_drives import SPEED_MPS, ScanDrive, ScanDriveSimulator

Mishap = Literal[
    "parameters", "camera pauses", "localizer killed", "played again", "map server killed", "bag paused",
    "deactivated", "teleport",
]
MISHAPS: tuple[Mishap, ...] = (
    "parameters", "camera pauses", "localizer killed", "map server killed", "bag paused", "deactivated",
)
"""In the middle of a leg, one after the other; between legs the bag is played again or the vehicle carried away."""
FORGETTING: frozenset[Mishap] = frozenset({"localizer killed", "played again", "deactivated", "teleport"})
"""After these nobody can know where the vehicle is."""

ODOMETRY_HZ = 50.0
SCAN_HZ = 5.0
_START_NS = 1_700_000_000_000_000_000
_LEG_GAP_NS = 1_000_000_000


@dataclass(frozen=True)
class Leg:
    """F frames of a drive with everything that is published about it."""

    number: int
    begins_with: Mishap
    mishap: Mishap
    """In its middle."""
    stamp_ns: Int64
    """(F,)."""
    truth: Float64
    """(F, 3)."""
    odometry: Float64
    """(F, 3), yaw unwrapped, so that it can be interpolated."""
    scan: SemanticScan
    """(F, B)."""
    query: Float32
    """(F, D)."""
    fix_stamp_ns: Int64
    """(G,)."""
    fix_m: Float64
    """(G, 2), satellite positions in the map frame."""

    @property
    def duration_s(self) -> float:
        """By its stamps."""
        return float(self.stamp_ns[-1] - self.stamp_ns[0]) * 1e-9

    def odometry_at(self, stamp_ns: int) -> Pose2:
        """Between frames as straight as between two messages of a wheel."""
        at = (stamp_ns - self.stamp_ns[0]) * 1e-9
        seconds = (self.stamp_ns - self.stamp_ns[0]) * 1e-9
        return Pose2(*(float(np.interp(at, seconds, self.odometry[:, axis])) for axis in range(3)))


def legs(simulator: ScanDriveSimulator, encoder: Encoder, leg_s: float, num_legs: int) -> Iterator[Leg]:
    """Legs of `leg_s` of simulated time each, made when they are wanted."""
    stamp_ns, odometry = _START_NS, Pose2(0.0, 0.0, 0.0)
    for number in range(num_legs):
        drive = _of_length(simulator, number, leg_s)
        # Every other leg time starts again, as when a bag is played twice.
        begins_with: Mishap = "played again" if number % 2 == 0 else "teleport"
        if begins_with == "played again":
            stamp_ns = _START_NS
        stamps_ns = drive.stamp_ns - drive.stamp_ns[0] + stamp_ns
        poses = _moved(drive.odometry, odometry)
        leg = Leg(
            number, begins_with, MISHAPS[number % len(MISHAPS)], stamps_ns, drive.truth, poses, drive.scan,
            encoder.encode_query(drive.scan), drive.fix_stamp_ns - drive.stamp_ns[0] + stamp_ns, drive.fix_m,
        )
        yield leg
        stamp_ns, odometry = int(stamps_ns[-1]) + _LEG_GAP_NS, Pose2(*map(float, poses[-1]))


def _of_length(simulator: ScanDriveSimulator, number: int, duration_s: float) -> ScanDrive:
    # A little more than can be driven in the time, and the rest is cut off.
    drive = simulator.drive(number, length_m=duration_s * SPEED_MPS * 1.1, rate_hz=SCAN_HZ)
    return drive.part(slice(0, int(duration_s * SCAN_HZ) + 1))


def _moved(odometry: Float64, start: Pose2) -> Float64:
    """The same motion from another start, yaw unwrapped."""
    joint = compose(start, inverse(Pose2(*odometry[0])))
    poses = np.array([compose(joint, Pose2(*pose)).as_array() for pose in odometry])
    poses[:, 2] = np.unwrap(poses[:, 2])
    return poses
