"""Depth from two cameras that look the same way."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32, UInt8

# Matching takes 20 ms on one core at this width; a pixel of it is a sixth of a degree of a wide lens.
_MATCHED_WIDTH = 640
# The matcher looks for disparities in multiples of 16, of up to half the width.
_LEAST_SIZE = 32
# Nothing of a street that matters is nearer.
_NEAREST_M = 3.0
_SUBPIXELS = 16.0
# Disparities under this say "far", not how far: half a pixel of error is as much as they are.
_LEAST_DISPARITY = 1.0
_BLOCK = 5


def depth_from_stereo(left: UInt8, right: UInt8, camera: Camera, baseline_m: float) -> Float32:
    """Depth (H, W) along z of the left image of a rectified pair; NaN where the images do not tell.

    Semi-global matching (Hirschmueller 2008) of OpenCV at a width of at most 640 pixels.

    Args:
        left: (H, W, 3), red first.
        right: As the left one, from a camera that is `baseline_m` to the right and looks the same way.
        camera: Of the left image; both have the same focal length and principal point.
        baseline_m: Distance of the cameras.

    Raises:
        ObservationError: If the images do not fit the camera, are not rectified or too small, or the baseline is not
            positive.
    """
    size = (camera.height, camera.width)
    if left.shape != (*size, 3) or right.shape != (*size, 3) or left.dtype != np.uint8 or right.dtype != np.uint8:
        raise ObservationError(
            f"stereo images are {left.dtype} {left.shape} and {right.dtype} {right.shape}, expected uint8 {(*size, 3)}"
        )
    if camera.model != "pinhole" or camera.distortion:
        raise ObservationError(f"stereo needs rectified images, these are of a {camera.model} with distortion")
    if not 0.0 < baseline_m < np.inf:
        raise ObservationError(f"stereo has a baseline of {baseline_m} m; it must be positive: calibrate the pair")
    shrink = max(1, -(-camera.width // _MATCHED_WIDTH))
    if min(camera.width, camera.height) < _LEAST_SIZE * shrink:
        raise ObservationError(f"stereo images of {camera.width}x{camera.height} are too small to be matched")
    small = (camera.width // shrink, camera.height // shrink)
    grey = [
        cv2.cvtColor(cv2.resize(image, small, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for image in (left, right)
    ]
    focal_px = camera.fx * small[0] / camera.width
    matcher = _matcher(_disparities(focal_px * baseline_m / _NEAREST_M, small[0]))
    disparity = matcher.compute(*grey).astype(np.float32) / np.float32(_SUBPIXELS)
    depth_m = depth_from_disparity(disparity, focal_px, baseline_m, _LEAST_DISPARITY)
    full = cv2.resize(depth_m, (camera.width, camera.height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, np.float32)


def depth_from_disparity(
    disparity: Float32, focal_px: float, baseline_m: float, min_disparity: float = 0.0
) -> Float32:
    """Depth (H, W) along z of a disparity image, as of a stereo_msgs/DisparityImage; NaN where there is none.

    Args:
        disparity: (H, W) pixels by which the right image lags behind; NaN, infinity and what is not more than
            `min_disparity` mean unknown.
        focal_px: `f` of the message.
        baseline_m: `t` of the message.
        min_disparity: Of the message.

    Raises:
        ObservationError: If focal length or baseline is not positive.
    """
    if not (focal_px > 0.0 and baseline_m > 0.0):
        raise ObservationError(
            f"stereo has a focal length of {focal_px} pixels and a baseline of {baseline_m} m; both must be positive "
            "(P of the right camera_info holds minus both)"
        )
    known = np.isfinite(disparity) & (disparity > max(0.0, min_disparity))
    depth_m = np.full(disparity.shape, np.nan, np.float32)
    np.divide(np.float32(focal_px * baseline_m), disparity, out=depth_m, where=known)
    return depth_m


def _disparities(most: float, width: int) -> int:
    """Range of disparities to search: a multiple of 16, as the matcher wants it."""
    return int(np.clip(16 * np.ceil(most / 16.0), 16, 16 * (width // 32)))


def _matcher(num_disparities: int) -> cv2.StereoSGBM:
    return cv2.StereoSGBM.create(
        minDisparity=0, numDisparities=num_disparities, blockSize=_BLOCK, P1=8 * _BLOCK**2, P2=32 * _BLOCK**2,
        disp12MaxDiff=1, uniquenessRatio=10, speckleWindowSize=60, speckleRange=2, mode=cv2.StereoSGBM_MODE_SGBM_3WAY,
    )
