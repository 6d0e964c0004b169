"""Scans of one drive as nodes on the path of odometry, with the positions that others measured between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.geometry import relative_motion, wrap_angle
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64, Pose2, PositionFix
from geoloc_ros.localization.alignment.window import WindowFrame

# Multipath between houses changes over a minute.
_FIX_MEMORY_S = 60.0
# An antenna is not the base, however exact the receiver says it is.
_LEAST_VARIANCE_M2 = 1.0


@dataclass(frozen=True)
class JoinedScans:
    """N nodes, oldest first: K of them have a scan of B rays, and the last one is the newest scan."""

    motion: Float64
    """(N, 4): x_m, y_m, yaw_rad of odometry seen from the last node, and seconds of driving after it."""
    log_range: Float32
    """(N, B), of metres; NaN where nothing was hit."""
    instance: Int32
    """(N, B)."""
    observed: Bool
    """(N, B)."""
    scan_node: Int32
    """(K,)."""
    fix_node: Int32
    """(F,), nodes with a position."""
    fix_m: Float64
    """(F, 2)."""
    fix_information: Float64
    """(F, 3), xx, xy, yy of what each adds: of the inverse covariance in part, as errors last; 1/m^2."""

    def newest(self, length_m: float) -> JoinedScans:
        """The nodes of the last metres."""
        driven_m = np.append(0.0, np.cumsum(np.hypot(*np.diff(self.motion[:, :2], axis=0).T)))
        first = int(np.searchsorted(driven_m, driven_m[-1] - length_m))
        scan, fix = self.scan_node >= first, self.fix_node >= first
        return JoinedScans(
            self.motion[first:], self.log_range[first:], self.instance[first:], self.observed[first:],
            self.scan_node[scan] - first, self.fix_node[fix] - first, self.fix_m[fix], self.fix_information[fix],
        )  # fmt: skip

    def thinned(self, every_scan: int, every_ray: int) -> JoinedScans:
        """Some rays of some scans, the newest among them; no fixes. All rays where a turn is not so many steps."""
        every_ray = every_ray if self.log_range.shape[1] % every_ray == 0 else 1
        nodes = self.scan_node[::-1][::every_scan][::-1]
        nothing = replace(self, scan_node=np.arange(len(nodes), dtype=np.int32), fix_node=self.fix_node[:0])
        return replace(
            nothing, motion=self.motion[nodes],
            log_range=np.ascontiguousarray(self.log_range[nodes, ::every_ray]),
            instance=np.ascontiguousarray(self.instance[nodes, ::every_ray]),
            observed=np.ascontiguousarray(self.observed[nodes, ::every_ray]),
        )  # fmt: skip


def join_scans(frames: Sequence[WindowFrame]) -> JoinedScans:
    """Nodes of frames, oldest first."""
    range_m = np.array([frame.observation.scan.range_m for frame in frames])
    instance = np.array([frame.observation.scan.instance for frame in frames], np.int32)
    observed = np.array([frame.observation.scan.observed for frame in frames])
    nothing: tuple[Int32, Float64, Float64] = (np.zeros(0, np.int32), np.zeros((0, 2)), np.zeros((0, 3)))
    with np.errstate(divide="ignore", invalid="ignore"):
        is_hit = observed & (range_m > 0.0) & (range_m < np.inf)
        log_range = np.where(is_hit, np.log(range_m), np.float32(np.nan)).astype(np.float32)
    return JoinedScans(
        _motion(frames[-1], [(frame.path, frame.moving_s) for frame in frames]), log_range, instance, observed,
        np.arange(len(frames), dtype=np.int32), *nothing,
    )


def join_fixes(joined: JoinedScans, frames: Sequence[WindowFrame], fixes: Sequence[PositionFix]) -> JoinedScans:
    """The same with a node more for each position between the first stamp and the last."""
    stamps_ns = np.array([frame.observation.stamp_ns for frame in frames])
    fixes = sorted(
        (fix for fix in fixes if stamps_ns[0] <= fix.stamp_ns <= stamps_ns[-1]), key=lambda fix: fix.stamp_ns
    )
    if not fixes:
        return joined
    fix_ns = np.array([fix.stamp_ns for fix in fixes])
    motion = _motion(frames[-1], [_path_at(frames, stamps_ns, int(stamp_ns)) for stamp_ns in fix_ns])
    # Stable, and the fixes first: a position at the stamp of the newest scan is a node before it.
    order = np.argsort(np.concatenate([fix_ns, stamps_ns]), kind="stable")
    place = np.argsort(order, kind="stable").astype(np.int32)
    blank = (len(fixes), joined.log_range.shape[1])
    covariance_m2 = np.array([fix.covariance_m2 for fix in fixes]) + _LEAST_VARIANCE_M2 * np.eye(2)
    # A fix soon after another one repeats its error.
    since_s = np.diff(fix_ns, prepend=fix_ns[0] - _FIX_MEMORY_S * 1e9) / 1e9
    news = (since_s / _FIX_MEMORY_S).clip(1e-6, 1.0)
    inverse = np.linalg.inv(covariance_m2) * news[:, None, None]
    return replace(
        joined,
        motion=np.concatenate([motion, joined.motion])[order],
        log_range=np.concatenate([np.full(blank, np.nan, np.float32), joined.log_range])[order],
        instance=np.concatenate([np.full(blank, -1, np.int32), joined.instance])[order],
        observed=np.concatenate([np.zeros(blank, bool), joined.observed])[order],
        scan_node=place[len(fixes) :], fix_node=place[: len(fixes)],
        fix_m=np.array([fix.position_m for fix in fixes], np.float64),
        fix_information=np.ascontiguousarray(inverse[:, [0, 0, 1], [0, 1, 1]]),
    )


def _motion(newest: WindowFrame, path: Sequence[tuple[Pose2, float]]) -> Float64:
    relative = np.array([relative_motion(newest.path, pose).as_array() for pose, _ in path])
    return np.column_stack([relative, [moving_s - newest.moving_s for _, moving_s in path]])


def _path_at(frames: Sequence[WindowFrame], stamps_ns: Int64, stamp_ns: int) -> tuple[Pose2, float]:
    """Pose and driving time, interpolated between the two frames around a stamp."""
    after = int(np.searchsorted(stamps_ns, stamp_ns))
    before = max(after - 1, 0)
    span_ns = int(stamps_ns[after] - stamps_ns[before])
    ratio = (stamp_ns - int(stamps_ns[before])) / span_ns if span_ns > 0 else 0.0
    first, last = (np.append(frame.path.as_array(), frame.moving_s) for frame in (frames[before], frames[after]))
    difference = last - first
    difference[2] = wrap_angle(difference[2])
    x_m, y_m, yaw_rad, moving_s = map(float, first + ratio * difference)
    return Pose2(x_m, y_m, yaw_rad), moving_s
