"""Networks of the comparison: one backbone pretrained for all, then each head and each variant of S4 from there."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from geoloc_ros.core.photos import PhotoCollection, PhotoSet
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.training.loop import Budget, LoopSettings, forget_training, train
from geoloc_ros.training.photos.augment import Augmentation
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe
from geoloc_ros.training.photos.networks.photo_file import export_photo, load_photo
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network
from geoloc_ros.training.photos.networks.spec import NetworkSpec, parse_network
from geoloc_ros.training.photos.networks.start import start_clusters
from geoloc_ros.training.photos.photo_recipe import Examples, PhotoTask
from geoloc_ros.training.photos.s4_network import Segmentation
from geoloc_ros.training.photos.s4_recipe import S4Recipe, S4Settings
from geoloc_ros.training.photos.training_photos import TrainingPhotos, join_collections
from geoloc_ros.training.photos.validation import PhotoValidation, prepare_validation
from geoloc_ros.training.recipe import Recipe
from geoloc_ros.vpr.photo_input import network_input

HEIGHT_PX, WIDTH_PX = 96, 128
WIDTH_RATIO = 0.25
AUGMENTATION = Augmentation(brightness=0.6, contrast=0.5, saturation=1.0, hue_turns=0.08)
"""Stronger than for large collections: two conditions alone would teach that colour tells places apart."""
Domain = Literal["none", "real", "shifted"]


@dataclass(frozen=True)
class Method:
    """One row of the comparison."""

    name: str
    network: str
    """As `geoloc train photo` takes it, but for the width of the backbone."""
    dimension: int = 0
    segmentation: Segmentation | None = None
    """None: no recipe of S4, but places alone."""
    target: Domain = "none"
    """What S4 adapts to."""


HEADS = (
    Method("gem", "resnet18-conv4+gem"), Method("netvlad", "resnet18-conv4+netvlad"),
    Method("crn", "resnet18-conv4+crn"), Method("cosplace", "resnet18-conv4+cosplace", 256),
    Method("convap", "resnet18-conv4+convap", 512), Method("mixvpr", "resnet18-conv4+mixvpr", 512),
)
S4 = (
    Method("s4", "resnet18+msatt", 0, "guided", "shifted"),
    Method("s4_target_real", "resnet18+msatt", 0, "guided", "real"),
    Method("s4_no_adaptation", "resnet18+msatt", 0, "guided", "none"),
    Method("s4_no_guidance", "resnet18+msatt", 0, "plain", "shifted"),
    Method("s4_no_segmentation", "resnet18+msatt", 0, "none", "shifted"),
    Method("s4_no_attention", "resnet18+msgem", 0, "plain", "shifted"),
    Method("s4_no_scales", "resnet18+attgem", 0, "guided", "shifted"),
    Method("s4_no_attention_no_adaptation", "resnet18+msgem", 0, "plain", "none"),
    Method("s4_gem", "resnet18+gem", 0, "none"),
)
"""Each part off by itself (without attention nothing guides the segmentation), attention and adaptation both off, and
all off: plain GeM.
"""
PRETRAINING = Method("pretrained", "resnet18+msgem", 0, "plain")


@dataclass(frozen=True)
class Schooling:
    """What all methods learn from, and for how long."""

    training: tuple[PhotoCollection, ...]
    """Under the seen conditions."""
    validation: PhotoCollection
    targets: dict[Domain, PhotoSet]
    pretraining_steps: int
    steps: int
    places_per_batch: int
    seed: int
    folder: Path
    """Keeps what is trained."""


@dataclass(frozen=True)
class Trained:
    """One network and what it took."""

    file: Path
    minutes: float
    validation: float
    """R@1 within 25 m of the validation city, seen conditions, per cent."""


class _LastPlaces(MultiSimilarityRecipe):
    """Keeps the weights of the last step, which the loop takes for the best.

    Weights chosen by recall under the seen conditions would be those that have not adapted to others.
    """

    _step = 0

    def examples(self, step: int) -> Examples:
        """As ever; remembers how far training is, also after an interruption."""
        self._step = max(self._step, step)
        return super().examples(step)

    def validate(self) -> float:
        """The later, the better."""
        return float(self._step)


class School:
    """Trains, or takes what was trained before with the same settings."""

    def __init__(self, schooling: Schooling, progress: ProgressCallback) -> None:
        self._plan, self._progress = schooling, progress
        self._joined: TrainingPhotos = join_collections(schooling.training)
        self._images = PhotoImages(self._joined.photos, HEIGHT_PX, WIDTH_PX)
        self._targets = {
            domain: PhotoImages(photos, HEIGHT_PX, WIDTH_PX) for domain, photos in schooling.targets.items()
        }
        self._validation: PhotoValidation = prepare_validation(
            schooling.validation, HEIGHT_PX, WIDTH_PX, schooling.seed
        )

    def pretrained(self) -> Trained:
        """The backbone that all begin with."""
        return self._trained(PRETRAINING, self._plan.pretraining_steps, None, 1e-3)

    def trained(self, method: Method, start: Trained) -> Trained:
        """The network of a method."""
        return self._trained(method, self._plan.steps, start, 5e-4)

    def untrained(self) -> Path:
        """Random weights under plain GeM."""
        file = self._plan.folder / "untrained.onnx"
        if not file.exists():
            export_photo(make_photo_network(_spec(HEADS[0]), self._plan.seed), file)
        return file

    def _trained(self, method: Method, steps: int, start: Trained | None, rate: float) -> Trained:
        said = {
            "method": asdict(method), "steps": steps, "rate": rate, "start": start.file.name if start else "",
            "places": self._plan.places_per_batch, "photos": len(self._joined.photos), "seed": self._plan.seed,
            "augmentation": asdict(AUGMENTATION),
        }  # fmt: skip
        file = self._plan.folder / f"{method.name}.onnx"
        notes = file.with_suffix(".json")
        if notes.exists() and (known := json.loads(notes.read_text()))["said"] == said:
            return Trained(file, known["minutes"], known["validation"])
        # Of its own for every setting: a training that was interrupted goes on only if nothing has changed.
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
        folder = self._plan.folder / f"{method.name}-{digest}.training"
        began_s = time.monotonic()
        network = self._network(method, start)
        task = PhotoTask(network, self._joined, self._images, self._validation, self._plan.seed, rate, AUGMENTATION)
        recipe = self._recipe(method, task, rate)
        train(
            recipe, json.dumps(said), Budget(steps=steps), LoopSettings(validations=1), folder, self._progress
        )
        forget_training(folder)
        export_photo(network, file, {"trained": json.dumps(said)})
        minutes = (time.monotonic() - began_s) / 60.0
        validation = 100.0 * self._validation.recall1_ratio(network.eval())
        notes.write_text(json.dumps({"said": said, "minutes": minutes, "validation": validation}))
        return Trained(file, minutes, validation)

    def _network(self, method: Method, start: Trained | None) -> PhotoNetwork:
        network = make_photo_network(_spec(method), self._plan.seed)
        if start is not None:
            weights = load_photo(start.file).backbone.state_dict()
            wanted = network.backbone.state_dict()
            network.backbone.load_state_dict({name: weights[name] for name in wanted})
        rng = np.random.default_rng(self._plan.seed)
        chosen = rng.choice(len(self._joined.photos), 256)
        start_clusters(
            network, (torch.from_numpy(network_input(self._images.load(rows))) for rows in np.split(chosen, 8)), rng
        )
        return network

    def _recipe(self, method: Method, task: PhotoTask, rate: float) -> Recipe:
        places = _LastPlaces(task, self._plan.places_per_batch)
        if method.segmentation is None:
            return places
        settings = S4Settings(
            segmentation=method.segmentation, decoder="psp", optimizer="adamw", learning_rate=rate
        )
        return S4Recipe(places, settings, self._targets.get(method.target))


def _spec(method: Method) -> NetworkSpec:
    backbone, head = method.network.split("+")
    return parse_network(f"{backbone}@{WIDTH_RATIO}+{head}", HEIGHT_PX, WIDTH_PX, method.dimension)
