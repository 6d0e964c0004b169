"""What the training loop asks of a method: a network, its batches, its loss, and how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from geoloc_ros.training.processes import Processes

Batch = tuple[torch.Tensor, ...]
"""What one step learns from."""


class Recipe(Protocol):
    """One way to train one network.

    Everything drawn at random depends on the recipe's seed and the step alone, so that a training that was killed goes
    on as if it had not been: `batch` draws from `np.random.default_rng((seed, step))`; `loss` draws nothing, so there
    is no dropout.
    """

    @property
    def name(self) -> str:
        """Of the method, for logs."""

    @property
    def module(self) -> torch.nn.Module:
        """The network. The loop moves it to its device and calls `train()` and `eval()` on it."""

    @property
    def weight_decay(self) -> float:
        """Of AdamW; 0 is plain Adam."""

    def learning_rate(self, progress: float) -> float:
        """At `progress` of the budget, 0 to 1."""

    def batch(self, step: int) -> Batch:
        """Tensors on the CPU for one step; called from another thread than the rest, in order.

        Where P processes train together, that of number r among them asks for P * step + r.
        """

    def loss(self, batch: Batch) -> torch.Tensor:
        """Scalar of a batch on the module's device."""

    def validate(self) -> float:
        """How good the network is on a map it does not learn from; higher is better. Called in `eval()` mode."""

    def export(self, path: Path) -> None:
        """Write the network as ONNX to `path`, which appears whole or not at all."""


@dataclass(frozen=True)
class Descent:
    """An optimiser of parameters that no other one has, and how fast it goes."""

    optimizer: torch.optim.Optimizer
    """The learning rate that each of its groups was made with is the group's peak."""
    factor: Callable[[float], float]
    """Of the peaks, at a progress of 0 to 1."""


@runtime_checkable
class DescentRecipe(Recipe, Protocol):
    """A recipe with optimisers of its own in place of AdamW; its `weight_decay` and `learning_rate` are not asked."""

    def descents(self) -> tuple[Descent, ...]:
        """Made anew, of the parameters of `module`, which is on its device. `loss` is that of all of them."""


@runtime_checkable
class RefreshingRecipe(Recipe, Protocol):
    """A recipe whose batches follow from the step and from what the network made of the data a while ago."""

    @property
    def refresh_every(self) -> int:
        """Steps. The loop calls `refresh` before the batch of each multiple of it, the first included."""

    def refresh(self, step: int, processes: Processes) -> None:
        """Look at the data anew; called in `eval()` mode, without gradients, in all processes at once."""

    def memory(self) -> dict[str, torch.Tensor]:
        """What `batch` and the next `refresh` need of the last one; it becomes part of the checkpoint."""

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave, of this or of an earlier run."""


class DescribedRecipe(Recipe, Protocol):
    """A recipe that says about its network what its card needs."""

    @property
    def description(self) -> str:
        """How the network is trained."""

    def figures(self) -> str:
        """How good the network is now, in words."""


class ScanRecipe(Recipe, Protocol):
    """A recipe that `geoloc train scan` runs: what it says about its network."""

    @property
    def title(self) -> str:
        """Of the network's card."""

    @property
    def description(self) -> str:
        """A paragraph for the network's card: what the network computes and how it is trained."""

    def figures(self) -> str:
        """How good the network is now on the validation map, in words; of the last `validate`, or measured anew."""


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Modules made inside draw their first weights from `seed`; torch's own generators are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
