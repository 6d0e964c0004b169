"""The verb `train photo`: photos of known places to a network that recognises places."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from geoloc_ros.training.photos.networks.spec import NetworkSpec

DEFAULT_NETWORK: Final = "resnet18-conv4+gem,320x240"
S4_NETWORK: Final = "resnet50+msatt,768x432"
_NO_IDENTITY: Final = ("output", "base", "target", "minutes", "steps", "seed")
_S4_METHODS: Final = ("s4", "s4-plain", "s4-unlabelled")
_MINING_METHODS: Final = ("triplet", *_S4_METHODS)
_MODULES: Final = ("torch", "tensorboard", "onnx", "onnxruntime", "pytorch_metric_learning", "sklearn")


@dataclass(frozen=True)
class PhotoOptions:
    """What `geoloc train photo` is told."""

    sources: tuple[str, ...]
    """Collections to learn from, as `load_collection` takes them."""
    output: Path
    """Network to write (.onnx); card, curve and the folder of the training under way get its name."""
    validate: str | None = None
    """Collection to choose weights by; without it the first of the sources."""
    method: str = "multisimilarity"
    mining: str = "partial"
    """Of triplets."""
    target: Path | None = None
    """Folder of photos of any places, which S4 makes the network at home in."""
    network: str | None = None
    """BACKBONE+HEAD, and behind a comma WIDTHxHEIGHT of the photos that it gets."""
    base: Path | None = None
    """Network to begin with, in place of `network`."""
    minutes: float = 60.0
    steps: int | None = None
    """In place of minutes."""
    seed: int = 0


@dataclass(frozen=True)
class PhotoSummary:
    """What `train_photo` made."""

    output: Path
    steps: int
    minutes: float
    first_validation: float
    best_validation: float
    figures: str

    def as_text(self) -> str:
        """Two lines for a terminal."""
        return (
            f"{self.output}: {self.steps} steps in {self.minutes:.1f} minutes; R@1 {self.first_validation:.1f} % "
            f"at first, {self.best_validation:.1f} % at best\n{self.figures}"
        )


def train_photo(options: PhotoOptions, progress: ProgressCallback = no_progress) -> PhotoSummary | None:
    """Train a network on photos and write it as ONNX with its card (.md) and learning curve (.curve.json).

    The folder .training beside the output lets a training that was killed go on: give the same command again. It also
    holds the scalars for TensorBoard. Started by torchrun, all processes train one network.

    Returns:
        None in processes of torchrun but the first.

    Raises:
        BackendError: A library for training is not installed.
        ConfigError: An option cannot be understood.
        DatasetError: Photos are missing or broken, or do not suit the method.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    _check(options)
    import torch

    from geoloc_ros.datasets.photos.collection import load_collection
    from geoloc_ros.training.loop import Budget, LoopSettings
    from geoloc_ros.training.photos.mining.choosing import MiningSettings, parse_mining
    from geoloc_ros.training.photos.training import PhotoTraining, parse_photo_method, run_photo_training
    from geoloc_ros.training.processes import joined_processes

    method, mining = parse_photo_method(options.method), MiningSettings(parse_mining(options.mining))
    network = options.base or _network(options)
    collections = tuple(load_collection(source, progress=progress) for source in options.sources)
    validation = load_collection(options.validate, progress=progress) if options.validate else collections[0]
    with joined_processes() as processes:
        job = PhotoTraining(
            collections, validation, method, mining, options.target, network, options.output,
            Budget(options.minutes, options.steps), LoopSettings(num_threads=torch.get_num_threads()), options.seed,
            _command(options), _identity(options),
        )  # fmt: skip
        result, figures = run_photo_training(job, processes, progress if processes.is_first else no_progress)
        if not processes.is_first:
            return None
    return PhotoSummary(
        options.output, result.steps, result.minutes, result.curve[0].validation, result.best_validation, figures
    )


def _check(options: PhotoOptions) -> None:
    if options.output.suffix != ".onnx":
        raise ConfigError(f"the network is written as ONNX, not as '{options.output}'; give -o NAME.onnx")
    if not options.sources:
        raise ConfigError("there are no photos to learn from; give at least one collection")
    if options.base is not None and not options.base.is_file():
        raise ConfigError(f"there is no network '{options.base}' to begin with")
    if options.target is not None and options.method not in _S4_METHODS:
        raise ConfigError(f"method '{options.method}' adapts to no photos of elsewhere; leave out --target, or use s4")
    if options.base is not None and options.network is not None:
        raise ConfigError(f"'{options.base}' says which network it is; leave out --network")
    missing = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise BackendError(f"training needs {', '.join(missing)}; install it with: pip install 'geoloc_ros[train]'")


def _network(options: PhotoOptions) -> NetworkSpec:
    from geoloc_ros.training.photos.networks.spec import parse_network

    text = options.network or (S4_NETWORK if options.method in _S4_METHODS else DEFAULT_NETWORK)
    if "," not in text:
        text += DEFAULT_NETWORK[DEFAULT_NETWORK.index(",") :]
    name, _, size = text.rpartition(",")
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ConfigError(f"size '{size}' of '{text}' is not WIDTHxHEIGHT in pixels; an example: {DEFAULT_NETWORK}")
    return parse_network(name, int(height), int(width))


def _identity(options: PhotoOptions) -> str:
    """What a training that goes on must have in common with the one that was killed."""
    digest = hashlib.sha256(options.base.read_bytes()).hexdigest()[:16] if options.base else ""
    left = {name: value for name, value in asdict(options).items() if name not in _NO_IDENTITY}
    return json.dumps({**left, "target": str(options.target or ""), "base": digest}, sort_keys=True)


def _command(options: PhotoOptions) -> str:
    """To make the network again, with names of files in place of their paths."""
    said = {
        "--validate": options.validate and Path(options.validate).name, "--method": options.method,
        "--mining": options.mining if options.method in _MINING_METHODS else None,
        "--target": options.target and options.target.name, "--network": options.network,
        "--from": options.base and options.base.name,
        "--minutes": None if options.steps else f"{options.minutes:g}", "--steps": options.steps,
        "--seed": options.seed,
    }  # fmt: skip
    words = [f"{name} {shlex.quote(str(value))}" for name, value in said.items() if value is not None]
    sources = " ".join(shlex.quote(Path(source).name) for source in options.sources)
    return f"geoloc train photo {sources} -o {options.output.name} {' '.join(words)}"
