"""A scene's landmarks, learned: patches, views, network, artifact."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from geoloc_ros.core.artifacts import check_replaceable
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.surface import Surface
from geoloc_ros.landmarks.coordinate_map import CoordinateMap
from geoloc_ros.landmarks.create.overlap import check_overlap
from geoloc_ros.landmarks.create.patches import over_segment
from geoloc_ros.landmarks.create.scene_check import SceneCheck, check_scene
from geoloc_ros.landmarks.create.sightings import sightings_of
from geoloc_ros.landmarks.create.view_labels import LabelRenderer
from geoloc_ros.landmarks.landmark_input import canonical_camera
from geoloc_ros.landmarks.landmark_map import LandmarkMap
from geoloc_ros.training.card import find_commit
from geoloc_ros.training.checkpoint import write_curve
from geoloc_ros.training.landmarks.base import begin_with
from geoloc_ros.training.landmarks.landmark_card import LandmarkCard, write_landmark_card
from geoloc_ros.training.landmarks.landmark_recipe import (
    LandmarkModule,
    LandmarkRecipe,
    LandmarkRecipeSettings,
    split_rows,
)
from geoloc_ros.training.landmarks.network import LandmarkMethod, make_network
from geoloc_ros.training.landmarks.pose_check import check_poses
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec
from geoloc_ros.training.landmarks.views import LabelledViews, forget_views, prepare_views
from geoloc_ros.training.loop import Budget, LoopSettings, TrainingResult, forget_training, train

logger = logging.getLogger(__name__)

_NETWORK_FILE: Final = "network.onnx"


@dataclass(frozen=True)
class LandmarkTraining:
    """How a scene is learned."""

    patch_m: float
    """Size of a patch, across."""
    method: LandmarkMethod = "prototypes"
    network: LandmarkNetworkSpec = LandmarkNetworkSpec()
    budget: Budget = Budget(minutes=60.0)
    settings: LandmarkRecipeSettings = LandmarkRecipeSettings()
    seed: int = 0
    base: Path | None = None
    """Network of other scenes to begin with (.onnx)."""
    loop: LoopSettings = field(default_factory=LoopSettings)


@dataclass(frozen=True)
class LandmarkTrained:
    """What a training came to."""

    folder: Path
    """Artifact: a LandmarkMap, or a CoordinateMap."""
    num_landmarks: int
    result: TrainingResult
    figures: str
    """How good the network is on the views that were held out, in words."""


def train_landmarks(
    images: PosedImages, surface: Surface, place: ScenePlace | None, job: LandmarkTraining, folder: Path, command: str,
    progress: ProgressCallback = no_progress,
) -> LandmarkTrained:
    """Learn the scene that the images show, and write its artifact `folder` with a card and a curve beside.

    Killed, the same call goes on: what it needs for that lies in the folder .training beside.

    Raises:
        DatasetError: The surface or the images do not do for landmarks.
        ArtifactError: Something else lies at `folder`; or what a killed training left, or the network to begin with,
            cannot be used.
    """
    check_replaceable(folder)
    commit = find_commit()
    under_way = beside(folder, ".training")
    views = scene_views(images, surface, job.patch_m, job.network, under_way, progress)
    module = LandmarkModule(make_network(job.method, job.network, job.seed), len(views.landmarks), job.seed)
    origin = begin_with(module.network, job.base) if job.base is not None else ""
    recipe = LandmarkRecipe(job.method, module, views, job.settings, job.seed)
    result = train(recipe, _identity(job, views), job.budget, job.loop, under_way, progress)
    figures = recipe.figures()
    config = _config(job, result, figures, commit, len(images))
    recipe.export(under_way / _NETWORK_FILE)
    if job.method == "coordinates":
        CoordinateMap(images.name, under_way / _NETWORK_FILE, views.camera, config).save(folder)
    else:
        found = _landmark_map(recipe, views, images.name, place, config, under_way / _NETWORK_FILE)
        check = check_poses(found, images.take(split_rows(len(images))[1]), job.seed, progress)
        figures = f"{figures}; {check.as_text()}"
        replace(found, variance_factor=check.variance_factor, config={**config, "figures": figures}).save(folder)
    write_curve(beside(folder, ".curve.json"), result.curve)
    card = LandmarkCard(images.name, len(images), len(views.landmarks), command, origin, config, result, figures)
    write_landmark_card(card, beside(folder, ".md"))
    forget_training(under_way)
    forget_views(under_way)
    return LandmarkTrained(folder, len(views.landmarks), result, figures)


def scene_views(
    images: PosedImages, surface: Surface, patch_m: float, spec: LandmarkNetworkSpec, folder: Path,
    progress: ProgressCallback = no_progress,
) -> LabelledViews:
    """The labelled views of a scene, in `folder`, with the landmarks that enough of them show.

    Raises:
        DatasetError: The surface or the images do not do for landmarks.
    """
    _require(check_scene(images, surface, patch_m, progress))
    patches = over_segment(surface, patch_m)
    renderer = LabelRenderer(patches)
    _require(check_overlap(images, sightings_of(images, renderer, progress)))
    camera = canonical_camera(images.camera, spec.width_px, spec.height_px)
    views = prepare_views(images, patches.landmarks, renderer.render, camera, folder, progress)
    logger.info(
        "%s: %d of %d patches of %g m are landmarks, %d images", images.name, len(views.landmarks), len(patches),
        patch_m, len(images),
    )
    return views


def _require(check: SceneCheck) -> None:
    for warning in check.warnings:
        logger.warning("%s", warning)
    check.require()


def beside(folder: Path, suffix: str) -> Path:
    """A name next to a folder, whose own name may have dots."""
    return folder.with_name(folder.name + suffix)


def _landmark_map(
    recipe: LandmarkRecipe, views: LabelledViews, name: str, place: ScenePlace | None, config: Mapping[str, Any],
    network: Path,
) -> LandmarkMap:
    positions_m = np.array([pose.translation_m for pose in views.scene_from_camera], np.float64)
    return LandmarkMap(
        name, views.landmarks, recipe.module.prototypes(), network, views.camera, place, positions_m, 1.0, config
    )


def _config(job: LandmarkTraining, result: TrainingResult, figures: str, commit: str, views: int) -> dict[str, Any]:
    """For the artifact."""
    return {
        "method": job.method, "network": asdict(job.network), "patch_m": job.patch_m, "seed": job.seed,
        "settings": asdict(job.settings), "base": job.base.name if job.base else "", "steps": result.steps,
        "minutes": result.minutes, "best_step": result.best_step, "views": views, "commit": commit,
        "figures": figures,
    }  # fmt: skip


def _identity(job: LandmarkTraining, views: LabelledViews) -> str:
    """What a training that goes on must have in common with the one that was killed."""
    digest = hashlib.sha256(views.landmarks.position_m.tobytes()).hexdigest()[:16]
    base = hashlib.sha256(job.base.read_bytes()).hexdigest()[:16] if job.base else ""
    said = [asdict(job.network), asdict(job.settings), job.seed, base, digest, len(views), asdict(views.camera)]
    return json.dumps(said, sort_keys=True)
