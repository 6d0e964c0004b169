"""What the page shows, before it is packed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Float64, Pose3, SemanticScan
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph


@dataclass(frozen=True)
class CameraMount:
    """A camera of the vehicle and where it sits."""

    camera: Camera
    base_from_camera: Pose3
    """Base: x forward, y left, z up from the ground."""


@dataclass(frozen=True)
class View:
    """What was seen in one frame of the trace."""

    frame: int
    """Of the trace."""
    jpeg: bytes
    """Thumbnail of the whole image."""
    labels_png: bytes
    """Colours of the classes that were used, of the whole image."""
    scan: SemanticScan
    """Observed, (B,)."""
    predicted_range_m: Float32
    """(B,), of the map at the estimate; all NaN where that is not a fix."""


@dataclass(frozen=True)
class Figure:
    """One number of the summary."""

    name: str
    value: str
    note: str = ""
    """What it means, in a few words."""
    tile: bool = False
    """Among the few at the top of the page."""
    good: bool | None = None
    """For those that can be plainly good or bad."""


@dataclass(frozen=True)
class Scene:
    """One drive."""

    title: str
    subtitle: str
    geomap: GeoMap
    places: PlaceGraph
    trace: Trace
    truth: Float64
    """(F, 3) true poses at the stamps of the trace; NaN where unknown."""
    mount: CameraMount
    thumbnail_size: tuple[int, int]
    """Width and height of the thumbnails, pixels."""
    views: tuple[View, ...]
    """Ascending in frame."""
    figures: tuple[Figure, ...]
    facts: tuple[tuple[str, str], ...]
    """Names and values: where everything came from."""
    configuration: str
    """Effective config, for people."""


def project_to_image(points_m: Float64, camera: Camera) -> Float64:
    """Pixel coordinates (..., 2), from the corner of the first pixel, of points in the optical frame.

    Args:
        points_m: (..., 3), z forward, x right, y down.
        camera: Of the image.

    Returns:
        NaN for NaN points, for what the camera cannot see and for what is beside its image.
    """
    pixels = camera.project(points_m)
    outside = (pixels[..., 0] < 0.0) | (pixels[..., 0] > camera.width)
    return np.where(outside[..., None], np.nan, pixels)


def wall_base_pixels(range_m: Float32, mount: CameraMount) -> Float64:
    """Where in the image the walls at `range_m` (..., B) meet a flat ground, (..., B, 2); NaN where there is none."""
    num_rays = range_m.shape[-1]
    angle_rad = 2.0 * np.pi * np.arange(num_rays) / num_rays
    points_m = np.stack(
        [range_m * np.cos(angle_rad), range_m * np.sin(angle_rad), np.zeros(range_m.shape)], axis=-1
    )
    return project_to_image(mount.base_from_camera.inverse().apply(points_m), mount.camera)
