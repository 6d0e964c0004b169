"""Views as they would be if the camera had been turned, zoomed, exposed otherwise, or half hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Bool, Float32, Float64, Int64, Pose3, UInt8
from geoloc_ros.landmarks.landmark_input import UNSEEN
from geoloc_ros.training.landmarks.spec import STRIDE
from geoloc_ros.training.landmarks.views import IGNORED, LabelledViews
from geoloc_ros.training.photos.augment import Change, change_photo

_NEAREST_M: Final = 0.01
_AT_LANDMARK_PX: Final = 1e-3


@dataclass(frozen=True)
class ViewAugmentation:
    """How far views are changed. What a turned camera sees is known exactly: it needs no new image."""

    turn_rad: float = 0.10
    """Pitch and yaw, either way."""
    roll_rad: float = 0.15
    zoom: float = 1.25
    """Focal length times up to this, or divided by it."""
    brightness: float = 0.25
    contrast: float = 0.25
    saturation: float = 0.2
    hue_turns: float = 0.02
    noise: float = 6.0
    """Standard deviation up to this, of 255."""
    blur_px: float = 0.8
    blocks_ratio: float = 0.4
    """Share of views of which a block is hidden."""
    block_side: float = 0.5
    """Sides of a block up to this, over those of the image; from a tenth."""


@dataclass(frozen=True)
class TaughtView:
    """One image with what a network is to say about it; h x w cells."""

    image: UInt8
    """(H, W, 3)."""
    label: Int64
    """(h, w); IGNORED where the image shows nothing. Of cells, at their centres."""
    direction: Float32
    """(2, h, w), right and down, unit length, from the cell's centre to its landmark; 0 where there is none."""
    coordinate_m: Float32
    """(3, h, w), frame of the scene; NaN where the surface is not seen."""


@dataclass(frozen=True)
class Turn:
    """A camera turned about its own centre and zoomed."""

    camera: Camera
    turned_from_taken: Float64
    """(3, 3), rotation of the optical frame."""


def draw_turn(camera: Camera, augmentation: ViewAugmentation, rng: np.random.Generator) -> Turn:
    """Within what the augmentation allows."""
    spread = np.array([augmentation.turn_rad, augmentation.turn_rad, augmentation.roll_rad])
    rotation, _ = cv2.Rodrigues(rng.uniform(-1.0, 1.0, 3) * spread)
    zoom = float(np.exp(rng.uniform(-1.0, 1.0) * np.log(augmentation.zoom)))
    return Turn(replace(camera, fx=camera.fx * zoom, fy=camera.fy * zoom), np.asarray(rotation, np.float64))


def teach(views: LabelledViews, row: int, turn: Turn | None) -> TaughtView:
    """A view as it was taken, or turned."""
    camera, taken = turn.camera if turn is not None else views.camera, views.camera
    taken_from_turned = np.eye(3) if turn is None else turn.turned_from_taken.T
    ray = _cell_rays(camera) @ taken_from_turned.T
    source = _pixels_of(ray, taken)
    inside: Bool = (source >= 0.0).all(-1) & (source[..., 0] < taken.width) & (source[..., 1] < taken.height)
    column, down = (np.where(inside, source[..., axis], 0.0).astype(np.intp) for axis in (0, 1))
    label = np.where(inside, views.number[np.asarray(views.label[row])[down, column]], IGNORED)
    pose = views.scene_from_camera[row]
    turned_from_scene = Pose3(taken_from_turned.T, np.zeros(3)) @ pose.inverse()
    direction, label = _directions(label, views.landmarks.position_m, turned_from_scene, camera)
    depth = np.where(inside, np.asarray(views.depth_m[row])[down, column].astype(np.float64), np.nan)
    coordinate = pose.apply(ray / ray[..., 2:] * depth[..., None])
    image = np.asarray(views.image[row]) if turn is None else _turned_image(views, row, turn)
    return TaughtView(image, label, direction, np.moveaxis(coordinate, -1, 0).astype(np.float32))


