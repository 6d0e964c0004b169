"""The published training of the embedding network (paper, sections 3 and 4; SYSTEMS S1)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch

from geoloc_ros.core.types import Float32, Float64, Int64
from geoloc_ros.scan.features import PAPER_FEATURES, paper_features
from geoloc_ros.training.maps import PlaceSampler, TrainingCity
from geoloc_ros.training.onnx_file import export_network, load_weights
from geoloc_ros.training.paper_augment import PaperNoise, augment_buildings
from geoloc_ros.training.paper_loss import all_triplets_loss
from geoloc_ros.training.paper_network import NUM_RAYS, PaperNetwork
from geoloc_ros.training.precision import is_bfloat16_fast
from geoloc_ros.training.recipe import Batch, seeded_weights
from geoloc_ros.training.removal import ThinnedCities
from geoloc_ros.training.retrieval import Retrieval, judge_retrieval

logger = logging.getLogger(__name__)

MAX_RANGE_M: Final = 100.0
METADATA: Final = {
    "geoloc_kind": "scan-paper",
    "geoloc_features": PAPER_FEATURES,
    "rays": str(NUM_RAYS),
    "max_range_m": str(MAX_RANGE_M),
}
_LEARNING_RATE = 1e-4
_LOCATIONS = 32
_AUGMENTATIONS = 4
_MARGIN = 0.2
_NEGATIVE_FROM_M = 15.0
_MOVED_M = 5.0
_TURNED_RAD = np.radians(5.0)
_REMOVED_RATIO = 0.2
_QUERIES = 512
_EMBEDDED_AT_ONCE = 1024
# Streams of random numbers that no step of a training has.
_VALIDATION, _REMOVAL = 1 << 40, 1 << 41


class PaperRecipe:
    """Implements `training.recipe.Recipe`."""

    name = "scan-paper"
    title = "The published scan network"
    description = (
        "Features (N, 2, 360) of a semantic scan, range over 100 m and edge proximity, to unit vectors (N, 32) whose "
        "Euclidean distance tells places apart: seven strided convolutions over the scan padded with itself, trained "
        "with a max-margin loss over all triplets of augmented places. It reproduces the published method and is here "
        "to be compared with. Limits: the heading must be known to 5 degrees, rays that were not observed read as "
        "seeing nothing, and the published training took a day on a GPU."
    )
    weight_decay = 0.0

    def __init__(
        self, cities: tuple[TrainingCity, ...], validation: TrainingCity, seed: int, base: Path | None = None
    ) -> None:
        """Begin with random weights, or with those of the network `base`.

        Raises:
            ArtifactError: `base` is no such network.
        """
        self._seed = seed
        self._sampler = PlaceSampler(cities)
        self._world = ThinnedCities(cities, _REMOVED_RATIO, seed + _REMOVAL)
        self._noise = PaperNoise()
        with seeded_weights(seed):
            self.module = PaperNetwork()
        if base is not None:
            load_weights(self.module, base, METADATA)
        scan = validation.caster.cast(_looking_east(validation.position_m), NUM_RAYS, MAX_RANGE_M)
        self._places = torch.from_numpy(paper_features(scan, MAX_RANGE_M))
        self._queries, self._true_place = self._draw_queries(validation)
        self._computes_in_bfloat16 = is_bfloat16_fast()

    def learning_rate(self, progress: float) -> float:
        """The published one, all the time."""
        return _LEARNING_RATE

    def batch(self, step: int) -> Batch:
        """Features (L * A, 2, B) of the augmentations of each location, and which locations are negatives (L, L)."""
        rng = np.random.default_rng((self._seed, step))
        city, position_m = self._sampler.draw(_LOCATIONS, rng)
        features = self._augmented(self._world, np.repeat(city, _AUGMENTATIONS),
                                   np.repeat(position_m, _AUGMENTATIONS, axis=0), rng)
        away_m = np.linalg.norm(position_m[:, None] - position_m, axis=2)
        is_negative = (city[:, None] != city) | (away_m >= _NEGATIVE_FROM_M)
        return torch.from_numpy(features), torch.from_numpy(is_negative)

    def loss(self, batch: Batch) -> torch.Tensor:
        """All triplets of the batch."""
        features, is_negative = batch
        with torch.autocast(features.device.type, torch.bfloat16, enabled=self._computes_in_bfloat16):
            embedding = self.module(features)
        return all_triplets_loss(embedding.view(_LOCATIONS, _AUGMENTATIONS, -1), is_negative, _MARGIN)

    def validate(self) -> float:
        """Score of finding augmented places among all places of the other city (`Retrieval.score`)."""
        return self._retrieve().score

    def figures(self) -> str:
        """Retrieval under the noise of training."""
        self.module.eval()
        with torch.no_grad():
            retrieval = self._retrieve()
        return (
            f"{_QUERIES} augmented places among {len(self._places)} of the validation map: "
            f"top-1 % {retrieval.top1_percent:.1f} %, R@1 {retrieval.recall1_percent:.1f} %"
        )

    def export(self, path: Path) -> None:
        """ONNX: `features` (N, 2, 360) to `embedding` (N, 32)."""
        error = export_network(self.module, self._queries, ("embedding",), METADATA, path)
        logger.info("wrote %s; onnxruntime differs by %.1e at most", path, error)

    def _retrieve(self) -> Retrieval:
        query, place = self._embed(self._queries), self._embed(self._places)
        retrieval = judge_retrieval(-(query @ place.T).numpy(), self._true_place)
        logger.info("top-1 %% %.1f, R@1 %.1f", retrieval.top1_percent, retrieval.recall1_percent)
        return retrieval

    def _draw_queries(self, city: TrainingCity) -> tuple[torch.Tensor, Int64]:
        rng = np.random.default_rng((self._seed, _VALIDATION))
        place = rng.integers(len(city.position_m), size=_QUERIES)
        world = ThinnedCities((city,), _REMOVED_RATIO, self._seed + _VALIDATION)
        features = self._augmented(world, np.zeros(_QUERIES, np.int64), city.position_m[place], rng)
        return torch.from_numpy(features), place

    def _augmented(
        self, world: ThinnedCities, city: Int64, position_m: Float64, rng: np.random.Generator
    ) -> Float32:
        """Features (N, 2, B) of scans from poses near `position_m` (N, 2), each with noise of its own."""
        poses = _looking_east(position_m)
        poses[:, :2] += rng.uniform(-_MOVED_M, _MOVED_M, (len(poses), 2))
        poses[:, 2] = rng.uniform(-_TURNED_RAD, _TURNED_RAD, len(poses))
        scan = world.cast(city, poses, NUM_RAYS, MAX_RANGE_M, rng)
        return paper_features(augment_buildings(scan, MAX_RANGE_M, self._noise, rng), MAX_RANGE_M)

    def _embed(self, features: torch.Tensor) -> torch.Tensor:
        device = next(self.module.parameters()).device
        return torch.cat([self.module(part.to(device)).cpu() for part in torch.split(features, _EMBEDDED_AT_ONCE)])


def _looking_east(position_m: Float64) -> Float64:
    return np.column_stack([position_m, np.zeros(len(position_m))])
