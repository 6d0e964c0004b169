from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import CAMERA, colour_of, pose_at, wall_points

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.types import Int64, Pose3

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.landmarks.augment import (
    Turn,
    ViewAugmentation,
    change_colours,
    draw_turn,
    hide_block,
    teach,
)
from geoloc_ros.training.landmarks.spec import STRIDE
from geoloc_ros.training.landmarks.views import IGNORED, UNCOVERED, LabelledViews

POSE = pose_at(0.3, -0.2, 0.7)
# Landmark 1 is where x < 0 on the walls, landmark 2 the rest; none above and below.
LANDMARKS = Landmarks(np.array([[-2.0, 0.5, 0.1], [2.0, 0.4, -0.2]]), np.zeros((2, 3), np.float32), 1.0)


def number_of() -> Int64:
    number = np.zeros(UNCOVERED + 1, np.int64)
    number[[1, 2]], number[UNCOVERED] = [1, 2], IGNORED
    return number


def views_of(pose: Pose3) -> LabelledViews:
    points = wall_points(pose)
    label = np.where(np.isnan(points[..., 0]), 0, np.where(points[..., 0] < 0.0, 1, 2))
    depth = pose.inverse().apply(points)[..., 2]
    return LabelledViews(
        CAMERA, colour_of(points).astype(np.uint8)[None], label.astype(np.uint16)[None],
        depth.astype(np.float16)[None], (pose,), LANDMARKS, number_of(),
    )  # fmt: skip


def test_a_view_as_it_was_taken_is_taught_as_it_is() -> None:
    views = views_of(POSE)
    taught = teach(views, 0, None)
    np.testing.assert_array_equal(taught.image, views.image[0])
    np.testing.assert_array_equal(taught.label, views.label[0, 2::STRIDE, 2::STRIDE])


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_a_turned_view_is_what_a_turned_camera_sees(seed: int) -> None:
    """Colours, labels, directions and coordinates are those of a camera at the same place with the turned rotation."""
    turn = draw_turn(CAMERA, ViewAugmentation(turn_rad=0.3, roll_rad=0.3), np.random.default_rng(seed))
    taught = teach(views_of(POSE), 0, turn)
    turned = Pose3(POSE.rotation @ turn.turned_from_taken.T, POSE.translation_m)
    centres = cell_points(turned, turn.camera)
    seen = taught.label != IGNORED
    inside = seen & np.isfinite(centres[..., 0])
    clear = inside & (np.abs(centres[..., 0]) > 0.15) & (np.abs(np.abs(centres[..., 2]) - 1.0) > 0.15)
    expected = np.where(centres[..., 0] < 0.0, 1, 2)
    has_landmark = clear & (taught.label > 0)
    assert has_landmark.sum() > 30
    np.testing.assert_array_equal(taught.label[has_landmark], expected[has_landmark])
    found_m = np.moveaxis(taught.coordinate_m, 0, -1)
    near_edge = np.abs(np.abs(centres[..., 0]) - np.abs(centres[..., 1])) < 0.3
    assert np.abs(found_m - centres)[clear & ~near_edge & np.isfinite(found_m[..., 0])].max() < 0.12
    towards = turn.camera.project(turned.inverse().apply(LANDMARKS.position_m))
    away = towards[taught.label[has_landmark] - 1] - cell_centres()[has_landmark]
    np.testing.assert_allclose(
        np.moveaxis(taught.direction, 0, -1)[has_landmark], away / np.linalg.norm(away, axis=1, keepdims=True),
        atol=1e-5,
    )  # fmt: skip
    colours = colour_of(wall_points(turned, turn.camera))[2::STRIDE, 2::STRIDE]
    pixels = taught.image[2::STRIDE, 2::STRIDE].astype(float)
    assert np.median(np.abs(pixels - colours)[has_landmark & ~near_edge]) < 8.0


def cell_centres() -> np.ndarray:
    columns, rows = (np.arange(0, size, STRIDE) + STRIDE / 2.0 for size in (CAMERA.width, CAMERA.height))
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def cell_points(pose: Pose3, camera: Camera) -> np.ndarray:
    """Where in the scene the centres of the cells look: pixels of a camera of half the cells."""
    coarse = Camera(
        "pinhole", camera.width // STRIDE, camera.height // STRIDE, camera.fx / STRIDE, camera.fy / STRIDE,
        camera.cx / STRIDE, camera.cy / STRIDE,
    )  # fmt: skip
    return wall_points(pose, coarse)


def test_what_a_turned_camera_sees_beside_the_image_is_ignored() -> None:
    quarter = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    taught = teach(views_of(POSE), 0, Turn(CAMERA, quarter))
    assert (taught.label == IGNORED).all() and not taught.direction.any() and np.isnan(taught.coordinate_m).all()


def test_a_landmark_behind_the_camera_is_none() -> None:
    """A patch may reach round the camera; its middle has no image then."""
    views = views_of(POSE)
    behind = POSE.apply(np.array([[0.0, 0.0, 2.0], [0.0, 0.0, -1.0]]))
    assert (teach(views, 0, None).label == 2).any()
    taught = teach(replace(views, landmarks=replace(LANDMARKS, position_m=behind)), 0, None)
    assert not (taught.label == 2).any() and not taught.direction[:, taught.label == 0].any()


def test_a_camera_upside_down_sees_every_pixel_at_the_other_end() -> None:
    views = views_of(POSE)
    taught = teach(views, 0, Turn(CAMERA, np.diag([-1.0, -1.0, 1.0])))
    np.testing.assert_array_equal(taught.image[1:-1, 1:-1], views.image[0, ::-1, ::-1][1:-1, 1:-1])


def test_a_block_hides_landmarks_and_nothing_else(rng: np.random.Generator) -> None:
    image, label = np.full((64, 96, 3), 77, np.uint8), np.full((16, 24), 3, np.int64)
    label[0] = IGNORED
    for _ in range(20):
        hidden, taught = hide_block(image, label, ViewAugmentation(), rng)
        changed = np.any(hidden != image, axis=2)
        assert 0.005 < changed.mean() < 0.26
        assert set(np.unique(taught)) == {IGNORED, 0, 3} and (taught[0] == IGNORED).all()
        # A pixel of noise may have the colour that was there before.
        assert np.mean((taught[1:] == 0) == changed[2::STRIDE, 2::STRIDE][1:]) > 0.98


def test_colours_change_and_the_image_that_came_does_not(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (64, 96, 3), dtype=np.uint8)
    before = image.copy()
    changed = change_colours(image, ViewAugmentation(), rng)
    assert changed.shape == image.shape and changed.dtype == np.uint8 and np.any(changed != image)
    np.testing.assert_array_equal(image, before)


def test_no_augmentation_changes_no_colour(rng: np.random.Generator) -> None:
    none = ViewAugmentation(brightness=0.0, contrast=0.0, saturation=0.0, hue_turns=0.0, noise=0.0, blur_px=0.0)
    image = rng.integers(0, 256, (64, 96, 3), dtype=np.uint8)
    np.testing.assert_allclose(change_colours(image, none, rng).astype(int), image, atol=1)
