"""The training of the street network: photos teach classes, the simulator geometry, a lidar what real streets are."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import numpy as np
import torch

from geoloc_ros.training.precision import is_bfloat16_fast
from geoloc_ros.training.recipe import Batch, seeded_weights
from geoloc_ros.training.street_augment import StreetExample, make_example
from geoloc_ros.training.street_average import AveragedNetwork
from geoloc_ros.training.street_loss import street_loss
from geoloc_ros.training.street_network import StreetNetwork, export_street, load_street
from geoloc_ros.training.street_score import StreetScore, score_network
from geoloc_ros.training.street_sources import StreetSources

logger = logging.getLogger(__name__)

_BATCH: Final = 8
_LEARNING_RATE: Final = 3e-3
_WARM_UP: Final = 0.02
_LAST_RATIO: Final = 0.01
_PHOTO_WIDTH: Final = 512
_VALIDATED_SAMPLES: Final = 24


class StreetRecipe:
    """Implements `training.recipe.Recipe`."""

    name = "street"
    weight_decay = 2e-2

    def __init__(self, sources: StreetSources, seed: int, base: Path | None = None) -> None:
        """Begin with random weights, or with those of the street network `base`.

        Raises:
            ArtifactError: `base` is no such network.
        """
        self._sources, self._seed = sources, seed
        shares = np.array([each.share for each in sources.learned])
        self._shares = shares / shares.sum()
        with seeded_weights(seed):
            network = StreetNetwork()
        if base is not None:
            load_street(network, base)
        self.module = AveragedNetwork(network)
        self._peak_rate = _LEARNING_RATE if base is None else _LEARNING_RATE / 3.0
        self._computes_in_bfloat16 = is_bfloat16_fast()

    def learning_rate(self, progress: float) -> float:
        """A short rise, then half a cosine."""
        if progress < _WARM_UP:
            return self._peak_rate * max(progress, 1e-4) / _WARM_UP
        cosine = 0.5 + 0.5 * np.cos(np.pi * (progress - _WARM_UP) / (1.0 - _WARM_UP))
        return float(self._peak_rate * (_LAST_RATIO + (1.0 - _LAST_RATIO) * cosine))

    def batch(self, step: int) -> Batch:
        """Images and answers of eight pieces of eight samples."""
        rng = np.random.default_rng((self._seed, step))
        examples = [self._example(rng) for _ in range(_BATCH)]
        images = np.stack([example.image for example in examples])
        return (
            torch.from_numpy(images),
            torch.from_numpy(np.stack([example.classes for example in examples])),
            torch.from_numpy(np.stack([example.log_range for example in examples])[:, None]),
            torch.from_numpy(np.stack([example.boundary for example in examples])[:, None]),
            torch.from_numpy((images[:, 3] != 0.0).any(axis=(1, 2))),
        )

    def loss(self, batch: Batch) -> torch.Tensor:
        """Of one batch; the mean of the weights moves first, to where the last step left them."""
        self.module.update()
        image, shares, log_range, boundary, has_ground = batch
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self._computes_in_bfloat16):
            outputs = self.module(image)
        return street_loss(outputs, shares, log_range, boundary, has_ground)

    def validate(self) -> float:
        """Per cent: mean IoU of the photos; with samples, also their building IoU less thrice their range error."""
        photos, samples = self.scores()
        logger.info("photos: %s", photos.as_text())
        if samples is None:
            return 100.0 * photos.mean_iou_ratio
        logger.info("samples: %s", samples.as_text())
        geometry = samples.building_iou_ratio - 3.0 * samples.range_error_ratio
        return 100.0 * (photos.mean_iou_ratio + 0.5 * geometry)

    def scores(self) -> tuple[StreetScore, StreetScore | None]:
        """Of the mean of the weights, on photos and on samples."""
        network, fast = self.module.average, self._computes_in_bfloat16
        chosen = self._sources.photos, self._sources.samples
        photos = score_network(network, chosen[0], range(len(chosen[0])), _PHOTO_WIDTH, fast)
        if chosen[1] is None:
            return photos, None
        count = len(chosen[1])
        numbers = range(0, count, max(1, count // _VALIDATED_SAMPLES))
        return photos, score_network(network, chosen[1], numbers, None, fast)

    def figures(self) -> str:
        """How good the network is now, in words."""
        photos, samples = self.scores()
        text = f"photos: {photos.as_text()}"
        return text if samples is None else f"{text}; views: {samples.as_text()}"

    def export(self, path: Path) -> None:
        """Write the mean of the weights as ONNX."""
        export_street(self.module.average, path)

    def _example(self, rng: np.random.Generator) -> StreetExample:
        chosen = self._sources.learned[int(rng.choice(len(self._shares), p=self._shares))]
        sample = chosen.source.sample(int(rng.integers(len(chosen.source))))
        return make_example(sample, chosen.source.knows_buildings, chosen.crops, rng)
