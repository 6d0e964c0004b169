"""Where a vehicle was at every frame of a drive, when the whole drive is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.geometry import relative_motion
from geoloc_ros.core.types import Mode, Observation, Pose2
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.localization.likelihood import FrameScorer
from geoloc_ros.localization.place_index import PlaceIndex

_LAG_M = 400.0
"""Drive after a frame that is taken in before it is placed: more changes nothing, and beliefs need memory."""


def look_back(index: PlaceIndex, config: Config, frames: Sequence[Observation]) -> list[Mode]:
    """The most probable place of each frame, from what was seen before and after it; on roads, to some metres.

    Not whether it is a fix: a drive that is not on the map has most probable places, too. Odometry that jumps and
    stamps that go back begin a new drive.
    """
    tracker = PathTracker(index.places, config.tracker, config.motion, memory_m=2.5 * _LAG_M)
    scorer = FrameScorer(index, config.tracker)
    places: list[Mode] = []
    waiting_m: list[float] = []  # driven until each frame that is not placed yet
    driven_m = 0.0
    last: Observation | None = None
    for frame in frames:
        motion = Pose2(0.0, 0.0, 0.0) if last is None else relative_motion(last.odometry, frame.odometry)
        step_m = float(np.hypot(motion.x_m, motion.y_m))
        if last is not None and (frame.stamp_ns < last.stamp_ns or step_m > config.localizer.max_odometry_step_m):
            places += _last(tracker, len(waiting_m))
            tracker.reset()
            waiting_m.clear()
        else:
            driven_m += step_m
            tracker.advance(motion.x_m, motion.yaw_rad)
        tracker.weigh(scorer.score(frame.query).log_ratio)
        waiting_m.append(driven_m)
        last = frame
        if driven_m - waiting_m[0] > 2.0 * _LAG_M:
            old = sum(driven_m - at_m > _LAG_M for at_m in waiting_m)
            places += _last(tracker, len(waiting_m))[:old]
            del waiting_m[:old]
    return places + _last(tracker, len(waiting_m))


def _last(tracker: PathTracker, count: int) -> list[Mode]:
    return list(tracker.smoothed()[-count:]) if count else []
