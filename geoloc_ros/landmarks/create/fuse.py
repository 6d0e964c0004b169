"""The surface of a scene out of posed depth images (VS-Net, §3.1, leaves it to KinectFusion)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import depth_view, measured_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Bool, Float32, Int64
from geoloc_ros.landmarks.create.distance_field import DepthView, DistanceField

logger = logging.getLogger(__name__)

_VOXELS_OF_A_PATCH = 6.0
_COARSEST_M = 0.15
"""Of grids for large patches: cars and kerbs, which hide what is behind them, are lost on coarser ones."""
_TRUNCATION_VOXELS = 4.0
_BUDGET_MB = 2000.0
_MOST_VIEWS = 3000
"""More of a walk say nothing new: a Kinect makes 30 a second."""
_SMALLEST_PART = 0.25
"""Of the area of a patch; what hangs together and is smaller is noise."""
_EDGE_RATIO = 0.05
"""Where inverse depth jumps by so much of itself from pixel to pixel, one thing ends before another."""
_SMOOTH_PX = 5
_FLATTEST = 0.15
"""Slopes below are taken as this: walls seen under less than ten degrees."""
_ROUNDING_VOXELS = 0.1
"""By how much single precision may move a vertex."""


def fuse_depth(images: PosedImages, patch_m: float, progress: ProgressCallback) -> Surface:
    """The mesh that the depth of posed images makes, fine enough for patches of a size.

    Grid points are a sixth of a patch apart, at most 15 cm. Every view counts by the inverse square of its depth, since
    that is how depth errs, and of its slope; pixels at edges and beside holes do not count. Parts that hang together
    and are smaller than a quarter of a patch are dropped. The order of the views changes nothing but rounding.

    Args:
        images: Those without depth are left out; broken depth images are logged and left out.
        patch_m: Size of patches, across.
        progress: Told about views.

    Raises:
        DatasetError: If no image has depth that can be used, a depth camera is no pinhole, or the scene is too large
            or too far from its origin for patches of this size.
    """
    rows = np.array([row for row, file in enumerate(images.depth_file) if file], np.int64)
    if not len(rows):
        raise DatasetError(f"no image of '{images.name}' has depth; put a mesh or a dense cloud of points beside")
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_VIEWS)).astype(np.int64)]
    voxel_m = min(patch_m / _VOXELS_OF_A_PATCH, _COARSEST_M)
    _check_near(images, voxel_m)
    field = DistanceField(voxel_m, _TRUNCATION_VOXELS * voxel_m, _BUDGET_MB)
    for view in _views(images, rows, "finding the surface", progress):
        if not field.make_room(view):
            raise DatasetError(
                f"the surface of '{images.name}' needs more than {_BUDGET_MB:.0f} MB at {voxel_m:.3g} m: choose larger "
                "patches, or see that depth is in the right unit"
            )
    for view in _views(images, rows, "fusing depth", progress):
        field.add(view)
    surface = _without_crumbs(field.surface(), _SMALLEST_PART * patch_m**2)
    if not len(surface.triangles):
        raise DatasetError(
            f"the depth of '{images.name}' ({len(rows)} images) makes no surface at {voxel_m:.3g} m; see that its unit "
            f"is right (one step is {images.depth_unit_m:g} m) and poses are scene from camera"
        )
    logger.info(
        "fused %d depth images into %d triangles, grid %.3g m, %.0f MB", len(rows), len(surface.triangles), voxel_m,
        field.size_mb,
    )
    return surface


def view_of_depth(depth_m: Float32, camera: Camera) -> tuple[Float32, Float32]:
    """Inverse depth (H, W), 0 where nothing can be believed, and slope (H, W), of an ideal pinhole; see `DepthView`.

    The inverse depth of a plane is linear in the pixels, however steep it is seen.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(depth_m > 0.0, np.float32(1.0) / depth_m, np.float32(0.0)).astype(np.float32)
    inverse[~np.isfinite(inverse)] = 0.0
    slope = _slope(inverse, camera)
    inverse[_is_edge(inverse)] = 0.0
    return inverse, slope


def _check_near(images: PosedImages, voxel_m: float) -> None:
    far_m = max(float(np.abs(pose.translation_m).max()) for pose in images.scene_from_camera)
    if np.spacing(np.float32(far_m)) > _ROUNDING_VOXELS * voxel_m:
        raise DatasetError(
            f"cameras of '{images.name}' are {far_m:.0f} m from the origin of their frame, where vertices in single "
            f"precision are too coarse for a grid of {voxel_m:.3g} m; move all poses near to the origin"
        )


