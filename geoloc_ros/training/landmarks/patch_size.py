"""How large patches should be, where nobody says it."""

from __future__ import annotations

from typing import Final

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import usable_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32
from geoloc_ros.landmarks.create.small_views import smaller
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

PATCH_PX: Final = 32.0
"""Patches are as large as this in the network's images, at the median distance: eight cells of votes across."""
_VIEWS: Final = 24
_NEAREST_M: Final = 0.05


def choose_patch_m(images: PosedImages, surface: Surface | None, camera: Camera) -> float:
    """Size of patches, two digits, for the canonical camera of a network; by the surface, or by measured depth.

    Raises:
        DatasetError: Neither says how far the scene is from the cameras.
    """
    rows = np.unique(np.linspace(0, len(images) - 1, _VIEWS).astype(np.int64)) if len(images) else np.zeros(0, np.int64)
    if surface is not None:
        label = np.ones(len(surface.triangles) or len(surface.vertices_m), np.int32)
        renderer = SurfaceRenderer(surface, label, _NEAREST_M)
        depths = [_seen_depth(renderer, images, int(row)) for row in rows]
    else:
        measured = [usable_depth(images, int(row)) for row in rows]
        depths = [depth_m.ravel() for depth_m in measured if depth_m is not None]
    known = np.concatenate([np.zeros(0, np.float32), *depths])
    known = known[np.isfinite(known) & (known > 0.0)]
    if not len(known):
        raise DatasetError(
            f"no image of '{images.name}' sees the surface, or has depth, to size patches by; give --patch "
            "in metres, and see that poses and surface have the same frame"
        )
    return float(f"{PATCH_PX * float(np.median(known)) / camera.fx:.2g}")


def _seen_depth(renderer: SurfaceRenderer, images: PosedImages, row: int) -> Float32:
    _, depth_m = renderer.draw(smaller(images.camera[row]), images.scene_from_camera[row])
    return depth_m.ravel()
