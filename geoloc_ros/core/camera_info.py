"""Cameras as they travel in sensor_msgs/CameraInfo; for messages of rclpy and of rosbags alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from geoloc_ros.core.camera import Camera, CameraModel
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float64

_MODELS: dict[str, CameraModel] = {
    "": "pinhole",
    "plumb_bob": "pinhole",
    "rational_polynomial": "pinhole",
    "equidistant": "fisheye",
    "equirectangular": "equirectangular",
}
_NAMES = {"fisheye": "equidistant", "equirectangular": "equirectangular"}
_LONGEST_PLUMB_BOB = 5
# Half a bin of the scan: a raw image that is turned further against its optical frame would turn the scan.
_LARGEST_TURN_RAD = np.radians(0.5)
# No image is as large, no lens as short or as long.
_SHORTEST_PX, _LONGEST_PX = 1e-2, 1e7


class Region(Protocol):
    """sensor_msgs/RegionOfInterest."""

    x_offset: int
    y_offset: int
    height: int
    width: int


class CameraInfo(Protocol):
    """sensor_msgs/CameraInfo."""

    height: int
    width: int
    distortion_model: str
    d: Any
    k: Any
    r: Any
    p: Any
    binning_x: int
    binning_y: int
    roi: Any


@dataclass(frozen=True)
class CameraInfoFields:
    """What a CameraInfo says of a camera whose images are neither cut nor binned."""

    distortion_model: str
    d: Float64
    k: Float64
    """(9,)."""
    r: Float64
    """(9,), the identity."""
    p: Float64
    """(12,)."""


def camera_from_info(info: CameraInfo, is_rectified: bool = False) -> Camera:
    """Camera of the images that come with a CameraInfo.

    Its width and height are those of the whole sensor; region and binning make the image smaller. ROS counts pixels
    from the centre of the first one, we from its corner.

    Args:
        info: distortion_model "equirectangular" is ours, the others are those of ROS; "" is an ideal pinhole.
        is_rectified: The images are (`image_rect`), so that P describes them; else K and D do.

    Raises:
        ObservationError: If it is not calibrated, its model or its number of coefficients is unknown, the region does
            not fit, or the raw image of a stereo camera looks another way than its optical frame.
    """
    model = _model(info, is_rectified)
    matrix, distortion = _intrinsics(info, is_rectified)
    if not is_rectified:
        _check_straight(info)
    (fx, skew, cx), (_, fy, cy) = matrix
    is_lens = min(fx, fy) >= _SHORTEST_PX and bool(np.all(np.abs([fx, fy, cx, cy]) <= _LONGEST_PX))
    if info.width <= 0 or info.height <= 0 or not is_lens:
        raise ObservationError(
            f"camera_info is not calibrated: size {info.width}x{info.height}, fx {fx}, fy {fy}, cx {cx}, cy {cy}; "
            "publish real intrinsics"
        )
    if abs(skew) > 1e-3 * fx:
        raise ObservationError(f"camera_info has pixels that are not square to each other (skew {skew}); rectify first")
    left, top, width, height = _window(info)
    across, along = max(1, info.binning_x), max(1, info.binning_y)
    if width < across or height < along:
        raise ObservationError(f"camera_info has bins of {across}x{along} pixels of {width}x{height}: no image is left")
    return Camera(
        model, width // across, height // along, float(fx) / across, float(fy) / along,
        (float(cx) + 0.5 - left) / across, (float(cy) + 0.5 - top) / along, distortion,
    )


def info_from_camera(camera: Camera) -> CameraInfoFields:
    """Inverse of `camera_from_info`."""
    k = np.array([camera.fx, 0.0, camera.cx - 0.5, 0.0, camera.fy, camera.cy - 0.5, 0.0, 0.0, 1.0])
    d = np.array(camera.distortion, np.float64)
    if camera.model == "pinhole":
        name = "plumb_bob" if len(d) <= _LONGEST_PLUMB_BOB else "rational_polynomial"
        d = d if len(d) else np.zeros(_LONGEST_PLUMB_BOB)
    else:
        name = _NAMES[camera.model]
    return CameraInfoFields(name, d, k, np.eye(3).ravel(), np.insert(k, [3, 6, 9], 0.0))


def stereo_baseline_m(right: CameraInfo) -> float:
    """Distance of a rectified pair of cameras, of the right one's P (that of the left one is 0).

    Raises:
        ObservationError: If it is not positive.
    """
    focal, baseline = float(right.p[0]), -float(right.p[3])
    if not (focal > 0.0 and 0.0 < baseline / focal < np.inf):
        raise ObservationError(
            f"camera_info of the right camera has P[0] = {focal} and P[3] = {-baseline}; P[3] must be minus the focal "
            "length times the baseline: calibrate the pair, or exchange left and right"
        )
    return baseline / focal


def _model(info: CameraInfo, is_rectified: bool) -> CameraModel:
    if is_rectified and info.distortion_model != "equirectangular":
        return "pinhole"  # that is what P can describe, whatever the lens was
    if info.distortion_model not in _MODELS:
        raise ObservationError(
            f"camera_info has distortion model '{info.distortion_model}'; known are "
            f"{', '.join(map(repr, _MODELS))}: rectify the images and say so"
        )
    return _MODELS[info.distortion_model]


def _intrinsics(info: CameraInfo, is_rectified: bool) -> tuple[Float64, tuple[float, ...]]:
    """Rows (2, 3) of the matrix, and coefficients: none where all are zero."""
    if is_rectified:
        return np.asarray(info.p, np.float64).reshape(3, 4)[:2, :3], ()
    coefficients = np.asarray(info.d, np.float64)
    if not np.isfinite(coefficients).all():
        raise ObservationError(f"camera_info has distortion coefficients that are no numbers: {coefficients.tolist()}")
    distortion = tuple(coefficients.tolist()) if np.any(coefficients != 0.0) else ()
    return np.asarray(info.k, np.float64).reshape(3, 3)[:2], distortion


def _check_straight(info: CameraInfo) -> None:
    rotation = np.asarray(info.r, np.float64).reshape(3, 3)
    turn_rad = np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0))
    # Not filled in: all zero.
    if rotation.any() and turn_rad > _LARGEST_TURN_RAD:
        raise ObservationError(
            f"camera_info turns rectified images by {np.degrees(turn_rad):.1f} degrees (R): a raw image of this stereo "
            "camera looks another way than its optical frame; use the rectified image and say so"
        )


def _window(info: CameraInfo) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is read out of the sensor; a region of no size is all of it."""
    region: Region = info.roi
    if region.width == 0 or region.height == 0:
        return 0, 0, info.width, info.height
    if region.x_offset + region.width > info.width or region.y_offset + region.height > info.height:
        raise ObservationError(
            f"camera_info has a region of {region.width}x{region.height} at {region.x_offset}, {region.y_offset} on a "
            f"sensor of {info.width}x{info.height}; it does not fit"
        )
    return region.x_offset, region.y_offset, region.width, region.height
