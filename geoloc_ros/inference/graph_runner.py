"""Running an engine: batches of any size, and recorded work that is started with one call once it repeats."""

from __future__ import annotations

import logging

import numpy as np

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.engine import EngineSession, Graph

logger = logging.getLogger(__name__)


class GraphRunner:
    """Feeds an engine.

    Starting every kernel of a small network costs more than the kernels do, so that work of one size is recorded when
    it comes a second time in a row, and from then on replayed. An engine that cannot be recorded runs without.
    """

    def __init__(self, session: EngineSession, max_batch: int) -> None:
        self._session = session
        self._max_batch = max_batch
        self._last_count = 0
        self._graph: Graph | None = None
        self._can_record = True

    @property
    def is_recorded(self) -> bool:
        """Was the last batch replayed, or recorded for the next?"""
        return self._graph is not None

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...), in the order of the engine, of a batch (N, ...) of inputs.

        Raises:
            BackendError: If the device fails.
        """
        parts = [self._run_part(batch[first : first + self._max_batch]) for first in self._starts(len(batch))]
        return parts[0] if len(parts) == 1 else tuple(np.concatenate(same) for same in zip(*parts, strict=True))

    def _starts(self, count: int) -> range:
        return range(0, count, self._max_batch) if count else range(1)

    def _run_part(self, part: Float32) -> tuple[Float32, ...]:
        count = len(part)
        if count == 0:
            return tuple(np.empty((0, *shape), np.float32) for shape in self._session.output_shapes)
        self._session.upload(np.ascontiguousarray(part))
        if self._graph is not None and count == self._last_count:
            self._graph.launch()
        else:
            self._graph = self._recorded(count) if count == self._last_count else None
            # Recording does not compute, and the first time of a size must not be recorded: engines get ready in it.
            if self._graph is not None:
                self._graph.launch()
            else:
                self._session.enqueue(count)
        self._last_count = count
        return self._session.download(count)

    def _recorded(self, count: int) -> Graph | None:
        if not self._can_record:
            return None
        try:
            return self._session.capture(count)
        except BackendError as error:
            self._can_record = False
            logger.warning("work on the GPU cannot be recorded (%s): every step is started by itself", error)
            return None
