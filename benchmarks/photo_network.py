"""Train the network for photos that is shipped: places, and classes of pixels beside them.

`python benchmarks/photo_network.py --work FOLDER -o models/photo.onnx`; killed, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

import _vpr_photos as photos
from _vpr_training import HEIGHT_PX, WIDTH_PX

from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.training.card import find_commit
from geoloc_ros.training.checkpoint import write_curve
from geoloc_ros.training.loop import Budget, LoopSettings, forget_training, train
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe
from geoloc_ros.training.photos.networks.photo_file import load_photo
from geoloc_ros.training.photos.networks.photo_network import make_photo_network
from geoloc_ros.training.photos.networks.spec import parse_network
from geoloc_ros.training.photos.photo_card import PhotoCard, write_photo_card
from geoloc_ros.training.photos.photo_recipe import PhotoTask
from geoloc_ros.training.photos.s4_recipe import S4Settings, make_s4_recipe
from geoloc_ros.training.photos.training_photos import join_collections
from geoloc_ros.training.photos.validation import prepare_validation

NETWORK = "resnet18@0.25+msgem"
CITIES = (*photos.TRAINING, "cairo_nasr_city", "bad_hersfeld")


def main() -> None:
    """Train, write network, card and curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of vpr.py with the rendered photos")
    parser.add_argument("-o", "--output", type=Path, required=True, help="network to write (.onnx)")
    parser.add_argument("--from", dest="base", type=Path, help="network to begin with (.onnx)")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=1e-3, help="peak of the learning rate")
    parser.add_argument("--photo-seed", type=int, default=1, help="world and views of the photos")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        _train(arguments)
    except GeolocError as error:
        sys.exit(f"error: {error}")


def _train(arguments: argparse.Namespace) -> None:
    with progress_bar() as progress:
        training = [
            photos.photos_of(name, "training", arguments.work, arguments.photo_seed, progress) for name in CITIES
        ]
        validation = photos.photos_of(photos.VALIDATION, "validation", arguments.work, arguments.photo_seed, progress)
        joined = join_collections(training)
        network = (
            load_photo(arguments.base) if arguments.base
            else make_photo_network(parse_network(NETWORK, HEIGHT_PX, WIDTH_PX), arguments.seed)
        )  # fmt: skip
        task = PhotoTask(
            network, joined, PhotoImages(joined.photos, HEIGHT_PX, WIDTH_PX),
            prepare_validation(validation, HEIGHT_PX, WIDTH_PX, arguments.seed), arguments.seed, arguments.rate,
        )  # fmt: skip
        settings = S4Settings(segmentation="plain", decoder="psp", optimizer="adamw", learning_rate=arguments.rate)
        recipe = make_s4_recipe(MultiSimilarityRecipe(task), settings)
        said = {"network": NETWORK, "steps": arguments.steps, "seed": arguments.seed, "photos": len(joined.photos)}
        said |= {"rate": arguments.rate, "from": str(arguments.base or "")}
        folder = arguments.output.with_suffix(".training")
        result = train(
            recipe, json.dumps(said), Budget(steps=arguments.steps), LoopSettings(validations=8), folder, progress
        )
    recipe.export(arguments.output)
    write_curve(arguments.output.with_suffix(".curve.json"), result.curve)
    card = PhotoCard(
        network.spec, recipe.description, " ".join(["python", *sys.argv]), tuple(map(_contents, training)),
        _contents(validation), arguments.seed, find_commit(), network.origin, result, recipe.figures(),
        task.images.problems,
    )  # fmt: skip
    write_photo_card(card, arguments.output, arguments.output.with_suffix(".md"))
    forget_training(folder)
    print(card.figures)


def _contents(collection: PhotoCollection) -> str:
    count, conditions = len(collection.database) + len(collection.queries), sorted(set(collection.queries.condition))
    return f"{count} rendered photos of {collection.database.name.split('-')[0]} ({', '.join(conditions)})"


if __name__ == "__main__":
    main()
