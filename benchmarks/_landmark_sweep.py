"""How much the size of the patches matters; shorter trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _landmark_findings import Findings
from _landmark_methods import School, finder_of
from _landmark_scenes import SceneName, Scenes

from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.evaluation.landmarks.accuracy import accuracy_of
from geoloc_ros.evaluation.landmarks.judged import judge_views, view_distance_m
from geoloc_ros.landmarks.landmark_map import LandmarkMap


def measure_patches(
    scene: SceneName, sizes_m: tuple[float, ...], minutes: float, scenes: Scenes, school: School,
    progress: ProgressCallback, findings: Findings,
) -> None:
    """Errors by size of the patches, all trained for the same minutes."""
    for patch_m in sizes_m:
        folder = school.trained(scene, "prototypes", patch_m, minutes)
        _judge(scene, patch_m, folder, scenes, school, progress, findings)


def _judge(
    scene: SceneName, patch_m: float, folder: Path, scenes: Scenes, school: School, progress: ProgressCallback,
    findings: Findings,
) -> None:
    test, seed = scenes.scene(scene).test, school.lessons.seed
    judged = judge_views(finder_of(folder).find, test, view_distance_m(test), seed, progress)
    of, landmarks = accuracy_of(judged.errors, np.random.default_rng(seed)), len(LandmarkMap.load(folder).landmarks)
    start = f"{scene}_patch_{100 * patch_m:g}cm"
    findings.figure(f"{start}_median_m", of.median_m, "m", of.views)
    findings.figure(f"{start}_landmarks", landmarks)
    findings.row(
        "patches", scene=scene, patch_m=patch_m, landmarks=landmarks, median_m=of.median_m.value,
        median_deg=of.median_deg.value, found=of.found_ratio.value, aim=of.aim_ratio.value, views=of.views,
        training=school.said(folder),
    )  # fmt: skip
