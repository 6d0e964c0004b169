"""The verb `train landmarks`: posed images of a scene to landmarks and the network that finds them."""

from __future__ import annotations

import importlib.util
import logging
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geoloc_ros.core.errors import BackendError, ConfigError, DatasetError
from geoloc_ros.core.progress import ProgressCallback, no_progress

logger = logging.getLogger(__name__)

DEFAULT_NETWORK: Final = "small,256x192"
_MODULES: Final = ("torch", "tensorboard", "onnx", "onnxruntime")
_NAMED: Final = 5


@dataclass(frozen=True)
class LandmarkOptions:
    """What `geoloc train landmarks` is told."""

    source: Path
    """Scene, as `open_scene` takes it."""
    output: Path
    """Artifact to write; card, curve and the folder of the training under way get its name."""
    patch_m: float | None = None
    """Size of a patch; None: by how far the scene is from the cameras."""
    method: str = "prototypes"
    network: str = DEFAULT_NETWORK
    """ENCODER,WIDTHxHEIGHT."""
    base: Path | None = None
    """Network of other scenes to begin with (.onnx)."""
    minutes: float = 60.0
    steps: int | None = None
    """In place of minutes."""
    seed: int = 0


@dataclass(frozen=True)
class LandmarkSummary:
    """What `train_landmarks` made."""

    output: Path
    landmarks: int
    steps: int
    minutes: float
    figures: str

    def as_text(self) -> str:
        """Two lines for a terminal."""
        head = f"{self.output}: {self.landmarks} landmarks, {self.steps} steps in {self.minutes:.1f} minutes"
        return f"{head}\n{self.figures}"


def train_landmarks(options: LandmarkOptions, progress: ProgressCallback = no_progress) -> LandmarkSummary:
    """Learn a scene, and write its artifact with a card (.md) and a learning curve (.curve.json) beside.

    The folder .training beside the output lets a training that was killed go on: give the same command again.

    Raises:
        BackendError: A library for training is not installed.
        ConfigError: An option cannot be understood.
        DatasetError: The scene cannot be read, or does not do for landmarks; all that is wrong with it.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    _check(options)
    import torch

    from geoloc_ros.core.artifacts import check_replaceable
    from geoloc_ros.core.scene_place import read_place
    from geoloc_ros.datasets.scenes.open_scene import open_scene
    from geoloc_ros.landmarks.create.fuse import fuse_depth
    from geoloc_ros.landmarks.landmark_input import canonical_camera
    from geoloc_ros.training.landmarks.network import parse_landmark_method
    from geoloc_ros.training.landmarks.patch_size import choose_patch_m
    from geoloc_ros.training.landmarks.spec import parse_landmark_network
    from geoloc_ros.training.landmarks.training import LandmarkTraining
    from geoloc_ros.training.landmarks.training import train_landmarks as learn
    from geoloc_ros.training.loop import Budget, LoopSettings

    method, network = parse_landmark_method(options.method), parse_landmark_network(options.network)
    check_replaceable(options.output)
    place = read_place(options.source)
    scene = open_scene(options.source, progress)
    if scene.surface is None and not any(scene.train.depth_file):
        raise DatasetError(
            f"'{options.source}' has neither depth nor a surface to make landmarks of; put a mesh or a dense cloud of "
            "points beside the images, such as mesh.ply or fused.ply (docs/scenes.md)"
        )
    for problem in scene.problems[:_NAMED]:
        logger.warning("%s: %s", problem.file, problem.reason)
    patch_m = options.patch_m
    if patch_m is None:
        camera = canonical_camera(scene.train.camera, network.width_px, network.height_px)
        patch_m = choose_patch_m(scene.train, scene.surface, camera)
        logger.info("patches are %g m across", patch_m)
    surface = scene.surface if scene.surface is not None else fuse_depth(scene.train, patch_m, progress)
    job = LandmarkTraining(
        patch_m, method, network, Budget(options.minutes, options.steps), seed=options.seed, base=options.base,
        loop=LoopSettings(num_threads=torch.get_num_threads()),
    )  # fmt: skip
    done = learn(scene.train, surface, place, job, options.output, _command(options), progress)
    return LandmarkSummary(options.output, done.num_landmarks, done.result.steps, done.result.minutes, done.figures)


def _check(options: LandmarkOptions) -> None:
    if options.patch_m is not None and not options.patch_m > 0.0:
        raise ConfigError(f"patches of {options.patch_m} m cannot be made; give a size in metres, 0.3 for a room")
    if options.base is not None and not options.base.is_file():
        raise ConfigError(f"there is no network '{options.base}' to begin with; give an ONNX file of landmarks")
    missing = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise BackendError(f"training needs {', '.join(missing)}; install it with: pip install 'geoloc_ros[train]'")


def _command(options: LandmarkOptions) -> str:
    """To make the artifact again, with names of files in place of their paths."""
    said = {
        "--patch": f"{options.patch_m:g}" if options.patch_m is not None else None, "--method": options.method,
        "--network": options.network, "--from": options.base and options.base.name,
        "--minutes": None if options.steps else f"{options.minutes:g}", "--steps": options.steps,
        "--seed": options.seed,
    }  # fmt: skip
    words = [f"{name} {shlex.quote(str(value))}" for name, value in said.items() if value is not None]
    source = shlex.quote(options.source.name)
    return f"geoloc train landmarks {source} -o {options.output.name} {' '.join(words)}"
