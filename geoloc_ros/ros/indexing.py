"""One goal of the actions index_map and index_photos, worked on in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.action.server import ServerGoalHandle
from rclpy.executors import Executor
from rclpy.task import Future

from geoloc_ros.action import IndexMap
from geoloc_ros.core.artifacts import read_artifact
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, GeolocError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.index import Crop, index_map
from geoloc_ros.index_photos import index_photos
from geoloc_ros.localization.place_index import KIND, VERSION
from geoloc_ros.maps.artifact import read_places
from geoloc_ros.vpr.photo_index import PHOTO_INDEX_KIND, PHOTO_INDEX_VERSION

_FEEDBACK_PERIOD_S = 0.1


IndexingWork = Callable[[IndexMap.Goal, Config, ProgressCallback], tuple[str, int]]
"""Does what a goal asks for; id of the index, and how many places or photos it holds."""


def work_on_map(goal: IndexMap.Goal, config: Config, progress: ProgressCallback) -> tuple[str, int]:
    """Index a map file. Raises GeolocError if that cannot be."""
    index_path = Path(goal.index_path)
    index_map(Path(goal.map_path), index_path, _crop(goal), config, progress)
    artifact = read_artifact(index_path, KIND, VERSION)
    return artifact.artifact_id, len(read_places(artifact).position_m)


def work_on_photos(goal: IndexMap.Goal, config: Config, progress: ProgressCallback) -> tuple[str, int]:
    """Index a collection of photos, `map_path`. Raises GeolocError if that cannot be."""
    if len(goal.crop_wsen_deg):
        raise ConfigError("crop_wsen_deg is of maps; photos are indexed as a whole, leave it empty")
    summary = index_photos(str(goal.map_path), Path(goal.index_path), config, progress)
    return read_artifact(summary.path, PHOTO_INDEX_KIND, PHOTO_INDEX_VERSION).artifact_id, summary.photos


class _AbandonedError(Exception):
    """Leaves the work through its progress callback; what it wrote so far goes away."""


class IndexingJob:
    """Runs the work of a goal; `result` is done when it has ended, however it ended."""

    def __init__(
        self, work: IndexingWork, goal_handle: ServerGoalHandle[Any, Any, Any], config: Config,
        executor: Executor | None,
    ) -> None:
        self._work = work
        self.result: Future[IndexMap.Result] = Future(executor=executor)
        self._goal_handle = goal_handle
        self._config = config
        self._abandoned = threading.Event()
        self._last_feedback = ("", 0.0)
        self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        """Stop at the next sign of progress and wait for that."""
        self._abandoned.set()
        self._thread.join()

    def _run(self) -> None:
        outcome = IndexMap.Result()
        try:
            self._index(outcome)
        except GeolocError as error:
            outcome.message = str(error)
        except _AbandonedError:
            outcome.message = "canceled; nothing was written"
        except Exception as error:  # noqa: BLE001 - else the client would wait for ever; it is told what happened
            outcome.message = f"internal error: {error!r}"
        self.result.set_result(outcome)

    def _index(self, outcome: IndexMap.Result) -> None:
        goal = self._goal_handle.request
        outcome.index_id, outcome.num_places = self._work(goal, self._config, self._on_progress)
        outcome.success, outcome.message = True, f"wrote '{goal.index_path}'"

    def _on_progress(self, stage: str, ratio: float) -> None:
        if self._abandoned.is_set() or self._goal_handle.is_cancel_requested:
            raise _AbandonedError
        last_stage, last_s = self._last_feedback
        now_s = time.monotonic()
        if stage != last_stage or ratio >= 1.0 or now_s - last_s > _FEEDBACK_PERIOD_S:
            self._last_feedback = (stage, now_s)
            self._goal_handle.publish_feedback(IndexMap.Feedback(stage=stage, progress_ratio=float(ratio)))


def _crop(goal: IndexMap.Goal) -> Crop | None:
    crop = [float(value) for value in goal.crop_wsen_deg]
    if not crop:
        return None
    if len(crop) != 4:
        raise ConfigError(f"crop_wsen_deg has {len(crop)} numbers; give west, south, east, north, or none")
    return (crop[0], crop[1], crop[2], crop[3])
