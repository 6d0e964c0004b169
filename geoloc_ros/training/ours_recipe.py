"""Our training of our network: tell a place, and which way it is turned, from all others of the batch."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.types import Int64
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.features import NETWORK_FEATURES, network_features
from geoloc_ros.training.maps import TrainingCity
from geoloc_ros.training.onnx_file import export_network, load_weights
from geoloc_ros.training.ours_data import PairSampler, look_round
from geoloc_ros.training.ours_loss import place_and_rotation_loss
from geoloc_ros.training.ours_network import RAYS_PER_BIN, OursNetwork
from geoloc_ros.training.ours_world import MapEditor
from geoloc_ros.training.precision import is_bfloat16_fast
from geoloc_ros.training.recipe import Batch, seeded_weights
from geoloc_ros.training.retrieval import Retrieval, judge_retrieval

logger = logging.getLogger(__name__)

SCAN: Final = ScanConfig()
METADATA: Final = {
    "geoloc_kind": "scan-ours",
    "geoloc_features": NETWORK_FEATURES,
    "rays": str(SCAN.num_rays),
    "max_range_m": str(SCAN.max_range_m),
}
_BATCH = 256
_LEARNING_RATE = 4e-3
_WARM_UP = 0.02
_LAST_RATIO = 0.02
_QUERIES = 512
_EMBEDDED_AT_ONCE = 1024
# A stream of random numbers that no step of a training has.
_VALIDATION = 1 << 40


class OursRecipe:
    """Implements `training.recipe.Recipe`."""

    name = "scan-ours"
    title = "Our scan network"
    description = (
        "Features (N, 8, 360) of a semantic scan to a `descriptor` of a place on the map and a `query` of what was "
        "observed, (N, D) each; their inner product is the logarithm of how much likelier that place makes the "
        "observation. Circular convolutions: turning the scan by ten rays turns the 36 bins of the output by one. "
        "Trained with cross entropy over all places of a batch in all 36 rotations, on a noise family of its own."
    )
    weight_decay = 1e-2

    def __init__(
        self, cities: tuple[TrainingCity, ...], validation: TrainingCity, seed: int, base: Path | None = None
    ) -> None:
        """Begin with random weights, or with those of the network `base`.

        Raises:
            ArtifactError: `base` is no such network.
        """
        self._seed = seed
        self._samplers = tuple(PairSampler(city, SCAN) for city in cities)
        # Between one city, one vote and one place, one vote: large cities are more varied, but not by their size.
        share = np.sqrt([len(sampler) for sampler in self._samplers])
        self._city_share = share / share.sum()
        with seeded_weights(seed):
            self.module = OursNetwork()
        if base is not None:
            load_weights(self.module, base, METADATA)
        self._peak_rate = _LEARNING_RATE if base is None else _LEARNING_RATE / 4.0
        self._places, self._queries, self._true_place = _validation_set(validation, seed)
        self._computes_in_bfloat16 = is_bfloat16_fast()

    def learning_rate(self, progress: float) -> float:
        """A short rise, then half a cosine."""
        fall = _LAST_RATIO + (1.0 - _LAST_RATIO) * 0.5 * (1.0 + np.cos(np.pi * progress))
        return float(self._peak_rate * min(1.0, (progress + 1e-4) / _WARM_UP) * fall)

    def batch(self, step: int) -> Batch:
        """Features (2N, C, B), queries first and their places after them, and positions (N, 2) of the places."""
        rng = np.random.default_rng((self._seed, step))
        sampler = self._samplers[int(rng.choice(len(self._samplers), p=self._city_share))]
        pairs = sampler.draw(_BATCH, step, self._seed, rng)
        features = np.concatenate([network_features(pairs.observed), network_features(pairs.mapped)])
        return torch.from_numpy(features), torch.from_numpy(pairs.position_m.astype(np.float32))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Cross entropy over places and rotations."""
        features, position_m = batch
        with torch.autocast(features.device.type, torch.bfloat16, enabled=self._computes_in_bfloat16):
            place, query = self.module(features)
        count = len(position_m)
        num_bins = features.shape[2] // RAYS_PER_BIN
        return place_and_rotation_loss(query[:count].float(), place[count:].float(), position_m, num_bins)

    def validate(self) -> float:
        """Score of finding observed places among all places of the other city (`Retrieval.score`)."""
        return self._retrieve().score

    def figures(self) -> str:
        """Retrieval under the noise of training."""
        self.module.eval()
        with torch.no_grad():
            retrieval = self._retrieve()
        return (
            f"{len(self._queries)} observations with the noise of training among {len(self._places)} places of the "
            f"validation map: top-1 % {retrieval.top1_percent:.1f} %, R@1 {retrieval.recall1_percent:.1f} %"
        )

    def export(self, path: Path) -> None:
        """ONNX: `features` (N, 8, 360) to `descriptor` and `query` (N, D)."""
        error = export_network(self.module, self._queries, ("descriptor", "query"), METADATA, path)
        logger.info("wrote %s; onnxruntime differs by %.1e at most", path, error)

    def _retrieve(self) -> Retrieval:
        place, query = self._embed(self._places, 0), self._embed(self._queries, 1)
        retrieval = judge_retrieval(-(query @ place.T).numpy(), self._true_place)
        logger.info("top-1 %% %.1f, R@1 %.1f", retrieval.top1_percent, retrieval.recall1_percent)
        return retrieval

    def _embed(self, features: torch.Tensor, output: int) -> torch.Tensor:
        device = next(self.module.parameters()).device
        parts = []
        for part in torch.split(features, _EMBEDDED_AT_ONCE):
            with torch.autocast(device.type, torch.bfloat16, enabled=self._computes_in_bfloat16):
                parts.append(self.module(part.to(device))[output].float().cpu())
        return torch.cat(parts)


def _validation_set(city: TrainingCity, seed: int) -> tuple[torch.Tensor, torch.Tensor, Int64]:
    """Features of all places, of observations near some of them, and which those are."""
    rng = np.random.default_rng((seed, _VALIDATION))
    everywhere = np.column_stack([city.position_m, np.zeros(len(city.position_m))])
    places = network_features(city.caster.cast(everywhere, SCAN.num_rays, SCAN.max_range_m))
    true_place = rng.integers(len(city.position_m), size=_QUERIES)
    world = RayCaster(MapEditor(city.geomap.buildings, city.position_m).edited_walls(rng))
    pairs = look_round(city.caster, world, city.position_m[true_place], np.zeros(_QUERIES), SCAN, rng)
    return torch.from_numpy(places), torch.from_numpy(network_features(pairs.observed)), true_place