def _views(
    images: PosedImages, rows: Int64, stage: str, progress: ProgressCallback
) -> Iterator[DepthView]:
    said = max(1, len(rows) // 100)
    for number, row in enumerate(rows.tolist()):
        if number % said == 0:
            progress(stage, number / len(rows))
        camera, scene_from_camera = depth_view(images, row)
        if camera.model != "pinhole":
            raise DatasetError(f"depth of a {camera.model} camera cannot be fused; give a mesh or a cloud of points")
        try:
            depth_m = measured_depth(images, row)
        except DatasetError as error:
            logger.warning("left out: %s", error)
            continue
        ideal, column, line = _ideal(camera)
        if camera.distortion:
            depth_m = np.where(column < 0, np.float32(np.nan), depth_m[line, np.maximum(column, 0)])
        inverse, slope = view_of_depth(depth_m, ideal)
        yield DepthView(ideal, scene_from_camera, inverse, slope)
    progress(stage, 1.0)


@lru_cache(maxsize=4)
def _ideal(camera: Camera) -> tuple[Camera, Int64, Int64]:
    """The camera without distortion, and the pixel of the distorted image that each of its pixels shows; -1 is none."""
    ideal = Camera("pinhole", camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy)
    with np.errstate(invalid="ignore"):
        pixel = np.floor(np.nan_to_num(camera.project(ideal.rays().astype(np.float64)), nan=-1.0))
    column, line = np.moveaxis(pixel, -1, 0)
    inside = (column >= 0) & (line >= 0) & (column < camera.width) & (line < camera.height)
    return ideal, np.where(inside, column, -1).astype(np.int64), np.where(inside, line, 0).astype(np.int64)


def _is_edge(inverse: Float32) -> Bool:
    """Pixels (H, W) beside a hole, or where depth jumps.

    A jump is a step of the inverse depth that its neighbours to both sides lack; where two walls meet, and on a steep
    one, they are as large. A pixel that mixes both sides makes two steps of one, so neighbours are also looked for
    behind it.
    """
    edge = np.zeros(inverse.shape, bool)
    for axis in (0, 1):
        across, marked = np.swapaxes(inverse, 0, axis), np.swapaxes(edge, 0, axis)
        step = np.abs(np.diff(across, axis=0))
        padded = np.pad(step, ((2, 2), (0, 0)), mode="edge")
        least = _EDGE_RATIO * np.minimum(across[:-1], across[1:])
        jumps = step - np.maximum(padded[1:-3], padded[3:-1]) > least
        jumps |= step - np.maximum(padded[:-4], padded[4:]) > least
        jumps |= (across[:-1] == 0.0) | (across[1:] == 0.0)
        marked[:-1] |= jumps
        marked[1:] |= jumps
    return edge


def _slope(inverse: Float32, camera: Camera) -> Float32:
    """With inverse depth a x + b y + c at the image point (x, y), the plane is 1 / |(a, b, c)| away."""
    known = cv2.blur((inverse > 0.0).astype(np.float32), (_SMOOTH_PX, _SMOOTH_PX))
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = cv2.blur(inverse, (_SMOOTH_PX, _SMOOTH_PX)) / known
        a = (np.roll(smooth, -2, axis=1) - np.roll(smooth, 2, axis=1)) * (camera.fx / 4.0)
        b = (np.roll(smooth, -2, axis=0) - np.roll(smooth, 2, axis=0)) * (camera.fy / 4.0)
        rays = camera.rays()
        c = inverse - a * rays[..., 0] - b * rays[..., 1]
        slope = inverse / np.sqrt(a * a + b * b + c * c)
    slope[:2], slope[-2:], slope[:, :2], slope[:, -2:] = np.nan, np.nan, np.nan, np.nan
    # At the border and beside holes nobody knows: straight ahead.
    slope = np.maximum(np.nan_to_num(slope, nan=1.0, posinf=1.0), _FLATTEST)
    return np.asarray(np.minimum(slope, np.linalg.norm(rays, axis=-1)), np.float32)


def _without_crumbs(surface: Surface, least_m2: float) -> Surface:
    """Without parts of less area; vertices of no triangle go too."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    triangles = surface.triangles
    size = len(surface.vertices_m)
    one, other = triangles[:, [0, 1]].ravel(), triangles[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    count, part = connected_components(links, directed=False)
    corners = surface.vertices_m[triangles].astype(np.float64)
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    keeps = (np.bincount(part[triangles[:, 0]], area, count) >= least_m2)[part[triangles[:, 0]]]
    triangles = triangles[keeps]
    used, row = np.unique(triangles, return_inverse=True)
    return Surface(surface.vertices_m[used], surface.normal[used], row.reshape(triangles.shape).astype(np.int32))
