"""The verb `train`: maps to a network that recognises places, photos and views to one that reads images."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from geoloc_ros.maps.geomap import MapSource
    from geoloc_ros.training.maps import MapChoice, TrainingCity
    from geoloc_ros.training.recipe import ScanRecipe

Mode = Literal["ours", "paper"]


@dataclass(frozen=True)
class TrainOptions:
    """What `geoloc train scan` is told."""

    maps: tuple[str, ...]
    """FILE or FILE@W,S,E,N each."""
    output: Path
    """Network to write (.onnx); card, curve and the folder of the training under way get its name."""
    validate: str | None = None
    """Like one of `maps`; without it the first of them."""
    mode: Mode = "ours"
    base: Path | None = None
    """Network to begin with."""
    minutes: float = 15.0
    steps: int | None = None
    """In place of minutes."""
    seed: int = 0
    num_threads: int = 1


@dataclass(frozen=True)
class TrainSummary:
    """What `train_scan` made."""

    output: Path
    steps: int
    minutes: float
    first_validation: float
    best_validation: float
    figures: str

    def as_text(self) -> str:
        """Two lines for a terminal."""
        return (
            f"{self.output}: {self.steps} steps in {self.minutes:.1f} minutes; validation {self.first_validation:.1f} "
            f"at first, {self.best_validation:.1f} at best\n{self.figures}"
        )


def train_scan(options: TrainOptions, progress: ProgressCallback = no_progress) -> TrainSummary:
    """Train a network on maps and write it as ONNX with its card (.md) and learning curve (.curve.json).

    The folder .training beside the output lets a training that was killed go on: give the same command again. It also
    holds the scalars for TensorBoard.

    Raises:
        BackendError: torch is not installed.
        ConfigError: The output is no .onnx, or there is no map.
        MapError: A map cannot be used.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    _check(options)
    from geoloc_ros.training.card import Card, find_commit, write_card
    from geoloc_ros.training.checkpoint import write_curve
    from geoloc_ros.training.loop import Budget, LoopSettings, forget_training, train
    from geoloc_ros.training.maps import load_city, parse_map_choice

    commit = find_commit()
    choices = [parse_map_choice(text) for text in (*options.maps, options.validate or options.maps[0])]
    cities = []
    for number, choice in enumerate(choices):
        progress("reading the maps", number / len(choices))
        cities.append(load_city(choice))
    progress("reading the maps", 1.0)
    sources = tuple(city.geomap.source for city in cities)
    recipe = make_recipe(options.mode, tuple(cities[:-1]), cities[-1], options.seed, options.base)
    folder = options.output.with_suffix(".training")
    budget, settings = Budget(options.minutes, options.steps), LoopSettings(num_threads=options.num_threads)
    result = train(recipe, _identity(options, choices, sources), budget, settings, folder, progress)
    recipe.export(options.output)
    write_curve(options.output.with_suffix(".curve.json"), result.curve)
    figures = recipe.figures()
    card = Card(
        recipe.title, recipe.description, _command(options, choices), sources[:-1], sources[-1], options.seed, commit,
        result, figures,
    )
    write_card(card, options.output, options.output.with_suffix(".md"))
    forget_training(folder)
    return TrainSummary(
        options.output, result.steps, result.minutes, result.curve[0].validation, result.best_validation, figures
    )


@dataclass(frozen=True)
class StreetOptions:
    """What `geoloc train street` is told."""

    photos: Path
    """Folder with `train/` and `val/`, each with `images/` and `labels/` as CamVid has them."""
    output: Path
    """Network to write (.onnx); card, curve and the folder of the training under way get its name."""
    samples: Path | None = None
    """Folder with `train/` and `val/` that `geoloc train samples` rendered."""
    drive: Path | None = None
    """A drive of KITTI."""
    base: Path | None = None
    """Network to begin with."""
    minutes: float = 90.0
    steps: int | None = None
    """In place of minutes."""
    seed: int = 0
    num_threads: int = 1


