"""A network for photos from collections: trained, written, described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, cast, get_args

import numpy as np
import torch

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.training.card import find_commit
from geoloc_ros.training.checkpoint import write_curve
from geoloc_ros.training.loop import Budget, LoopSettings, TrainingResult, forget_training, train
from geoloc_ros.training.photos.cosplace_recipe import CosPlaceRecipe
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.mining.choosing import MiningSettings
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe
from geoloc_ros.training.photos.networks.photo_file import load_photo
from geoloc_ros.training.photos.networks.photo_network import make_photo_network
from geoloc_ros.training.photos.networks.spec import NetworkSpec
from geoloc_ros.training.photos.networks.start import start_clusters
from geoloc_ros.training.photos.photo_card import PhotoCard, write_photo_card
from geoloc_ros.training.photos.photo_recipe import PhotoTask
from geoloc_ros.training.photos.s4_network import Segmentation
from geoloc_ros.training.photos.s4_recipe import S4Settings, make_s4_recipe
from geoloc_ros.training.photos.s4_target import unlabelled_photos
from geoloc_ros.training.photos.training_photos import TrainingPhotos, join_collections
from geoloc_ros.training.photos.triplet_recipe import TripletRecipe
from geoloc_ros.training.photos.validation import prepare_validation
from geoloc_ros.training.processes import Processes
from geoloc_ros.training.recipe import DescribedRecipe
from geoloc_ros.vpr.photo_input import network_input

PhotoMethod = Literal["multisimilarity", "triplet", "cosplace", "s4", "s4-plain", "s4-unlabelled"]
S4_SEGMENTATION: Final[dict[str, Segmentation]] = {"s4": "guided", "s4-plain": "plain", "s4-unlabelled": "none"}
"""Which of S4's recipes learns classes, and how; its other parts are the network's head and the targets."""

_RATE_FROM_SCRATCH: Final = 1e-3
_RATE_FROM_WEIGHTS: Final = 1e-4
_STARTING_PHOTOS: Final = 256
_AT_ONCE: Final = 32
# A stream of random numbers that no step of a training has.
_START: Final = 1 << 43


@dataclass(frozen=True)
class PhotoTraining:
    """What is to be trained, and how long."""

    collections: tuple[PhotoCollection, ...]
    """To learn from."""
    validation: PhotoCollection
    method: PhotoMethod
    mining: MiningSettings
    """Of triplets."""
    targets: Path | None
    """Folder of photos without places of the domain that S4 adapts to."""
    network: NetworkSpec | Path
    """To be made, or to begin with."""
    output: Path
    """Network to write (.onnx); card, curve and the folder of the training under way get its name."""
    budget: Budget
    settings: LoopSettings
    seed: int
    command: str
    """That was given, for the card."""
    identity: str
    """What the training depends on, for its checkpoint."""


def parse_photo_method(text: str) -> PhotoMethod:
    """Method of its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if text not in get_args(PhotoMethod):
        raise ConfigError(f"method '{text}' is not one of {', '.join(get_args(PhotoMethod))}")
    return cast(PhotoMethod, text)


def run_photo_training(
    job: PhotoTraining, processes: Processes, progress: ProgressCallback = no_progress
) -> tuple[TrainingResult, str]:
    """Train, and write network, card and curve; what the training came to, and how good it is in words.

    Raises:
        DatasetError: Photos are missing or broken, or do not suit the method.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    commit = find_commit()
    task = make_task(job)
    recipe = make_recipe(job, task)
    folder = job.output.with_suffix(".training")
    photos = [len(task.training.database), len(task.training.query)]
    identity = json.dumps({"method": job.method, "said": job.identity, "seed": job.seed, "photos": photos})
    result = train(recipe, identity, job.budget, job.settings, folder, progress, processes)
    figures = recipe.figures()
    if processes.is_first:
        recipe.export(job.output)
        write_curve(job.output.with_suffix(".curve.json"), result.curve)
        contents = tuple(_contents(each) for each in job.collections)
        card = PhotoCard(
            task.network.spec, recipe.description, job.command, contents, _contents(job.validation), job.seed,
            commit, task.network.origin, result, figures, task.images.problems,
        )  # fmt: skip
        write_photo_card(card, job.output, job.output.with_suffix(".md"))
        forget_training(folder)
    return result, figures


def make_task(job: PhotoTraining) -> PhotoTask:
    """Network and photos, ready to be learned from."""
    is_begun = isinstance(job.network, Path)
    network = load_photo(job.network) if isinstance(job.network, Path) else make_photo_network(job.network, job.seed)
    height, width = network.spec.height_px, network.spec.width_px
    training = join_collections(job.collections)
    images = PhotoImages(training.photos, height, width, num_threads=job.settings.num_threads)
    if not is_begun:
        rng = np.random.default_rng((job.seed, _START))
        start_clusters(network, _some_photos(training, images, rng), rng)
    validation = prepare_validation(job.validation, height, width, job.seed)
    rate = _RATE_FROM_WEIGHTS if is_begun or network.origin else _RATE_FROM_SCRATCH
    return PhotoTask(network, training, images, validation, job.seed, rate)


def make_recipe(job: PhotoTraining, task: PhotoTask) -> DescribedRecipe:
    """The one of the method."""
    if job.method == "triplet":
        return TripletRecipe(task, job.mining)
    if job.method == "cosplace":
        return CosPlaceRecipe(task)
    if job.method in S4_SEGMENTATION:
        return _s4_recipe(job, task)
    return MultiSimilarityRecipe(task)


def _s4_recipe(job: PhotoTraining, task: PhotoTask) -> DescribedRecipe:
    """As published where the network begins with weights; else with an optimiser that gets random ones going."""
    is_scratch = task.learning_rate == _RATE_FROM_SCRATCH
    settings = S4Settings(S4_SEGMENTATION[job.method])
    if is_scratch:
        settings = replace(settings, optimizer="adamw", learning_rate=task.learning_rate)
    spec = task.network.spec
    places, targets = TripletRecipe(task, job.mining), None
    if job.targets is not None:
        targets = PhotoImages(unlabelled_photos((job.targets,)), spec.height_px, spec.width_px)
    return make_s4_recipe(places, settings, targets)


def _some_photos(training: TrainingPhotos, images: PhotoImages, rng: np.random.Generator) -> Iterator[torch.Tensor]:
    count = min(_STARTING_PHOTOS, len(training.photos))
    chosen = rng.choice(len(training.photos), count, replace=False)
    for begin in range(0, count, _AT_ONCE):
        yield torch.from_numpy(network_input(images.load(chosen[begin : begin + _AT_ONCE])))


def _contents(collection: PhotoCollection) -> str:
    """How many photos of which name and conditions."""
    both = (*collection.database.condition, *collection.queries.condition)
    conditions = ", ".join(sorted({each for each in both if each}))
    said = f" ({conditions})" if conditions else ""
    return f"`{collection.database.name}`: {len(collection.database)} and {len(collection.queries)} queries{said}"
