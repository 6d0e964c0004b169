"""Cameras of views from other paths: by landmarks, by the baselines on the same encoder, and by peers; and occluded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from _charts import Line, draw_chart
from _landmark_findings import Findings
from _landmark_methods import MEANINGS, METHODS, School, find_of, finder_of
from _landmark_peers import FEATURE_INLIER_PX, FeaturePeer, MostAlike
from _landmark_scenes import SceneName, Scenes

from geoloc_ros.core.landmark_config import CameraPoseConfig
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64, UInt8
from geoloc_ros.evaluation.landmarks.judged import Change, FindCamera, JudgedViews, judge_views, view_distance_m
from geoloc_ros.evaluation.landmarks.landmark_evaluation import (
    JudgedMethod,
    LandmarkEvaluation,
    OcclusionCurve,
    judged_method,
)
from geoloc_ros.evaluation.landmarks.landmark_files import write_results, write_views
from geoloc_ros.evaluation.landmarks.occlusion import SIDE_PERCENT, add_noise_block
from geoloc_ros.evaluation.landmarks.page.page import write_landmark_page
from geoloc_ros.evaluation.landmarks.shown import shown_views
from geoloc_ros.landmarks.create.patches import over_segment
from geoloc_ros.landmarks.create.view_labels import LabelRenderer

OCCLUDED: SceneName = "room"
"""The scene whose figures have no name of a scene in them."""
_TICKS_M = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
OCCLUDED_TOO = (*METHODS, "sift")
EVERY_THIRD = slice(None, None, 3)
"""Features take ten times as long as networks."""
CLASSIC = ("sift", "orb", "most_alike")


def measure_scene(
    scene: SceneName, scenes: Scenes, school: School, seed: int, pages: Path, progress: ProgressCallback,
    findings: Findings,
) -> None:
    """Errors of all methods in one scene, and a page of them."""
    test = scenes.scene(scene).test
    distance_m = view_distance_m(test)
    networks = {name: school.trained(scene, method) for name, method in METHODS.items()}
    methods, curves = [], []
    for name, find in _finders(scene, scenes, school, networks, progress):
        views = judge_views(find, test, distance_m, seed, progress)
        judged = judged_method(name, MEANINGS[name], views, np.random.default_rng(seed))
        said = school.said(networks[name]) if name in networks else {}
        _tell(findings, scene, judged, said)
        methods.append(judged)
        if name in OCCLUDED_TOO:
            every = slice(None) if name in METHODS else EVERY_THIRD
            some = test.take(np.arange(len(test))[every])
            ask = partial(judge_views, find, some, distance_m[every], seed, progress)
            curves.append(_occluded(findings, scene, judged, ask))
    finder = finder_of(networks["vsnet"])
    evaluation = LandmarkEvaluation(
        f"{scene}, simulated", tuple(methods), tuple(curves), shown_views(finder, methods[0].judged, seed),
        tuple(_facts(scene, scenes, school, networks["vsnet"], distance_m)),
    )
    write_landmark_page(evaluation, pages / f"{scene}.html")
    write_results(evaluation, pages / f"{scene}.json")
    write_views(evaluation, pages / f"{scene}.csv")
    _draw_occlusion(scene, curves, pages / f"{scene}_occlusion.png")


def _finders(
    scene: SceneName, scenes: Scenes, school: School, networks: dict[str, Path], progress: ProgressCallback
) -> Iterator[tuple[str, FindCamera]]:
    train = scenes.scene(scene).train
    for name, folder in networks.items():
        yield name, find_of(name, folder, train, school.lessons.seed)
    alike = MostAlike(train, progress)
    renderer = LabelRenderer(over_segment(scenes.surface(scene), school.lessons.patch_m[scene]))
    config = CameraPoseConfig(inlier_px=FEATURE_INLIER_PX)
    yield "sift", FeaturePeer("sift", train, renderer, alike, config, progress).find
    yield "orb", FeaturePeer("orb", train, renderer, alike, config, progress).find
    yield "most_alike", alike.find


def _tell(findings: Findings, scene: SceneName, method: JudgedMethod, said: dict[str, object]) -> None:
    accuracy, calibration = method.accuracy, method.calibration
    start, count = f"{scene}_{method.name}", accuracy.views
    findings.figure(f"{start}_median_m", accuracy.median_m, "m", count)
    findings.figure(f"{start}_median_deg", accuracy.median_deg, "deg", count)
    findings.figure(f"{start}_found", accuracy.found_ratio, "", count)
    findings.figure(f"{start}_median_ratio", accuracy.median_ratio, "", count)
    findings.figure(f"{start}_within_5cm_5deg", accuracy.fine_ratio, "", count)
    findings.figure(f"{start}_wrong", accuracy.wrong_ratio, "", count)
    if method.name not in CLASSIC:
        findings.figure(f"{start}_inside_95", calibration.pose_ratio, "", calibration.views)
    findings.row(
        "accuracy", scene=scene, method=method.name, **asdict(accuracy), calibration=asdict(calibration), training=said
    )


def _occluded(
    findings: Findings, scene: SceneName, method: JudgedMethod, ask: Callable[..., JudgedViews]
) -> OcclusionCurve:
    percent, median_m, found = [0.0], [method.accuracy.median_m.value], [method.accuracy.found_ratio.value]
    for side in SIDE_PERCENT:
        judged = judged_method(method.name, "", ask(change=_block(side / 100.0)), np.random.default_rng(side))
        hidden, accuracy = side * side // 100, judged.accuracy
        start = "occlusion" if scene == OCCLUDED else f"{scene}_occlusion"
        findings.figure(f"{start}_{hidden}_{method.name}_median_m", accuracy.median_m, "m", accuracy.views)
        findings.row(
            "occlusion", scene=scene, method=method.name, percent=hidden, median_m=accuracy.median_m.value,
            median_deg=accuracy.median_deg.value, found=accuracy.found_ratio.value, wrong=accuracy.wrong_ratio,
            views=accuracy.views,
        )  # fmt: skip
        percent.append(float(hidden))
        median_m.append(accuracy.median_m.value)
        found.append(accuracy.found_ratio.value)
    return OcclusionCurve(method.name, tuple(percent), tuple(median_m), tuple(found))


def _block(side_ratio: float) -> Change:
    """Hides a part of every image."""

    def hide(image: UInt8, rng: np.random.Generator) -> UInt8:
        return add_noise_block(image, side_ratio, rng)

    return hide


def _draw_occlusion(scene: SceneName, curves: Sequence[OcclusionCurve], file: Path) -> None:
    """Median errors over hidden shares, both logarithmic; the image without a block is left out."""
    lines = [
        Line(curve.name, np.array(curve.percent[1:]), np.array(curve.median_m[1:]), colour)
        for colour, curve in enumerate(curves)
    ]
    title = f"{scene}: a block of noise in the image"
    hidden = tuple(side * side / 100.0 for side in SIDE_PERCENT)
    image = draw_chart(title, "hidden, % of the image", "median error (m)", lines, hidden, _TICKS_M, logarithmic=True)
    cv2.imwrite(str(file), image)


def _facts(
    scene: SceneName, scenes: Scenes, school: School, network: Path, distance_m: Float64
) -> Iterator[tuple[str, str]]:
    posed, said = scenes.scene(scene), school.said(network)
    landmarks = finder_of(network).landmark_map.landmarks
    yield "scene", posed.name
    yield "views", f"{len(posed.train)} for training, {len(posed.test)} from other paths"
    yield "landmarks", f"{len(landmarks)}, patches of {landmarks.patch_m:g} m"
    yield "distance to the surface", f"{np.nanmedian(distance_m):.2f} m, median of the views"
    yield "training", f"{said['steps']} steps in {said['minutes']:.1f} minutes of one core"
    yield "held-out training views", str(said["figures"])
