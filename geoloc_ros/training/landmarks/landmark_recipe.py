"""How networks of landmarks are trained: batches of views, the loss of the method, held-out views to measure on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.training.landmarks.augment import (
    TaughtView,
    ViewAugmentation,
    change_colours,
    draw_turn,
    hide_block,
    teach,
)
from geoloc_ros.training.landmarks.losses import (
    TripletSettings,
    coordinate_loss,
    cosine_cross_entropy,
    direction_loss,
    known_cells,
    prototype_triplet,
    random_triplet,
)
from geoloc_ros.training.landmarks.measures import ViewScores, score_coordinates, score_votes
from geoloc_ros.training.landmarks.network import (
    CoordinateNetwork,
    LandmarkMethod,
    VotingNetwork,
    export_landmark_network,
)
from geoloc_ros.training.landmarks.views import IGNORED, LabelledViews
from geoloc_ros.training.precision import choose_precision
from geoloc_ros.training.recipe import Batch, Descent, seeded_weights

_FIRST_SCALE: Final = 16.0
_AT_ONCE: Final = 8
_HELD_OUT_EVERY: Final = 10
# A stream of random numbers that no step of a training has.
_ORDER_STREAM: Final = 1 << 44


@dataclass(frozen=True)
class LandmarkRecipeSettings:
    """Numbers of a training."""

    batch: int = 4
    """Images; few, for they hold thousands of cells each, and steps are what little time has least of."""
    learning_rate: float = 2e-3
    prototype_rate: float = 1e-2
    """Prototypes are seen in few images each; they move faster."""
    weight_decay: float = 1e-4
    warm_up: float = 0.03
    """Share of the budget."""
    direction_weight: float = 3.0
    """Lambda of eq. 4 (SYSTEMS, S3)."""
    triplet: TripletSettings = TripletSettings()
    halving: float = 40.0
    """Steps after which the number of negatives that are drawn from has halved, until it is k."""
    augmentation: ViewAugmentation = ViewAugmentation()


class LandmarkModule(nn.Module):
    """Network and prototypes, which learn together; only the network is exported as ONNX."""

    def __init__(self, network: VotingNetwork | CoordinateNetwork, num_landmarks: int, seed: int) -> None:
        """Prototypes are drawn from `seed`."""
        super().__init__()
        self.network = network
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.prototype: nn.Parameter | None = None
        self.log_scale: nn.Parameter | None = None
        if isinstance(network, VotingNetwork):
            with seeded_weights(seed):
                first = normalize(torch.randn(num_landmarks + 1, network.spec.dimension), dim=1)
            self.prototype = nn.Parameter(first)
            self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """As the network."""
        found = self.network(image)
        return found if isinstance(found, tuple) else (found,)

    def prototypes(self) -> Float32:
        """(n + 1, D), unit length."""
        assert self.prototype is not None
        return np.asarray(normalize(self.prototype.detach(), dim=1).cpu().numpy(), np.float32)


class LandmarkRecipe:
    """Implements `training.recipe.DescentRecipe`."""

    weight_decay = 0.0

    def __init__(
        self, method: LandmarkMethod, module: LandmarkModule, views: LabelledViews, settings: LandmarkRecipeSettings,
        seed: int,
    ) -> None:
        """Every tenth view is held out, to measure on."""
        self.name = f"landmarks-{method}"
        self.method, self.module, self.settings, self.seed = method, module, settings, seed
        self._views = views
        self._learned, self._held_out = split_rows(len(views))
        self._precision = choose_precision()
        network = module.network
        if isinstance(network, CoordinateNetwork):
            middle, extent = _extent(views)
            network.middle_m.copy_(torch.from_numpy(middle))
            network.extent_m.fill_(extent)
        self.scores: ViewScores | None = None

    def learning_rate(self, progress: float) -> float:
        """Of the network; see `descents`."""
        return self.settings.learning_rate * self._factor(progress)

    def descents(self) -> tuple[Descent, ...]:
        """One optimiser: the network's weights, and the prototypes, which do not decay and move faster."""
        settings, module = self.settings, self.module
        groups = [
            {"params": list(module.network.parameters()), "lr": settings.learning_rate,
             "weight_decay": settings.weight_decay},
        ]  # fmt: skip
        others = [each for each in (module.prototype, module.log_scale) if each is not None]
        if self.method != "cross-entropy":
            others = others[:1]
        if others:
            groups.append({"params": others, "lr": settings.prototype_rate, "weight_decay": 0.0})
        return (Descent(torch.optim.AdamW(groups), self._factor),)

    def batch(self, step: int) -> Batch:
        """Images (N, 3, H, W), labels, ranks of negatives (N, h, w), directions and coordinates (N, 2 or 3, h, w)."""
        rng = np.random.default_rng((self.seed, step))
        taught = [self._changed(int(row), rng) for row in self._rows(step)]
        rank = rng.random((len(taught), *taught[0].label.shape), dtype=np.float32)
        return (*_tensors(taught, rank), torch.tensor(self._neighbours(step)))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Eq. 4, or that of the baseline."""
        image, label, rank, direction, coordinate, neighbours = batch
        with self._precision.autocast(image.device.type):
            found = self.module(image.contiguous(memory_format=torch.channels_last))
        network, settings = self.module.network, self.settings
        if isinstance(network, CoordinateNetwork):
            return coordinate_loss(found[0], coordinate, network.extent_m)
        assert self.module.prototype is not None and self.module.log_scale is not None
        cells = known_cells(found[0], label, rank)
        prototype = self.module.prototype
        if self.method == "cross-entropy":
            segmentation = cosine_cross_entropy(cells, prototype, self.module.log_scale)
        elif self.method == "random-negatives":
            segmentation = random_triplet(cells, prototype, settings.triplet)
        else:
            segmentation = prototype_triplet(
                cells, prototype, replace(settings.triplet, neighbours=int(neighbours))
            )
        return segmentation + settings.direction_weight * direction_loss(found[1], direction, label)

    def validate(self) -> float:
        """Per cent of the held-out cells whose vote is good, or whose coordinate is near enough; see `measures`."""
        self.scores = self._measure()
        return self.scores.good_percent

    def figures(self) -> str:
        """How good the network is now, in words."""
        with torch.no_grad():
            self.module.eval()
            return self._measure().as_text()

    def export(self, path: Path) -> None:
        """Write the network as ONNX."""
        export_landmark_network(self.module.network, self.method, path)

    def _measure(self) -> ViewScores:
        """Of the held-out views as they were taken."""
        parts = []
        for begin in range(0, len(self._held_out), _AT_ONCE):
            rows = self._held_out[begin : begin + _AT_ONCE]
            taught = [teach(self._views, int(row), None) for row in rows]
            image, label, _, direction, coordinate = _tensors(taught, np.zeros((0,), np.float32))
            device = next(self.module.parameters()).device
            with self._precision.autocast(device.type):
                found = self.module(image.to(device).contiguous(memory_format=torch.channels_last))
            if self.module.prototype is None:
                poses = self._views.scene_from_camera
                eye_m = np.array([poses[int(row)].translation_m for row in rows], np.float32)
                parts.append(score_coordinates(found[0].cpu(), coordinate, torch.from_numpy(eye_m)))
            else:
                prototype = normalize(self.module.prototype, dim=1).cpu()
                parts.append(score_votes(found[0].cpu(), found[1].cpu(), label, direction, prototype))
        return ViewScores.mean(parts)

    def _neighbours(self, step: int) -> int:
        """All prototypes at first, half of them after every `halving` steps, k in the end.

        Before embeddings differ, the k nearest prototypes are the same for all cells: pushed away from them and drawn
        to their own ones, all prototypes would meet in one spot.
        """
        settings = self.settings
        left = len(self._views.landmarks) * float(0.5 ** (step / settings.halving))
        return max(settings.triplet.neighbours, round(left))

    def _rows(self, step: int) -> Int64:
        """Views of a step; every one comes once, in an order of its own each time round."""
        total, count = len(self._learned), self.settings.batch
        numbers = np.arange(step * count, (step + 1) * count)
        chosen = np.empty(count, np.int64)
        for turn in np.unique(numbers // total):
            order = np.random.default_rng((self.seed, _ORDER_STREAM, int(turn))).permutation(self._learned)
            is_of_turn = numbers // total == turn
            chosen[is_of_turn] = order[numbers[is_of_turn] % total]
        return chosen

    def _changed(self, row: int, rng: np.random.Generator) -> TaughtView:
        augmentation = self.settings.augmentation
        view = teach(self._views, row, draw_turn(self._views.camera, augmentation, rng))
        image, label = change_colours(view.image, augmentation, rng), view.label
        if rng.random() < augmentation.blocks_ratio:
            image, label = hide_block(image, label, augmentation, rng)
        coordinate = np.where(label > 0, view.coordinate_m, np.nan).astype(np.float32)
        return TaughtView(image, label, view.direction, coordinate)

    def _factor(self, progress: float) -> float:
        """Up along a line, down along a cosine."""
        warm_up = self.settings.warm_up
        if progress < warm_up:
            return (progress + 1e-3) / (warm_up + 1e-3)
        return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1.0 - warm_up))


def split_rows(count: int) -> tuple[Int64, Int64]:
    """Rows of views to learn from, and every tenth, to measure on."""
    rows = np.arange(count, dtype=np.int64)
    is_held_out = rows % _HELD_OUT_EVERY == _HELD_OUT_EVERY // 2
    return rows[~is_held_out], rows[is_held_out]


def _tensors(taught: list[TaughtView], rank: Float32) -> Batch:
    image = np.stack([view.image for view in taught]).transpose(0, 3, 1, 2).astype(np.float32) * np.float32(1 / 255)
    label = np.stack([view.label for view in taught])
    assert label.min() >= IGNORED
    direction = np.stack([view.direction for view in taught])
    coordinate = np.stack([view.coordinate_m for view in taught])
    return tuple(torch.from_numpy(each) for each in (image, label, rank, direction, coordinate))


def _extent(views: LabelledViews) -> tuple[Float32, float]:
    """Middle (3,) and half the diagonal of the landmarks, in metres."""
    low, high = views.landmarks.position_m.min(0), views.landmarks.position_m.max(0)
    return ((low + high) / 2.0).astype(np.float32), max(float(np.linalg.norm(high - low)) / 2.0, 1e-3)
