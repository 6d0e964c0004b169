"""One goal of the index_map action, worked on in a thread of its own."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from rclpy.action.server import ServerGoalHandle
from rclpy.executors import Executor
from rclpy.task import Future

from geoloc_ros.action import IndexMap
from geoloc_ros.core.artifacts import read_artifact
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, GeolocError
from geoloc_ros.index import Crop, index_map
from geoloc_ros.localization.place_index import KIND, VERSION
from geoloc_ros.maps.artifact import read_places

_FEEDBACK_PERIOD_S = 0.1


class _AbandonedError(Exception):
    """Leaves index_map through its progress callback; what it wrote so far goes away."""


class IndexingJob:
    """Runs `index_map` for a goal; `result` is done when it has ended, however it ended."""

    def __init__(self, goal_handle: ServerGoalHandle[Any, Any, Any], config: Config, executor: Executor | None) -> None:
        self.result: Future[IndexMap.Result] = Future(executor=executor)
        self._goal_handle = goal_handle
        self._config = config
        self._abandoned = threading.Event()
        self._last_feedback = ("", 0.0)
        self._thread = threading.Thread(target=self._run, name="index_map", daemon=True)
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
        index_path = Path(goal.index_path)
        index_map(Path(goal.map_path), index_path, _crop(goal), self._config, self._on_progress)
        artifact = read_artifact(index_path, KIND, VERSION)
        outcome.success, outcome.message, outcome.index_id = True, f"wrote '{index_path}'", artifact.artifact_id
        outcome.num_places = len(read_places(artifact).position_m)

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
