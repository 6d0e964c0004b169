"""A training that was interrupted, as a file: written beside and renamed, read without pickle."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import ArtifactError

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class CurvePoint:
    """What a validation found."""

    step: int
    minutes: float
    """Of wall clock since the training began."""
    loss: float
    """Mean since the last validation; NaN before the first step."""
    validation: float
    """Higher is better."""


@dataclass
class TrainingState:
    """Where a training stands. Its batches follow from the step, so no generator has to be kept."""

    identity: str
    """What the batches depend on besides the step."""
    num_steps: int
    validate_every: int
    """Steps."""
    step: int = 0
    """Done so far."""
    elapsed_s: float = 0.0
    best_validation: float = float("-inf")
    best_weights: Weights = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    """Since the last validation."""
    curve: list[CurvePoint] = field(default_factory=list)


def copy_weights(module: torch.nn.Module) -> Weights:
    """The module's weights and buffers, which go on changing, as they are now."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


class Kept(Protocol):
    """Something whose state is part of a checkpoint, such as a network or its optimisers."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers, strings, and lists and dictionaries of them."""

    def load_state_dict(self, state: dict[str, Any], /) -> object:
        """Take what `state_dict` gave."""


def save_checkpoint(path: Path, state: TrainingState, parts: Mapping[str, Kept]) -> None:
    """Write everything that a training needs to go on."""
    with write_beside(path) as partial:
        entries = {**vars(state), "curve": [asdict(point) for point in state.curve]}
        torch.save({**entries, "parts": {name: part.state_dict() for name, part in parts.items()}}, partial)


def load_checkpoint(path: Path, identity: str, parts: Mapping[str, Kept]) -> TrainingState:
    """Put the parts where they were when `path` was written.

    Raises:
        ArtifactError: The file is damaged, or of a training with other data, seed or first weights.
    """
    try:
        entries = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ArtifactError(f"checkpoint '{path}' cannot be read ({error}); remove it to start anew") from error
    if entries.get("identity") != identity:
        raise ArtifactError(
            f"checkpoint '{path}' is of another training ({entries.get('identity')}), this one is {identity}; "
            "choose another output or remove it"
        )
    if set(entries.get("parts", ())) != set(parts):
        raise ArtifactError(f"checkpoint '{path}' is of another version of this program; remove it to start anew")
    stored = entries.pop("parts")
    for name, part in parts.items():
        part.load_state_dict(stored[name])
    curve = [CurvePoint(**point) for point in entries.pop("curve")]
    return TrainingState(curve=curve, **entries)


def write_curve(path: Path, curve: tuple[CurvePoint, ...]) -> None:
    """The learning curve as JSON: `[{"step", "minutes", "loss", "validation"}, ...]`; no loss before the first step."""
    rows = [{**asdict(point), "loss": None if point.step == 0 else point.loss} for point in curve]
    with write_beside(path) as partial:
        partial.write_text(json.dumps(rows, indent=1) + "\n")
