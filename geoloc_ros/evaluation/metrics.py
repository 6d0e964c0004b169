"""How good a trajectory is, by the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float64, Int64

RECALL_M = (1.0, 3.0, 5.0, 10.0)
FOUND_M = 10.0
FALSE_M = 25.0
_STAY_RATIO = 0.9
_SAME_STAMP_NS = 1_000_000


@dataclass(frozen=True)
class Metrics:
    """Figures of one drive. A frame without a fix counts as a miss in all ratios over frames."""

    frames: int
    """With a true pose."""
    fixes: int
    """Frames with a published pose."""
    availability: float
    """Share of the frames with a fix."""
    ate_rmse_m: float
    """Over fixes, in the map frame: nothing is aligned. NaN without a fix, as all errors are."""
    ate_median_m: float
    recall: dict[str, float]
    """Share of all frames with a fix within so many metres."""
    heading_median_deg: float
    first_fix_s: float
    """From the first frame to the first fix; infinite without one."""
    first_fix_m: float
    """Driven until then."""
    false_fix_ratio: float
    """Share of the fixes that are more than 25 m wrong."""
    found: bool
    """The last frame is a fix within 10 m, and so are 90 % of those since the first fix within 10 m."""
    final_error_m: float
    """At the last frame; infinite without a fix there."""
    driven_m: float


def evaluate_poses(
    frame_stamp_ns: Int64, fix_stamp_ns: Int64, fix_pose: Float64, truth_stamp_ns: Int64, truth_pose: Float64
) -> Metrics:
    """Compare fixes with the truth at the stamps of all frames.

    Args:
        frame_stamp_ns: (F,), ascending.
        fix_stamp_ns: (N,), each of a frame to within a millisecond (a .tum file may have been rounded).
        fix_pose: (N, 3), x_m, y_m, yaw_rad in the map frame.
        truth_stamp_ns: (T,), ascending. Interpolated linearly; frames outside of it do not count.
        truth_pose: (T, 3).

    Raises:
        DatasetError: If no frame has a true pose, or a fix belongs to no frame.
    """
    frame_stamp_ns = frame_stamp_ns[
        (frame_stamp_ns >= truth_stamp_ns[0]) & (frame_stamp_ns <= truth_stamp_ns[-1])
    ] if len(truth_stamp_ns) else frame_stamp_ns[:0]
    if len(frame_stamp_ns) == 0:
        raise DatasetError("no frame has a true pose at its stamp; is the ground truth of this drive?")
    truth = interpolate_poses(truth_stamp_ns, truth_pose, frame_stamp_ns)
    frame, kept = _frames_of(frame_stamp_ns, fix_stamp_ns)
    error_m = np.full(len(frame_stamp_ns), np.inf)
    error_m[frame] = np.hypot(*(fix_pose[kept, :2] - truth[frame, :2]).T)
    heading_rad = np.abs(wrap_angle(fix_pose[kept, 2] - truth[frame, 2]))
    driven_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(truth[:, :2], axis=0).T))])
    has_fix = np.isfinite(error_m)
    fixed_m = error_m[has_fix]
    first = int(np.argmax(has_fix)) if has_fix.any() else -1
    return Metrics(
        frames=len(error_m),
        fixes=int(has_fix.sum()),
        availability=float(has_fix.mean()),
        ate_rmse_m=float(np.sqrt(np.mean(fixed_m**2))) if has_fix.any() else float("nan"),
        ate_median_m=float(np.median(fixed_m)) if has_fix.any() else float("nan"),
        recall={f"{limit_m:g}": float(np.mean(error_m <= limit_m)) for limit_m in RECALL_M},
        heading_median_deg=float(np.degrees(np.median(heading_rad))) if has_fix.any() else float("nan"),
        first_fix_s=float(frame_stamp_ns[first] - frame_stamp_ns[0]) * 1e-9 if first >= 0 else float("inf"),
        first_fix_m=float(driven_m[first]) if first >= 0 else float("inf"),
        false_fix_ratio=float(np.mean(fixed_m > FALSE_M)) if has_fix.any() else 0.0,
        found=_is_found(error_m),
        final_error_m=float(error_m[-1]),
        driven_m=float(driven_m[-1]),
    )


def interpolate_poses(stamp_ns: Int64, pose: Float64, at_ns: Int64) -> Float64:
    """Poses (K, 3) at stamps (K,) between known ones, yaw the short way round."""
    # From the first stamp on, or float64 would round nanoseconds since 1970.
    known, wanted = (stamp_ns - stamp_ns[0]).astype(np.float64), (at_ns - stamp_ns[0]).astype(np.float64)
    columns = [pose[:, 0], pose[:, 1], np.unwrap(pose[:, 2])]
    interpolated = np.column_stack([np.interp(wanted, known, column) for column in columns])
    interpolated[:, 2] = wrap_angle(interpolated[:, 2])
    return interpolated


def _frames_of(frame_stamp_ns: Int64, fix_stamp_ns: Int64) -> tuple[Int64, Int64]:
    """Frame of each fix that lies within the frames, and which fixes those are."""
    margin = _SAME_STAMP_NS
    kept = np.flatnonzero(
        (fix_stamp_ns >= frame_stamp_ns[0] - margin) & (fix_stamp_ns <= frame_stamp_ns[-1] + margin)
    )
    stamps_ns = fix_stamp_ns[kept]
    after = np.searchsorted(frame_stamp_ns, stamps_ns).clip(1, max(1, len(frame_stamp_ns) - 1))
    if len(frame_stamp_ns) == 1:
        frame = np.zeros(len(kept), np.int64)
    else:
        nearer_before = stamps_ns - frame_stamp_ns[after - 1] <= frame_stamp_ns[after] - stamps_ns
        frame = np.where(nearer_before, after - 1, after)
    strange = np.abs(frame_stamp_ns[frame] - stamps_ns) > margin
    if strange.any():
        raise DatasetError(
            f"{int(strange.sum())} of {len(stamps_ns)} poses have the stamp of no frame (the first: "
            f"{stamps_ns[strange][0] * 1e-9:.6f} s); is the trajectory of this bag?"
        )
    return frame.astype(np.int64), kept


def _is_found(error_m: Float64) -> bool:
    near = error_m <= FOUND_M
    return bool(near[-1]) and float(np.mean(near[np.argmax(near) :])) >= _STAY_RATIO
