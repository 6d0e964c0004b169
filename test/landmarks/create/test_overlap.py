from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Int64, Pose3
from geoloc_ros.landmarks.create.overlap import check_overlap
from geoloc_ros.landmarks.create.patches import over_segment
from geoloc_ros.landmarks.create.sightings import Sightings, sightings_of
from geoloc_ros.landmarks.create.view_labels import LabelRenderer

CAMERA = Camera.pinhole(160, 120, np.pi / 2)


def wall(length_m: float) -> Surface:
    """4 m high, 0 to `length_m` along x, at z = 2 m, seen from the origin."""
    vertices_m = np.array([[0, -2, 2], [0, 2, 2], [length_m, 2, 2], [length_m, -2, 2]], np.float32)
    normal = np.tile(np.float32([0, 0, -1]), (4, 1))
    return Surface(vertices_m, normal, np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def walk(places_m: list[float]) -> PosedImages:
    """Cameras that look at the wall from 2 m: each sees 4 m of it."""
    count = len(places_m)
    poses = tuple(Pose3(np.eye(3), np.array([x, 0.0, 0.0])) for x in places_m)
    names = tuple(f"{number:03d}.png" for number in range(count))
    stamps = np.full(count, -1, np.int64)
    return PosedImages("wall", Path(), names, (CAMERA,) * count, poses, ("",) * count, 0.0, stamps)


@pytest.fixture(scope="module")
def renderer() -> LabelRenderer:
    return LabelRenderer(over_segment(wall(60.0), 0.8))


def seen_by(found: Sightings, image: int) -> Int64:
    return found.landmark[found.image == image].astype(np.int64)


def test_an_image_shows_the_landmarks_in_front_of_it() -> None:
    patches = over_segment(wall(10.0), 0.5)
    found = sightings_of(walk([5.0]), LabelRenderer(patches))
    x, y, _ = patches.landmarks.position_m.T
    # It sees 2 m to either side, 1.5 m up and down, and patches that reach into that by half a metre.
    surely = set(np.flatnonzero((np.abs(x - 5.0) < 1.5) & (np.abs(y) < 1.0)) + 1)
    perhaps = set(np.flatnonzero((np.abs(x - 5.0) < 2.5) & (np.abs(y) < 2.0)) + 1)
    assert surely <= set(seen_by(found, 0)) <= perhaps


def test_a_walk_along_the_wall_overlaps(renderer: LabelRenderer) -> None:
    images = walk([2.0 + 0.5 * step for step in range(40)])
    check = check_overlap(images, sightings_of(images, renderer))
    assert check.errors == ()
    assert check.warnings == ()


def test_images_apart_are_an_error_that_names_them(renderer: LabelRenderer) -> None:
    images = walk([3.0 + 5.0 * step for step in range(11)] + [3.1])
    check = check_overlap(images, sightings_of(images, renderer))
    assert len(check.errors) == 1
    assert "fall into 11 groups" in check.errors[0]
    assert "the largest of 2 images (000.png, 011.png)" in check.errors[0]


def test_a_group_apart_is_a_warning_that_names_it(renderer: LabelRenderer) -> None:
    images = walk([2.0 + 0.5 * step for step in range(30)] + [40.0, 40.5, 41.0, 41.5])
    check = check_overlap(images, sightings_of(images, renderer))
    assert check.errors == ()
    assert "4 of 34 images share nothing with the other 30: 1 groups" in check.warnings[0]
    assert "of 4 images (030.png, 031.png, 032.png, ...)" in check.warnings[0]


def test_images_that_show_nothing_are_groups_of_their_own(renderer: LabelRenderer) -> None:
    images = walk([2.0 + 0.5 * step for step in range(30)] + [500.0])
    check = check_overlap(images, sightings_of(images, renderer))
    assert "1 of 31 images share nothing" in check.warnings[0]


def test_landmarks_that_few_images_show_are_told() -> None:
    image, landmark = np.divmod(np.arange(25 * 6, dtype=np.int32), 6)
    found = Sightings(25, 1000, image, landmark + 1)
    rare = replace(
        found, image=np.concatenate([found.image, np.zeros(100, np.int32)]),
        landmark=np.concatenate([found.landmark, np.arange(100, 200, dtype=np.int32)]),
    )  # fmt: skip
    images = walk([0.0] * 25)
    assert check_overlap(images, found).warnings == ()
    assert "only 6 of 106 landmarks" in check_overlap(images, rare).warnings[0]
