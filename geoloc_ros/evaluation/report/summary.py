"""The figures of a drive at a glance."""

from __future__ import annotations

import numpy as np

from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M, Metrics
from geoloc_ros.evaluation.report.scene import Figure
from geoloc_ros.evaluation.trace import Trace


def drive_figures(trace: Trace, metrics: Metrics | None) -> tuple[Figure, ...]:
    """Figures of a trace; without metrics (no true poses) only those that need no truth."""
    duration_s = (trace.stamp_ns[-1] - trace.stamp_ns[0]) * 1e-9
    frames = Figure("frames localized", str(len(trace)), f"in {duration_s:.0f} s")
    if metrics is None:
        available = f"{trace.is_fix.mean():.1%}"
        return Figure("availability", available, "of the frames have a fix; no ground truth", True), frames
    limits, recall = " / ".join(metrics.recall), " / ".join(f"{ratio * 100:.1f}" for ratio in metrics.recall.values())
    since = f"at the end, and in 90 % of the frames since, within {FOUND_M:g} m"
    fixes = f"{metrics.fixes} of {metrics.frames} frames have a fix"
    return (
        Figure("found", "yes" if metrics.found else "no", since, True, metrics.found),
        Figure("time to first fix", _known(metrics.first_fix_s, ".1f", " s", "never"), _driven(metrics), True),
        Figure("median error", _known(metrics.ate_median_m, ".2f", " m"), "of the fixes, nothing aligned", True),
        Figure(f"within {limits} m", f"{recall} %", "of all frames; a frame without a fix is a miss", True),
        Figure("median heading error", _known(metrics.heading_median_deg, ".2f", "°"), "of the fixes", True),
        Figure("availability", f"{metrics.availability:.1%}", fixes, True),
        Figure("RMS error", _known(metrics.ate_rmse_m, ".2f", " m"), "of the fixes"),
        Figure(
            f"fixes over {FALSE_M:g} m wrong", f"{metrics.false_fix_ratio:.1%}", tile=True,
            good=metrics.false_fix_ratio == 0.0 if metrics.fixes else None,
        ),
        Figure("error at the end", _known(metrics.final_error_m, ".2f", " m")),
        Figure("driven", f"{metrics.driven_m:.0f} m"),
        frames,
    )


def _known(value: float, form: str, unit: str, otherwise: str = "none") -> str:
    return f"{value:{form}}{unit}" if np.isfinite(value) else otherwise


def _driven(metrics: Metrics) -> str:
    return f"after {metrics.first_fix_m:.0f} m" if np.isfinite(metrics.first_fix_m) else ""
