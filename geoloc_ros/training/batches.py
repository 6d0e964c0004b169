"""Batches of a recipe, each made while the one before it is learned from."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import torch

from geoloc_ros.training.processes import Processes
from geoloc_ros.training.recipe import Batch, Recipe, RefreshingRecipe

logger = logging.getLogger(__name__)


class Batches:
    """Makes them in a thread; refreshes what they follow from in the thread that asks. A context manager."""

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        self._recipe = recipe
        self._refreshing = recipe if isinstance(recipe, RefreshingRecipe) else None
        self._processes = processes
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._following: Future[Batch] | None = None

    def __enter__(self) -> Batches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, step: int) -> Batch:
        """That of a step; steps must be asked for in order."""
        if self._is_stale(step):
            self.refresh(step)
        current = (self._following or self._begin(step)).result()
        self._following = None if self._is_stale(step + 1) else self._begin(step + 1)
        return current

    def refresh(self, step: int) -> float:
        """Let the recipe look at its data anew, if it does that; the seconds that it took."""
        if self._refreshing is None:
            return 0.0
        began_s = time.monotonic()
        module = self._recipe.module
        self._processes.copy_from_first(module.buffers())
        module.eval()
        with torch.no_grad():
            self._refreshing.refresh(step, self._processes)
        module.train()
        elapsed_s = time.monotonic() - began_s
        logger.info("step %d: looked at the data anew in %.1f s", step, elapsed_s)
        return elapsed_s

    @property
    def refresh_every(self) -> int:
        """Steps; 0 for a recipe that needs no refreshing."""
        return 0 if self._refreshing is None else self._refreshing.refresh_every

    def state_dict(self) -> dict[str, Any]:
        """What the recipe keeps in memory."""
        return {} if self._refreshing is None else dict(self._refreshing.memory())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave."""
        if self._refreshing is not None:
            self._refreshing.remember(state)

    def _is_stale(self, step: int) -> bool:
        return self.refresh_every > 0 and step % self.refresh_every == 0

    def _begin(self, step: int) -> Future[Batch]:
        return self._pool.submit(self._recipe.batch, step * self._processes.count + self._processes.rank)
