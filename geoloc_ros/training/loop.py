"""Runs a recipe for a budget of steps; killed and started again, it ends with the same weights."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter

from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.training.batches import Batches
from geoloc_ros.training.checkpoint import (
    CurvePoint,
    Kept,
    TrainingState,
    copy_weights,
    load_checkpoint,
    save_checkpoint,
)
from geoloc_ros.training.processes import Processes, one_process
from geoloc_ros.training.recipe import Batch, Recipe
from geoloc_ros.training.stepping import Stepper

logger = logging.getLogger(__name__)

_PROBED_STEPS = 8
_UNTIMED_STEPS = 2
_VALIDATION_RATIO = 0.1
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Budget:
    """How long a training lasts. Only a budget in steps gives the same weights on another machine."""

    minutes: float = 15.0
    """Of wall clock; the speed of the first steps turns them into a number of steps."""
    steps: int | None = None
    """In place of minutes."""


@dataclass(frozen=True)
class LoopSettings:
    """How the loop runs, whatever it trains."""

    validations: int = 25
    """In the whole budget, besides that of the first weights; fewer where they would take a tenth of its minutes."""
    patience: int = 10
    """Validations without a better one after which training ends."""
    max_gradient_norm: float = 5.0
    checkpoint_every_s: float = 60.0
    num_threads: int = 1
    """Of torch, on the CPU."""


@dataclass(frozen=True)
class TrainingResult:
    """What a training came to; the module holds the weights of its best validation."""

    curve: tuple[CurvePoint, ...]
    best_validation: float
    best_step: int
    steps: int
    """Done; fewer than the budget where patience ended it."""
    minutes: float
    """Of wall clock, over all its parts."""


def train(
    recipe: Recipe, identity: str, budget: Budget, settings: LoopSettings, folder: Path,
    progress: ProgressCallback = no_progress, processes: Processes | None = None,
) -> TrainingResult:
    """Train `recipe.module` and leave its best weights in it.

    `folder` gets a checkpoint every minute and the scalars for TensorBoard. If it holds a checkpoint, training goes
    on from there and keeps to the number of steps that was settled then.

    Args:
        identity: What, besides the step, the batches depend on: seed, maps, first weights.
        processes: That train together (`joined_processes`), all with this recipe and budget; the first one writes.

    Raises:
        ArtifactError: The checkpoint in `folder` is damaged or of another `identity`.
    """
    processes = processes or one_process()
    torch.set_num_threads(settings.num_threads)
    recipe.module.to(processes.device)
    scalars = folder if processes.is_first else folder / f"process-{processes.rank}"
    with _deterministic(processes.device), SummaryWriter(str(scalars)) as writer, Batches(recipe, processes) as batches:
        loop = _Loop(recipe, f"{recipe.name} {identity}", settings, folder / _CHECKPOINT, processes, batches, writer)
        loop.begin(budget)
        return loop.run(progress)


def forget_training(folder: Path) -> None:
    """Remove the checkpoint of a training that is over; the scalars for TensorBoard stay."""
    (folder / _CHECKPOINT).unlink()


class _Loop:
    """One training under way."""

    def __init__(
        self, recipe: Recipe, identity: str, settings: LoopSettings, checkpoint: Path, processes: Processes,
        batches: Batches, writer: SummaryWriter,
    ) -> None:
        self._recipe = recipe
        self._identity = identity
        self._settings = settings
        self._checkpoint = checkpoint
        self._processes = processes
        self._batches = batches
        self._writer = writer
        self._stepper = Stepper(recipe, settings.max_gradient_norm, processes)
        self._parts: dict[str, Kept] = {"module": recipe.module, "steps": self._stepper, "memory": batches}
        self._state = TrainingState(self._identity, num_steps=0, validate_every=1)

    def begin(self, budget: Budget) -> None:
        """Go on from the checkpoint, or settle the number of steps."""
        if self._checkpoint.exists():
            self._state = load_checkpoint(self._checkpoint, self._identity, self._parts)
            logger.info("training goes on from step %d of %d", self._state.step, self._state.num_steps)
            return
        self._processes.copy_from_first(iter(self._recipe.module.state_dict().values()))
        if budget.steps is None:
            steps, validations = self._plan(budget.minutes * 60.0)
        else:
            steps, validations = budget.steps, self._settings.validations
        self._state.num_steps, self._state.validate_every = steps, -(-steps // validations)
        logger.info("training %s for %d steps on %s", self._recipe.name, steps, self._processes.device)

    def run(self, progress: ProgressCallback) -> TrainingResult:
        """All steps that are left."""
        state = self._state
        saved_s = began_s = time.monotonic()
        before_s = state.elapsed_s
        if not state.curve:
            self._validate()
        while state.step < state.num_steps and not self._is_out_of_patience():
            self._step(self._batches.take(state.step))
            state.elapsed_s = before_s + time.monotonic() - began_s
            if state.step % state.validate_every == 0 or state.step == state.num_steps:
                self._validate()
            if time.monotonic() - saved_s >= self._settings.checkpoint_every_s:
                self._save()
                saved_s = time.monotonic()
            progress(f"training {self._recipe.name}", state.step / state.num_steps)
        self._save()
        self._recipe.module.load_state_dict(state.best_weights)
        best = max(state.curve, key=lambda point: point.validation)
        return TrainingResult(
            tuple(state.curve), best.validation, best.step, state.step, state.elapsed_s / 60.0
        )

    def _step(self, batch: Batch) -> None:
        """One step of the optimisers."""
        state = self._state
        loss = self._backward(batch)
        norm, rate = self._stepper.step(state.step / state.num_steps)
        state.step += 1
        state.losses.append(loss)
        if state.step % 10 == 0:
            self._writer.add_scalar("loss", loss, state.step)
            self._writer.add_scalar("gradient_norm", norm, state.step)
            self._writer.add_scalar("learning_rate", rate, state.step)

    def _backward(self, batch: Batch) -> float:
        self._stepper.clear()
        loss = self._recipe.loss(tuple(tensor.to(self._processes.device) for tensor in batch))
        self._stepper.backward(loss)
        return float(loss.detach())

    def _validate(self) -> None:
        state = self._state
        validation = self._measure()
        if validation > state.best_validation:
            state.best_validation = validation
            state.best_weights = copy_weights(self._recipe.module)
        loss = sum(state.losses) / len(state.losses) if state.losses else float("nan")
        state.losses.clear()
        state.curve.append(CurvePoint(state.step, state.elapsed_s / 60.0, loss, validation))
        self._writer.add_scalar("validation", validation, state.step)
        logger.info(
            "step %d of %d, %.1f min: loss %.4f, validation %.2f",
            state.step, state.num_steps, state.elapsed_s / 60.0, loss, validation,
        )

    def _measure(self) -> float:
        """How good the network is; all processes measure the same weights, and the first one is believed."""
        module = self._recipe.module
        self._processes.copy_from_first(module.buffers())
        module.eval()
        with torch.no_grad():
            validation = self._recipe.validate()
        module.train()
        return self._processes.from_first(validation)

    def _is_out_of_patience(self) -> bool:
        since = [point.validation for point in self._state.curve].index(self._state.best_validation)
        return len(self._state.curve) - 1 - since >= self._settings.patience

    def _save(self) -> None:
        if self._processes.is_first:
            save_checkpoint(self._checkpoint, self._state, self._parts)

    def _plan(self, budget_s: float) -> tuple[int, int]:
        """Steps and validations that fit into a time; the weights are left as they were."""
        module, memory = self._recipe.module, self._batches.state_dict()
        weights = copy_weights(module)
        refresh_s = self._batches.refresh(0)
        batches = [self._recipe.batch(step) for step in range(_PROBED_STEPS)]
        module.train()
        for step, batch in enumerate(batches):
            if step == _UNTIMED_STEPS:
                began_s = time.monotonic()
            self._backward(batch)
        step_s = (time.monotonic() - began_s) / (_PROBED_STEPS - _UNTIMED_STEPS)
        step_s += refresh_s / max(1, self._batches.refresh_every)
        self._stepper.clear()
        module.load_state_dict(weights)
        self._batches.load_state_dict(memory)
        began_s = time.monotonic()
        self._measure()
        validation_s = time.monotonic() - began_s
        validations = max(1, min(self._settings.validations, int(_VALIDATION_RATIO * budget_s / validation_s)))
        steps = max(1, int((budget_s - validations * validation_s) / step_s))
        return int(self._processes.from_first(steps)), int(self._processes.from_first(validations))


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """Same input, same output on the CPU; a GPU may have no such kernel for everything."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=device.type != "cpu")
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