def train_street(options: StreetOptions, progress: ProgressCallback = no_progress) -> TrainSummary:
    """Train the network that reads street images, and write it as ONNX with its card (.md) and curve (.curve.json).

    Raises:
        BackendError: torch is not installed.
        ConfigError: The output is no .onnx.
        DatasetError: A folder is not in the form that is expected.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    _check_training(options.output)
    from geoloc_ros.training.loop import Budget, LoopSettings
    from geoloc_ros.training.street_sources import StreetFolders
    from geoloc_ros.training.street_training import StreetTraining, run_street_training

    job = StreetTraining(
        StreetFolders(options.photos, options.samples, options.drive), options.output, options.base,
        _base_digest(options.base), Budget(options.minutes, options.steps),
        LoopSettings(num_threads=options.num_threads), options.seed, _street_command(options),
    )  # fmt: skip
    result, figures = run_street_training(job, progress)
    return TrainSummary(
        options.output, result.steps, result.minutes, result.curve[0].validation, result.best_validation, figures
    )


@dataclass(frozen=True)
class SamplesSummary:
    """What `render_training_samples` made."""

    folder: Path
    num_samples: int

    def as_text(self) -> str:
        """One line for a terminal."""
        return f"{self.folder}: {self.num_samples} views"


def render_training_samples(
    maps: tuple[str, ...], folder: Path, num_samples: int, seed: int, progress: ProgressCallback = no_progress
) -> SamplesSummary:
    """Render views of streets with classes, ranges and buildings, for `train_street`; needs no torch.

    Args:
        maps: FILE or FILE@W,S,E,N each.
        folder: To write to.
        num_samples: How many views; what is there already is rendered again.
        seed: Of worlds, spots, cameras.
        progress: Told how far it is.

    Raises:
        ConfigError: There is no map.
        MapError: A map cannot be used.
        BackendError: The ray caster for this processor is not installed.
    """
    from geoloc_ros.training.maps import load_city, parse_map_choice
    from geoloc_ros.training.street_samples import render_samples

    if not maps:
        raise ConfigError("no map to render; give at least one --map FILE")
    cities = [load_city(parse_map_choice(text)).geomap for text in maps]
    render_samples(cities, folder, num_samples, seed, progress)
    return SamplesSummary(folder, num_samples)


@dataclass(frozen=True)
class RaysSummary:
    """What `train_rays` made."""

    output: Path
    cities: tuple[str, ...]

    def as_text(self) -> str:
        """One line for a terminal."""
        return f"{self.output}: how rays are mistaken, counted in edited copies of {', '.join(self.cities)}"


def train_rays(maps: tuple[str, ...], output: Path, seed: int, progress: ProgressCallback = no_progress) -> RaysSummary:
    """Count in maps how rays are mistaken, for re-ranking; needs no torch.

    Args:
        maps: FILE or FILE@W,S,E,N each.
        output: Table to write (.npz).
        seed: Of edited copies and mistakes.
        progress: Told how far it is.

    Raises:
        ConfigError: There is no map.
        MapError: A map cannot be used.
    """
    from geoloc_ros.training.maps import load_city, parse_map_choice
    from geoloc_ros.training.ray_table import RayBudget, learn_ray_table

    if not maps:
        raise ConfigError("no map to learn from; give at least one --map FILE")
    cities = tuple(load_city(parse_map_choice(text)) for text in maps)
    learn_ray_table(cities, RayBudget(), seed, progress).save(output)
    return RaysSummary(output, tuple(city.name for city in cities))


def parse_mode(text: str) -> Mode:
    """Mode of its name.

    Raises:
        ConfigError: There is none of that name.
    """
    for mode in get_args(Mode):
        if text == mode:
            return cast(Mode, mode)
    raise ConfigError(f"no mode '{text}'; choose one of {', '.join(get_args(Mode))}")


def make_recipe(
    mode: Mode, cities: tuple[TrainingCity, ...], validation: TrainingCity, seed: int, base: Path | None
) -> ScanRecipe:
    """Recipe of a mode."""
    if mode == "paper":
        from geoloc_ros.training.paper_recipe import PaperRecipe

        return PaperRecipe(cities, validation, seed, base)
    from geoloc_ros.training.ours_recipe import OursRecipe

    return OursRecipe(cities, validation, seed, base)


def _check(options: TrainOptions) -> None:
    _check_training(options.output)
    if not options.maps:
        raise ConfigError("no map to learn from; give at least one --map FILE")


def _check_training(output: Path) -> None:
    for module in ("torch", "onnx", "tensorboard"):
        if importlib.util.find_spec(module) is None:
            raise BackendError(f"training needs {module}, which is not installed; pip install 'geoloc_ros[train]'")
    if output.suffix != ".onnx":
        raise ConfigError(f"output '{output}' does not end in .onnx; networks are written as ONNX")


def _identity(options: TrainOptions, choices: list[MapChoice], sources: tuple[MapSource, ...]) -> str:
    """What a training depends on, the number of steps apart."""
    maps = [(choice.as_text(), source.sha256) for choice, source in zip(choices, sources, strict=True)]
    return json.dumps({"maps": maps, "from": _base_digest(options.base), "seed": options.seed})


def _base_digest(base: Path | None) -> str:
    return hashlib.sha256(base.read_bytes()).hexdigest() if base else ""


def _command(options: TrainOptions, choices: list[MapChoice]) -> str:
    """The command line that was given, without folders."""
    words = [f"--map {choice.as_text()}" for choice in choices[:-1]]
    if options.validate:
        words.append(f"--validate {choices[-1].as_text()}")
    words.append(f"--mode {options.mode}")
    if options.base:
        words.append(f"--from {options.base.name}")
    words.append(f"--minutes {options.minutes:g}" if options.steps is None else f"--steps {options.steps}")
    return " ".join(["geoloc train scan", *words, f"--seed {options.seed}", f"-o {options.output.name}"])


def _street_command(options: StreetOptions) -> str:
    """The command line that was given, without folders' folders."""
    words = [f"--photos {options.photos.name}"]
    words += [f"--samples {options.samples.name}"] if options.samples else []
    words += [f"--drive {options.drive.name}"] if options.drive else []
    words += [f"--from {options.base.name}"] if options.base else []
    words.append(f"--minutes {options.minutes:g}" if options.steps is None else f"--steps {options.steps}")
    return " ".join(["geoloc train street", *words, f"--seed {options.seed}", f"-o {options.output.name}"])
