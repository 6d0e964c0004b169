"""A view with the landmarks that were found in it, and the map of labels beside it."""

from __future__ import annotations

import base64
from html import escape

import cv2
import numpy as np

from geoloc_ros.core.landmarks import NO_LANDMARK, CameraPose
from geoloc_ros.core.types import Float64, Int32, UInt8
from geoloc_ros.evaluation.landmarks.errors import errors_of
from geoloc_ros.evaluation.landmarks.landmark_evaluation import ShownView

AGREES, DISAGREES, TRUE = (64, 214, 120), (240, 66, 66), (255, 255, 255)
"""Red first: landmarks that the pose agrees with, others, and the way to where a landmark truly is."""
_WIDTH_PX, _QUALITY = 480, 82
_TURN = 0.61803398875
"""Of the circle of hues from one label to the next: neighbours by number differ most."""


def drawn_view(view: ShownView) -> str:
    """Markup of the view and of its labels."""
    return (
        f'<div class="view">{_figure(draw_landmarks(view), _caption(view))}'
        f'{_figure(draw_labels(view.label, view.image), "labels")}</div>'
    )


def draw_landmarks(view: ShownView) -> UInt8:
    """The image (H', W', 3) with a ring for every landmark that was found, and a line to where it truly is."""
    scale = _WIDTH_PX / view.image.shape[1]
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    image = cv2.resize(view.image, None, fx=scale, fy=scale, interpolation=way)
    agreeing = set(view.answer.inliers.tolist()) if isinstance(view.answer, CameraPose) else set()
    camera_from_scene = view.truth.inverse()
    position_m = view.landmarks.position_m[view.voted.landmark - 1].reshape(-1, 3)
    true_px = view.camera.project(camera_from_scene.apply(position_m))
    for landmark, pixel, true in zip(view.voted.landmark.tolist(), view.voted.pixel, true_px, strict=True):
        colour = AGREES if landmark in agreeing else DISAGREES
        at = _drawn_at(pixel, scale)
        if np.isfinite(true).all():
            cv2.line(image, at, _drawn_at(true, scale), TRUE, 1, cv2.LINE_AA)
        cv2.circle(image, at, 5, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.circle(image, at, 5, colour, 2, cv2.LINE_AA)
    return np.asarray(image, np.uint8)


def _drawn_at(pixel: Float64, scale: float) -> tuple[int, int]:
    # OpenCV draws from the centre of the first pixel, and cannot draw what is very far outside.
    x, y = np.clip(scale * pixel - 0.5, -10_000.0, 10_000.0)
    return round(float(x)), round(float(y))


def draw_labels(label: Int32, image: UInt8) -> UInt8:
    """Labels (h, w) as colours (H', W', 3) over the image in grey; where there is none, the image alone."""
    size = (_WIDTH_PX, max(1, round(image.shape[0] * _WIDTH_PX / image.shape[1])))
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size)
    large = cv2.resize(label.astype(np.float32), size, interpolation=cv2.INTER_NEAREST).astype(np.int64)
    hue = (large * _TURN % 1.0 * 180.0).astype(np.uint8)
    bright = (96 + grey.astype(np.int32) * 5 // 8).clip(0, 255).astype(np.uint8)
    coloured = cv2.cvtColor(np.dstack([hue, np.full_like(hue, 190), bright]), cv2.COLOR_HSV2RGB)
    none = large == NO_LANDMARK
    coloured[none] = np.repeat(grey[none][:, None] // 2, 3, axis=1)
    return np.asarray(coloured, np.uint8)


def _caption(view: ShownView) -> str:
    text = f"<b>{escape(view.title)}</b>"
    if not isinstance(view.answer, CameraPose):
        return f"{text}<br>not found: {escape(view.answer.reason)}"
    errors = errors_of([view.truth], [view.answer], np.array([np.nan]))
    said = f"{100.0 * errors.position_m[0]:.1f} cm, {errors.angle_deg[0]:.2f}°"
    return f"{text}<br>{said}; {len(view.answer.inliers)} of {len(view.voted.landmark)} landmarks agree"


def _figure(image: UInt8, caption: str) -> str:
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    data = base64.b64encode(np.asarray(coded, np.uint8).tobytes()).decode()
    height, width = image.shape[:2]
    source = f'<img alt="" width="{width}" height="{height}" src="data:image/jpeg;base64,{data}">'
    return f"<figure>{source}<figcaption>{caption}</figcaption></figure>"
