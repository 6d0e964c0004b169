"""A street network from folders of photos, views and a drive: trained, written, described."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.training.card import find_commit
from geoloc_ros.training.checkpoint import write_curve
from geoloc_ros.training.loop import Budget, LoopSettings, TrainingResult, forget_training, train
from geoloc_ros.training.street_card import StreetCard, write_street_card
from geoloc_ros.training.street_recipe import StreetRecipe
from geoloc_ros.training.street_sources import StreetFolders, open_sources


@dataclass(frozen=True)
class StreetTraining:
    """What is to be trained, and how long."""

    folders: StreetFolders
    output: Path
    """Network to write (.onnx); card, curve and the folder of the training under way get its name."""
    base: Path | None
    """Network to begin with."""
    base_digest: str
    """Of its content; empty without one."""
    budget: Budget
    settings: LoopSettings
    seed: int
    command: str
    """That was given, for the card."""


def run_street_training(
    job: StreetTraining, progress: ProgressCallback = no_progress
) -> tuple[TrainingResult, str]:
    """Train, and write network, card and curve; what the training came to, and how good it is in words.

    Raises:
        DatasetError: A folder is not in the form that is expected.
        ArtifactError: The network to begin with, or what a killed training left, cannot be used.
    """
    commit = find_commit()
    sources = open_sources(job.folders)
    recipe = StreetRecipe(sources, job.seed, job.base)
    folder = job.output.with_suffix(".training")
    identity = json.dumps({"folders": job.folders.identity(), "from": job.base_digest, "seed": job.seed})
    result = train(recipe, identity, job.budget, job.settings, folder, progress)
    recipe.export(job.output)
    write_curve(job.output.with_suffix(".curve.json"), result.curve)
    figures = recipe.figures()
    card = StreetCard(job.command, sources.contents(), job.seed, commit, result, figures)
    write_street_card(card, job.output, job.output.with_suffix(".md"))
    forget_training(folder)
    return result, figures
