"""From label images and depth to a scan: what each ray on the ground plane saw, and whether it saw anything."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Pose3, SemanticScan, UInt8, UInt16
from geoloc_ros.core.view import View
from geoloc_ros.scan.ground import MIN_POINTS, ground_points, level_from_base
from geoloc_ros.scan.naming import VIEW_SHIFT, join_across_views, name_unknown
from geoloc_ros.scan.native_views import SOURCES, NativeViews

# Lidar points lie decimetres apart where pixels lie centimetres: two of them are as much evidence as a patch of pixels.
_MIN_SPARSE_SAMPLES = 2


@dataclass(frozen=True)
class _Rays:
    """What was seen along each ray."""

    range_m: Float32
    """(B,), NaN where nothing was found."""
    instance: Int32
    """(B,), see `scan.naming`."""
    rival: Int32
    """(B,), see `scan.naming`."""
    votes: Int32
    """(4, B): pixels just above the horizon. Those speak for a ray that hit nothing: any building in reach that is
    higher than the camera would cover them, and the ground does not. They show a building without depth; one out of
    reach; open view (sky, or road that rises); what may hide a building (trees, vehicles, people, anything unknown)."""

    def observed(self) -> Bool:
        """(B,), where something was found or there is mostly open view."""
        lost, far, is_open, blocked = self.votes
        open_view, hidden = is_open + far, blocked + lost
        seen: Bool = ~np.isnan(self.range_m) | ((open_view > 0) & (open_view >= hidden))
        return seen


def observe_scan(
    views: Sequence[View], scan_config: ScanConfig, observe_config: ObserveConfig, gravity: Float64 | None = None
) -> SemanticScan:
    """Scan around the base that cameras with depth saw.

    A ray is observed if a building was measured along it, or if its direction shows mostly open view just above the
    horizon; not if something there may hide a building, a building has no depth, or no camera looks there.

    Args:
        views: Cameras of one moment. Where several see one ray their points are put together; per ray the most
            trustworthy source of depth with enough points counts.
        scan_config: Rays and reach.
        observe_config: Heights, quantile and the rest.
        gravity: (3,) unit vector that points up, in the base frame, as an accelerometer at rest measures it.

    Raises:
        ObservationError: If there is no view, images differ in size or type, no depth is usable, depth is in
            millimetres, or gravity points elsewhere than up.
    """
    _check_views(views)
    native = NativeViews(views)
    level = _level(views, native, gravity)
    native.place([level @ view.base_from_camera for view in views])
    rays = _observe(native, scan_config, observe_config)
    split_ratio = observe_config.split_ratio
    instance = join_across_views(rays.range_m, rays.instance, rays.rival, split_ratio)
    instance = name_unknown(rays.range_m, instance, split_ratio, len(views) << VIEW_SHIFT)
    return SemanticScan(rays.range_m, instance, rays.observed())


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


def _check_views(views: Sequence[View]) -> None:
    if not views:
        raise ObservationError("there is no camera to make a scan of")
    for view in views:
        check_label_image(view.labels, view.instances, view.camera)
        if not view.depths:
            raise ObservationError("a camera has labels but no depth: give a depth image, points, or a depth network")
        for depth in view.depths:
            if depth.depth_m.dtype != np.float32 or depth.depth_m.shape != view.labels.shape:
                raise ObservationError(
                    f"depth is {depth.depth_m.dtype} {depth.depth_m.shape}, expected float32 metres "
                    f"{view.labels.shape} like the labels"
                )


def _level(views: Sequence[View], native: NativeViews, gravity: Float64 | None) -> Pose3:
    """`level_from_base` by the most trustworthy source that sees enough of the ground.

    Raises:
        ObservationError: If no depth is usable or one is in millimetres.
    """
    given = sorted({SOURCES.index(depth.source) for view in views for depth in view.depths})
    ground_m, num_usable = np.empty((0, 3), np.float32), 0
    for source in given:
        ground = ground_points(native, source)
        num_usable += int(ground.seen[:, 0].sum())
        # No street scene has a median depth like this in metres; in millimetres even a near wall has.
        if np.any(2 * ground.seen[:, 1] > ground.seen[:, 0]):
            raise ObservationError(
                f"most of the {SOURCES[source]} depth is beyond 500; that is millimetres, not metres: convert it, or "
                "publish 16UC1"
            )
        if len(ground_m) < MIN_POINTS:
            ground_m = ground.points_m
    if num_usable == 0:
        raise ObservationError("no pixel of the depth image is usable (all NaN, 0 or infinite); check the depth source")
    return level_from_base(ground_m, gravity)


def _observe(native: NativeViews, scan_config: ScanConfig, observe_config: ObserveConfig) -> _Rays:
    num_rays, least = scan_config.num_rays, observe_config.min_samples
    lowest, highest = np.sin([observe_config.min_horizon_rad, observe_config.max_horizon_rad])
    min_samples = np.array([min(least, _MIN_SPARSE_SAMPLES), least, least, least], np.int32)
    range_m, votes = np.empty(num_rays, np.float32), np.empty((4, num_rays), np.int32)
    instance, rival = np.empty((2, num_rays), np.int32)
    _native().geoloc_observe(
        native.pointer, len(native), num_rays, observe_config.min_height_m, observe_config.max_height_m,
        scan_config.max_range_m, lowest, highest, observe_config.range_quantile, min_samples.ctypes.data,
        range_m.ctypes.data, instance.ctypes.data, rival.ctypes.data, votes.ctypes.data,
    )
    return _Rays(range_m, instance, rival, votes)


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, real, integer = ctypes.c_void_p, ctypes.c_float, ctypes.c_int
    library.geoloc_observe.argtypes = [pointer, integer, integer, *[real] * 6, *[pointer] * 5]
    library.geoloc_observe.restype = None
    return library
