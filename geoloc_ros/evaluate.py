"""`geoloc evaluate`: a trajectory against the truth that its bag recorded."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M, Metrics, evaluate_poses
from geoloc_ros.evaluation.tum import read_tum


@dataclass(frozen=True)
class Evaluation:
    """The figures of a trajectory and where they were written."""

    metrics: Metrics
    output: Path

    def as_text(self) -> str:
        """A table."""
        m = self.metrics
        rows = [
            ("found", f"{'yes' if m.found else 'no'} (error at the end {m.final_error_m:.2f} m, limit {FOUND_M:g} m)"),
            ("ATE", f"rmse {m.ate_rmse_m:.2f} m, median {m.ate_median_m:.2f} m (over fixes, nothing aligned)"),
            ("recall", ", ".join(f"{ratio:.1%} within {limit} m" for limit, ratio in m.recall.items())),
            ("heading", f"median {m.heading_median_deg:.2f} deg"),
            ("first fix", f"after {m.first_fix_s:.1f} s, {m.first_fix_m:.0f} m"),
            ("availability", f"{m.availability:.1%} ({m.fixes} of {m.frames} frames, {m.driven_m:.0f} m driven)"),
            (f"fixes > {FALSE_M:g} m wrong", f"{m.false_fix_ratio:.2%}"),
        ]
        table = "\n".join(f"{name:20}{value}" for name, value in rows)
        return f"{table}\nFrames without a fix count as misses in recall.\n{self.output}"


def evaluate_trajectory(trajectory: Path, bag: Path, output: Path) -> Evaluation:
    """Compare a TUM file with the ground truth in a bag and write the figures as JSON.

    Raises:
        DatasetError: If the bag has no ground truth, or the trajectory is not of this bag.
    """
    reader = BagReader(bag)
    stamp_ns, pose = read_tum(trajectory)
    truth_stamp_ns, truth_pose = reader.ground_truth()
    metrics = evaluate_poses(reader.frame_stamps_ns(), stamp_ns, pose, truth_stamp_ns, truth_pose)
    with write_beside(output) as partial:
        partial.write_text(json.dumps(_finite(asdict(metrics)), indent=1, sort_keys=True) + "\n")
    return Evaluation(metrics, output)


def _finite(values: dict[str, object]) -> dict[str, object]:
    """JSON knows no NaN or infinity: null stands for "there is none"."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
