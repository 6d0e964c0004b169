"""The values that cross module boundaries. All are frozen; arrays inside are not to be written to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Float16 = NDArray[np.float16]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Pose2:
    """Pose on the ground plane; in the map frame x is east, y north, yaw counter-clockwise from east."""

    x_m: float
    y_m: float
    yaw_rad: float

    def as_array(self) -> Float64:
        """`[x_m, y_m, yaw_rad]`."""
        return np.array([self.x_m, self.y_m, self.yaw_rad])


@dataclass(frozen=True)
class Pose3:
    """Rigid transform `target_from_source`, the name of the variable saying which."""

    rotation: Float64
    """(3, 3)."""
    translation_m: Float64
    """(3,)."""

    def apply(self, points_m: Float64) -> Float64:
        """Points (..., 3) of the source frame in the target frame."""
        return points_m @ self.rotation.T + self.translation_m

    def __matmul__(self, other: Pose3) -> Pose3:
        """`a_from_b @ b_from_c` is `a_from_c`."""
        return Pose3(self.rotation @ other.rotation, self.rotation @ other.translation_m + self.translation_m)

    def inverse(self) -> Pose3:
        """`source_from_target`."""
        return Pose3(self.rotation.T, -self.rotation.T @ self.translation_m)


@dataclass(frozen=True)
class SemanticScan:
    """One turn of rays on the ground plane, or a batch of them; predicted by `maps`, observed by `scan`.

    Ray k of B looks at `yaw + 2 pi k / B`, counter-clockwise, yaw being that of the pose the scan belongs to.
    """

    range_m: Float32
    """(..., B); NaN where no building was hit within the maximum range."""
    instance: Int32
    """(..., B); which building, -1 where none. Comparable within one scan only, except for scans of a map."""
    observed: Bool
    """(..., B); False where nothing can be said (occluded, out of view, no depth). A map sees everything."""

    @property
    def num_rays(self) -> int:
        """B."""
        return int(self.range_m.shape[-1])


@dataclass(frozen=True)
class OdometryPose:
    """Where odometry believes the base to be; smooth, drifting, in its own frame."""

    stamp_ns: int
    pose: Pose2


@dataclass(frozen=True)
class Observation:
    """One frame for a localizer: what was seen, and where odometry believed the base to be at that moment."""

    stamp_ns: int
    scan: SemanticScan
    """(B,), in the frame of the base."""
    query: Float32
    """(D,), the scan as the encoder of the index asks it (`core.interfaces.Encoder.encode_query`)."""
    odometry: Pose2
    """Of the base at that stamp, in odometry's own frame."""


@dataclass(frozen=True)
class PositionFix:
    """A position that somebody else measured, as a satellite receiver does; it may be wrong."""

    stamp_ns: int
    position_m: Float64
    """(2,), map frame."""
    covariance_m2: Float64
    """(2, 2)."""


@dataclass(frozen=True)
class HeadingFix:
    """A heading that somebody else measured, as a compass does; it may be wrong."""

    stamp_ns: int
    yaw_rad: float
    """Of the base in the map frame: 0 is east, not north."""
    sigma_rad: float


@dataclass(frozen=True)
class PoseFix:
    """A pose that somebody else measured, as landmarks of a scene allow; now and then one is wrong altogether."""

    stamp_ns: int
    pose: Pose2
    """Of the base, map frame."""
    covariance: Float64
    """(3, 3) of x, y, yaw: m^2, m rad, rad^2."""
    odometry: Pose2
    """Of the base at that stamp, in odometry's own frame."""


@dataclass(frozen=True)
class PlaceEvidence:
    """Where somebody else believes the vehicle to be, as recognition of photos does; all of it may be wrong."""

    stamp_ns: int
    position_m: Float64
    """(N, 2), map frame."""
    yaw_rad: Float64
    """(N,), of the base; NaN where nobody says."""
    log_ratio: Float64
    """(N,), of "seen from here" and "seen from anywhere"."""
    sigma_m: float
    """Standard deviation of a position that is right, east and north."""


@dataclass(frozen=True)
class Hypothesis:
    """A viewpoint of the index where the vehicle may be."""

    viewpoint: int
    pose: Pose2
    distance: float
    """Dissimilarity to the frame, in the encoder's own measure (`core.interfaces.Encoder`); lower is more alike."""
    probability: float
    """Of the tracker at this viewpoint; 0 where it has none."""


class LocalizationStatus(IntEnum):
    """How much of its pose a localizer stands behind; 0 to 3 are Autoware's numbers."""

    UNKNOWN = 0
    UNINITIALIZED = 1
    INITIALIZING = 2
    INITIALIZED = 3
    LOST = 4
    DEGRADED = 5


@dataclass(frozen=True)
class Mode:
    """One of the places where the vehicle may be, with the belief around it."""

    pose: Pose2
    """Mean."""
    covariance: Float64
    """(3, 3) of x, y, yaw: m^2, m rad, rad^2; never singular."""
    probability: float


@dataclass(frozen=True)
class PoseEstimate:
    """What a localizer says after a frame. The pose is only a fix where `status` is INITIALIZED or DEGRADED."""

    stamp_ns: int
    pose: Pose2
    covariance: Float64
    """(3, 3) of x, y, yaw: m^2, m rad, rad^2."""
    status: LocalizationStatus
    probability: float
    """Belief around the pose, 0 to 1."""
    reason: str
    """One line for people."""
    hypotheses: tuple[Hypothesis, ...]
    """The places most alike in this frame alone, best first."""
    modes: tuple[Mode, ...]
    """Of the belief, most probable first; the first one is what `pose` was made from."""
    chance: float
    """Probability that a wrong place looks as good as this one does; 1 where nothing speaks for it."""