def change_colours(image: UInt8, augmentation: ViewAugmentation, rng: np.random.Generator) -> UInt8:
    """Another exposure, white balance, focus and sensor noise."""
    spread = np.array(
        [augmentation.brightness, augmentation.contrast, augmentation.saturation, augmentation.hue_turns]
    )
    brightness, contrast, saturation, hue = (float(value) for value in rng.uniform(-1.0, 1.0, 4) * spread)
    change = Change(brightness=1.0 + brightness, contrast=1.0 + contrast, saturation=1.0 + saturation, hue_turns=hue)
    changed = change_photo(image, change)
    sigma_px, noise = rng.uniform(0.0, augmentation.blur_px), rng.uniform(0.0, augmentation.noise)
    if sigma_px > 0.3:
        changed = np.asarray(cv2.GaussianBlur(changed, (0, 0), sigma_px), np.uint8)
    # The same in all three colours: a third of the numbers, and it is brightness that patches are known by.
    grain = rng.standard_normal(image.shape[:2], dtype=np.float32) * np.float32(noise)
    return np.asarray(cv2.add(changed, cv2.merge([grain, grain, grain]), dtype=cv2.CV_8U), np.uint8)


def hide_block(
    image: UInt8, label: Int64, augmentation: ViewAugmentation, rng: np.random.Generator
) -> tuple[UInt8, Int64]:
    """Something in front of the scene: a block of noise, of coarse noise or of one colour; it shows no landmark."""
    height, width = image.shape[:2]
    sides = rng.uniform(0.1, augmentation.block_side, 2)
    tall, wide = max(1, round(sides[0] * height)), max(1, round(sides[1] * width))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    grain = (1, 8, max(tall, wide))[int(rng.integers(3))]
    coarse = rng.integers(0, 256, (-(-tall // grain), -(-wide // grain), 3), dtype=np.uint8)
    hidden = image.copy()
    hidden[top : top + tall, left : left + wide] = coarse.repeat(grain, 0).repeat(grain, 1)[:tall, :wide]
    rows, columns = _cell_centres(height // STRIDE), _cell_centres(width // STRIDE)
    in_block = ((rows >= top) & (rows < top + tall))[:, None] & ((columns >= left) & (columns < left + wide))
    return hidden, np.where(in_block & (label != IGNORED), 0, label)


def _directions(
    label: Int64, position_m: Float64, camera_from_scene: Pose3, camera: Camera
) -> tuple[Float32, Int64]:
    """Eq. 1, and the labels without those landmarks that lie beside or behind the camera."""
    ahead = camera_from_scene.apply(position_m)
    is_ahead = ahead[:, 2] > _NEAREST_M
    has_landmark = label > 0
    own = np.where(has_landmark, label - 1, 0)
    has_landmark &= is_ahead[own]
    ahead[~is_ahead] = 1.0
    apart = _pixels_of(ahead, camera)[own] - _cell_grid(*label.shape)
    length = np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), _AT_LANDMARK_PX)
    direction = np.where(has_landmark[..., None], apart / length, 0.0)
    return np.moveaxis(direction, -1, 0).astype(np.float32), np.where((label > 0) & ~has_landmark, 0, label)


def _turned_image(views: LabelledViews, row: int, turn: Turn) -> UInt8:
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    taken_from_turned = _matrix(views.camera) @ turn.turned_from_taken.T @ np.linalg.inv(_matrix(turn.camera))
    # OpenCV counts from the centre of the first pixel.
    mapping = np.linalg.inv(half) @ taken_from_turned @ half
    return np.asarray(
        cv2.warpPerspective(
            np.asarray(views.image[row]), mapping, (turn.camera.width, turn.camera.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT, borderValue=(UNSEEN,) * 3,
        ),
        np.uint8,
    )  # fmt: skip


def _cell_rays(camera: Camera) -> Float64:
    """(h, w, 3), unit z, through the centres of the cells."""
    grid = _cell_grid(camera.height // STRIDE, camera.width // STRIDE)
    right, down = (grid[..., 0] - camera.cx) / camera.fx, (grid[..., 1] - camera.cy) / camera.fy
    return np.asarray(np.stack([right, down, np.ones_like(right)], axis=-1), np.float64)


def _cell_grid(rows: int, columns: int) -> Float64:
    """(rows, columns, 2), centres of the cells in pixels."""
    return np.asarray(np.stack(np.meshgrid(_cell_centres(columns), _cell_centres(rows)), axis=-1), np.float64)


def _cell_centres(count: int) -> Float64:
    return np.asarray((np.arange(count) + 0.5) * STRIDE, np.float64)


def _pixels_of(points_m: Float64, camera: Camera) -> Float64:
    """Of points (..., 3) ahead of an ideal pinhole."""
    focal, centre = np.array([camera.fx, camera.fy]), np.array([camera.cx, camera.cy])
    return np.asarray(points_m[..., :2] / points_m[..., 2:] * focal + centre)


def _matrix(camera: Camera) -> Float64:
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
