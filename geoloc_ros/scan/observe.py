"""From a label image and depth to a scan: what each ray on the ground plane saw, and whether it saw anything."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3, SemanticScan, UInt8, UInt16
from geoloc_ros.core.view import Depth, View
from geoloc_ros.scan.ground import is_ground, level_from_base

# No street scene has a median depth like this in metres; in millimetres even a near wall has.
_MILLIMETRES_FROM = 500.0
# Beyond what a 16-bit instance image can hold.
_FIRST_OWN_INSTANCE = 1 << 16
_GROUND_STRIDE = 4
_GROUND_REACH_M = 15.0


@dataclass(frozen=True)
class Samples:
    """Points on buildings, each with the ray whose bin it lies in."""

    ray: Int32
    """(N,)."""
    range_m: Float32
    """(N,), on the ground plane."""
    instance: Int32
    """(N,), 0 where unknown."""


@dataclass(frozen=True)
class Horizon:
    """Per ray (B,) the number of pixels just above the horizon that show something.

    Those speak for a ray that hit nothing: any building in reach that is higher than the camera would cover them, and
    the ground does not.
    """

    lost: Int32
    """Building, but no depth."""
    far: Int32
    """Building beyond reach."""
    open: Int32
    """Sky, or road that rises."""
    blocked: Int32
    """What may hide a building: trees, vehicles, people, anything unknown."""


def observe_scan(
    views: Sequence[View], scan_config: ScanConfig, observe_config: ObserveConfig, gravity: Float64 | None = None
) -> SemanticScan:
    """Scan around the base that cameras with depth saw.

    A ray is observed if a building was measured along it, or if its direction shows mostly open view just above the
    horizon; not if something there may hide a building, a building has no depth, or no camera looks there.

    Args:
        views: Cameras of one moment; where two see one ray, their points are put together.
        scan_config: Rays and reach.
        observe_config: Heights, quantile and the rest.
        gravity: (3,) unit vector that points up, in the base frame, as an accelerometer at rest measures it.

    Raises:
        ObservationError: If there is no view, images differ in size or type, or no depth is usable.
    """
    if not views:
        raise ObservationError("there is no view to make a scan of")
    for view in views:
        _check_view(view)
    ground_m = np.concatenate([_ground_points(view, depth) for view in views for depth in view.depths])
    level = level_from_base(ground_m)
    parts = [
        _sample_pixels(view, depth, level @ view.base_from_camera, scan_config, observe_config)
        for view in views for depth in view.depths
    ]
    names = ("ray", "range_m", "instance")
    samples = Samples(*(np.concatenate([getattr(seen, name) for seen, _ in parts]) for name in names))
    horizon = Horizon(*(sum(getattr(votes, name) for _, votes in parts) for name in ("lost", "far", "open", "blocked")))
    return _reduce(samples, horizon, scan_config, observe_config)


def _check_view(view: View) -> None:
    check_label_image(view.labels, view.instances, view.camera)
    if not view.depths:
        raise ObservationError("a camera has labels but no depth: give a depth image, points, or a depth network")
    for depth in view.depths:
        _check_depth(view.labels, depth.depth_m)


def _check_depth(labels: UInt8, depth_m: Float32) -> None:
    if depth_m.dtype != np.float32 or depth_m.shape != labels.shape:
        raise ObservationError(
            f"depth is {depth_m.dtype} {depth_m.shape}, expected float32 metres {labels.shape} like the labels"
        )
    coarse = depth_m[::_GROUND_STRIDE, ::_GROUND_STRIDE]
    valid = coarse[np.isfinite(coarse) & (coarse > 0.0)]
    if len(valid) == 0:
        raise ObservationError("no pixel of the depth image is usable (all NaN, 0 or infinite); check the depth source")
    if np.median(valid) > _MILLIMETRES_FROM:
        raise ObservationError(
            f"median depth is {np.median(valid):.0f}; that is millimetres, not metres: convert it, or publish 16UC1"
        )


def check_label_image(labels: UInt8, instances: UInt16 | None, camera: Camera) -> None:
    """Refuse label and instance images that do not fit the camera.

    Raises:
        ObservationError: On another size or type.
    """
    size = (camera.height, camera.width)
    if labels.dtype != np.uint8 or labels.shape != size:
        raise ObservationError(f"label image is {labels.dtype} {labels.shape}, expected uint8 {size} of camera_info")
    if instances is not None and (instances.dtype != np.uint16 or instances.shape != size):
        raise ObservationError(
            f"instance image is {instances.dtype} {instances.shape}, expected uint16 {size} of camera_info"
        )


def _ground_points(view: View, given: Depth) -> Float32:
    """Points (N, 3) on road and pavement around the base, in its frame, from every fourth row and column."""
    base_from_camera = view.base_from_camera
    coarse = (slice(None, None, _GROUND_STRIDE), slice(None, None, _GROUND_STRIDE))
    depth = given.depth_m[coarse]
    rows, columns = np.nonzero(is_ground(view.labels[coarse]) & (depth > 0.0) & (depth < 2.0 * _GROUND_REACH_M))
    directions = _coarse_rays(view.camera)[rows, columns]
    rotation = base_from_camera.rotation.astype(np.float32)
    points = (directions * depth[rows, columns, None] @ rotation.T).astype(np.float32)
    points += base_from_camera.translation_m.astype(np.float32)
    return points[np.hypot(points[:, 0], points[:, 1]) < _GROUND_REACH_M]


@cache
def _coarse_rays(camera: Camera) -> Float32:
    return camera.rays()[::_GROUND_STRIDE, ::_GROUND_STRIDE].copy()


def _sample_pixels(
    view: View, given: Depth, level_from_camera: Pose3, scan_config: ScanConfig, observe_config: ObserveConfig
) -> tuple[Samples, Horizon]:
    labels, depth_m, camera = np.ascontiguousarray(view.labels), np.ascontiguousarray(given.depth_m), view.camera
    instances = None if view.instances is None else np.ascontiguousarray(view.instances)
    capacity = int(np.count_nonzero(labels == SemanticClass.BUILDING))
    ray, instance = np.empty((2, capacity), np.int32)
    range_m = np.empty(capacity, np.float32)
    votes = np.empty((4, scan_config.num_rays), np.int32)
    rotation = np.ascontiguousarray(level_from_camera.rotation, np.float32)
    translation = np.ascontiguousarray(level_from_camera.translation_m, np.float32)
    lowest, highest = np.sin([observe_config.min_horizon_rad, observe_config.max_horizon_rad])
    count = _native().geoloc_observe_pixels(
        int(camera.model == "equirectangular"), camera.width, camera.height, camera.fx, camera.fy, camera.cx,
        camera.cy, rotation.ctypes.data, translation.ctypes.data, labels.ctypes.data, depth_m.ctypes.data,
        None if instances is None else instances.ctypes.data, scan_config.num_rays, observe_config.min_height_m,
        observe_config.max_height_m, scan_config.max_range_m, lowest, highest, ray.ctypes.data, range_m.ctypes.data,
        instance.ctypes.data, *(row.ctypes.data for row in votes),
    )
    return Samples(ray[:count], range_m[:count], instance[:count]), Horizon(*votes)


def _reduce(
    samples: Samples, horizon: Horizon, scan_config: ScanConfig, observe_config: ObserveConfig
) -> SemanticScan:
    num_rays = scan_config.num_rays
    range_m, instance = np.empty(num_rays, np.float32), np.empty(num_rays, np.int32)
    _native().geoloc_observe_reduce(
        len(samples.ray), samples.ray.ctypes.data, samples.range_m.ctypes.data, samples.instance.ctypes.data,
        num_rays, observe_config.range_quantile, observe_config.min_samples, range_m.ctypes.data,
        instance.ctypes.data,
    )
    hit = ~np.isnan(range_m)
    open_view, hidden = horizon.open + horizon.far, horizon.blocked + horizon.lost
    observed = hit | ((open_view > 0) & (open_view >= hidden))
    return SemanticScan(range_m, _named_instances(range_m, instance, observe_config.split_ratio), observed)


def _named_instances(range_m: Float32, instance: Int32, split_ratio: float) -> Int32:
    """`instance` with numbers of its own, from 65536, for hits of unknown building (0): one between jumps of range."""
    unknown = instance == 0
    if not unknown.any():
        return instance
    before = np.roll(range_m, 1)
    ratio = np.fmax(range_m / before, before / range_m)
    begins = unknown & ~(np.roll(unknown, 1) & (ratio < 1.0 + split_ratio))
    piece = np.cumsum(begins)
    # What reaches ray 0 from the last ray without a jump is the last piece.
    piece[piece == 0] = piece[-1]
    return np.where(unknown, piece + _FIRST_OWN_INSTANCE, instance).astype(np.int32)


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, real, integer = ctypes.c_void_p, ctypes.c_float, ctypes.c_int
    library.geoloc_observe_pixels.argtypes = [
        *[integer] * 3, *[real] * 4, *[pointer] * 5, integer, *[real] * 5, *[pointer] * 7
    ]
    library.geoloc_observe_pixels.restype = ctypes.c_int64
    library.geoloc_observe_reduce.argtypes = [
        ctypes.c_int64, *[pointer] * 3, integer, real, integer, *[pointer] * 2
    ]
    library.geoloc_observe_reduce.restype = None
    return library
