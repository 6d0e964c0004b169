"""Made-up drives of known errors, for what is made from evaluations."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.evaluation_files import Evaluation
from geoloc_ros.evaluation.judged import Condition, JudgedDrive, SkippedDrive, judge_drive
from geoloc_ros.evaluation.trace import Trace

FRAMES = 40
START_NS = 1_700_000_000_000_000_000


def drive(name: str, error_m: Float64, first: int = 10, sigma_m: float = 1.0) -> JudgedDrive:
    """400 m east, 10 m a frame; north of the truth by `error_m` (FRAMES,), with fixes from frame `first` on."""
    stamp_ns = START_NS + np.arange(FRAMES) * 1_000_000_000
    truth = np.column_stack([10.0 * np.arange(FRAMES), np.zeros(FRAMES), np.zeros(FRAMES)])
    pose = truth + np.outer(error_m, [0.0, 1.0, 0.0])
    fixed = np.arange(FRAMES) >= first
    trace = Trace(
        stamp_ns, pose, np.tile(np.diag([sigma_m**2, sigma_m**2, 0.01]), (FRAMES, 1, 1)),
        np.where(fixed, 3, 2).astype(np.uint8), np.where(fixed, 0.95, 0.2).astype(np.float32),
        np.where(fixed, 1e-4, 0.5).astype(np.float32), np.zeros(FRAMES + 1, np.int64), np.zeros(0, np.int32),
        np.zeros(0, np.float32),
    )  # fmt: skip
    return judge_drive(name, trace, stamp_ns, stamp_ns, truth)


def evaluation() -> Evaluation:
    """Two drives in the sun, one in the rain that is never found, and one that could not be judged."""
    sun = tuple(drive(f"drive_{number}", np.full(FRAMES, 0.5 + number)) for number in range(2))
    rain = (drive("drive_0", np.full(FRAMES, 80.0), first=FRAMES),)
    return Evaluation(
        (Condition("sun", sun), Condition("rain <1>", rain)), (SkippedDrive("rain <1>", "drive_1", "no truth"),), 0,
        (("index", "abc"),),
    )
