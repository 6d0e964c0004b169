"""The figures of a drive at a glance."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Bool, Float64, LocalizationStatus
from geoloc_ros.evaluation.report.scene import Figure
from geoloc_ros.evaluation.trace import Trace

RADII_M = (1, 3, 5, 10)
FOUND_WITHIN_M = 10.0


def is_fix(trace: Trace) -> Bool:
    """(F,), where the localizer stands behind its pose."""
    fixed: Bool = np.isin(trace.status, (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED))
    return fixed


def drive_figures(trace: Trace, truth: Float64) -> tuple[Figure, ...]:
    """Figures of the trace (F frames) against the true poses (F, 3), which may be NaN."""
    fixed = is_fix(trace)
    first = int(np.argmax(fixed)) if fixed.any() else None
    figures = [
        Figure("time to first fix", _seconds(trace, first), "from the first frame", tile=True, good=first is not None),
        Figure("availability", f"{fixed.mean():.0%}", "of the frames have a fix", tile=True),
        Figure("frames", str(len(trace)), f"in {(trace.stamp_ns[-1] - trace.stamp_ns[0]) * 1e-9:.0f} s"),
    ]
    judged = fixed & np.isfinite(truth[:, 0])
    if not judged.any():
        return (Figure("found", "no" if first is None else "unknown", "no fix with a true pose to judge it by", True,
                       False if first is None else None), *figures)
    error_m = np.hypot(*(trace.pose[judged, :2] - truth[judged, :2]).T)
    error_deg = np.degrees(np.abs(wrap_angle(trace.pose[judged, 2] - truth[judged, 2])))
    found = bool(fixed[-1] and error_m[-1] <= FOUND_WITHIN_M)
    recall = " / ".join(f"{np.mean(error_m <= radius):.0%}".removesuffix("%") for radius in RADII_M)
    return (
        Figure("found", "yes" if found else "no", f"within {FOUND_WITHIN_M:.0f} m at the end", tile=True, good=found),
        *figures,
        Figure("median position error", f"{np.median(error_m):.2f} m", "of the fixes", tile=True),
        Figure("95 % position error", f"{np.quantile(error_m, 0.95):.2f} m", "of the fixes"),
        Figure("within 1 / 3 / 5 / 10 m", f"{recall} %", "of the fixes", tile=True),
        Figure("median heading error", f"{np.median(error_deg):.2f}°", "of the fixes", tile=True),
    )


def _seconds(trace: Trace, frame: int | None) -> str:
    return "never" if frame is None else f"{(trace.stamp_ns[frame] - trace.stamp_ns[0]) * 1e-9:.1f} s"
