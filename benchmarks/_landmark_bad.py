"""What is wrong with scenes and images that people give, and what they are told; images of other scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from _landmark_findings import Findings
from _landmark_methods import School, finder_of
from _landmark_scenes import SCENES, SceneName, Scenes, guessed_camera, real_photos

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import GeolocError, ObservationError
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, NotFound
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.evaluation.landmarks.accuracy import accuracy_of
from geoloc_ros.evaluation.landmarks.judged import judge_views, view_distance_m
from geoloc_ros.landmarks.create.overlap import check_overlap
from geoloc_ros.landmarks.create.patches import over_segment
from geoloc_ros.landmarks.create.scene_check import check_scene
from geoloc_ros.landmarks.create.sightings import sightings_of
from geoloc_ros.landmarks.create.view_labels import LabelRenderer
from geoloc_ros.landmarks.finder import LandmarkFinder

FEW = 5
_AWAY_M = 200.0
_FOCAL = (0.8, 0.95, 1.05, 1.2)
"""By which queries are told a wrong focal length."""


def measure_bad_scenes(
    scenes: Scenes, patch_m: float, progress: ProgressCallback, findings: Findings
) -> None:
    """Scenes that cannot be learned, made of the room; each must be told what is wrong."""
    posed, surface = scenes.scene("room"), scenes.surface("room")
    train = posed.train
    halves = _far_apart(train, surface)
    wide = tuple(_with_focal(camera, 1.3) for camera in train.camera)
    inverted = tuple(pose.inverse() for pose in train.scene_from_camera)
    cases: tuple[tuple[str, PosedImages, Surface], ...] = (
        ("good", train, surface),
        (f"{FEW} views", train.take(np.arange(FEW, dtype=np.int64)), surface),
        ("views without overlap", *halves),
        ("mesh in millimetres", train, replace(surface, vertices_m=1000.0 * surface.vertices_m)),
        ("focal length 1.3 times too long", replace(train, camera=wide), surface),
        ("poses the wrong way round", replace(train, scene_from_camera=inverted), surface),
    )
    for name, images, mesh in cases:
        outcome, message = _told(images, mesh, patch_m, progress)
        findings.row("bad scene", case=name, outcome=outcome, message=message)


def _told(images: PosedImages, mesh: Surface, patch_m: float, progress: ProgressCallback) -> tuple[str, str]:
    """What becomes of a scene, and the words."""
    try:
        check = check_scene(images, mesh, patch_m, progress)
        if not check.errors:
            renderer = LabelRenderer(over_segment(mesh, patch_m))
            check = check_overlap(images, sightings_of(images, renderer, progress))
    except GeolocError as error:
        return "refused", str(error)
    if check.errors:
        return "refused", check.errors[0]
    return ("warned", check.warnings[0]) if check.warnings else ("accepted", "")


def _far_apart(train: PosedImages, surface: Surface) -> tuple[PosedImages, Surface]:
    """Two copies of the place, every other view in the second one."""
    away = Pose3(np.eye(3), np.array([_AWAY_M, 0.0, 0.0]))
    poses = tuple(away @ pose if row % 2 else pose for row, pose in enumerate(train.scene_from_camera))
    shifted = surface.vertices_m + away.translation_m.astype(np.float32)
    both = Surface(
        np.concatenate([surface.vertices_m, shifted]), np.concatenate([surface.normal, surface.normal]),
        np.concatenate([surface.triangles, surface.triangles + len(surface.vertices_m)]).astype(np.int32),
    )  # fmt: skip
    return replace(train, scene_from_camera=poses), both


def _with_focal(camera: Camera, factor: float) -> Camera:
    return replace(camera, fx=factor * camera.fx, fy=factor * camera.fy)


def measure_wrong_cameras(scenes: Scenes, school: School, progress: ProgressCallback, findings: Findings) -> None:
    """Queries whose camera is said to have another focal length than it has."""
    for scene in SCENES:
        test = scenes.scene(scene).test
        finder = finder_of(school.trained(scene, "prototypes"))
        distance_m = view_distance_m(test)
        for factor in _FOCAL:
            told = replace(test, camera=tuple(_with_focal(camera, factor) for camera in test.camera))
            errors = judge_views(finder.find, told, distance_m, school.lessons.seed, progress).errors
            of = accuracy_of(errors, np.random.default_rng(0))
            findings.row(
                "wrong camera", scene=scene, focal=factor, found=of.found_ratio.value, median_m=of.median_m.value,
                median_deg=of.median_deg.value, wrong=of.wrong_ratio, views=of.views,
            )  # fmt: skip


def measure_foreign(scenes: Scenes, school: School, progress: ProgressCallback, findings: Findings) -> None:
    """Images of other scenes, which must not be found."""
    false, asked = 0, 0
    for scene in SCENES:
        finder = finder_of(school.trained(scene, "prototypes"))
        like = scenes.scene(scene).test.camera[0]
        for name, views in _foreign(scenes, scene, like):
            answers = [_answer(finder, image, camera, number) for number, (image, camera) in enumerate(views)]
            poses = [answer for answer in answers if isinstance(answer, CameraPose)]
            reasons = Counter(answer.reason for answer in answers if isinstance(answer, NotFound))
            findings.row(
                "foreign", scene=scene, images=name, asked=len(answers), false=len(poses),
                landmarks=float(np.median([answer.num_voted for answer in answers])),
                false_log10_chance=[pose.log10_chance for pose in poses], such_as=next(iter(reasons), ""),
            )  # fmt: skip
            false, asked = false + len(poses), asked + len(answers)
            progress(f"foreign images in the {scene}", 1.0)
    findings.figure("foreign_false_pose_rate", false / asked, "", asked)


def _foreign(scenes: Scenes, scene: SceneName, like: Camera) -> Iterator[tuple[str, list[tuple[UInt8, Camera]]]]:
    for name, images in scenes.foreign(scene):
        yield name, [(read_photo(images.path(row)), images.camera[row]) for row in range(len(images))]
    for name, photos in real_photos(scenes.sizes.real):
        yield f"{name} (real)", [(photo, guessed_camera(photo, like)) for photo in photos]


def _answer(finder: LandmarkFinder, image: UInt8, camera: Camera, number: int) -> CameraAnswer:
    try:
        return finder.find(image, camera, np.random.default_rng((7, number)))
    except ObservationError as error:
        return NotFound(str(error), 0)
