"""Images as they travel in ROS messages, raw or compressed, as arrays; for messages of rclpy and of rosbags alike."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32, UInt8, UInt16

_FORMATS: dict[str, tuple[type[np.generic], int]] = {
    "rgb8": (np.uint8, 3), "bgr8": (np.uint8, 3), "rgba8": (np.uint8, 4), "bgra8": (np.uint8, 4),
    "mono8": (np.uint8, 1), "8UC1": (np.uint8, 1), "mono16": (np.uint16, 1), "16UC1": (np.uint16, 1),
    "32FC1": (np.float32, 1),
}
_TO_RGB = {
    "bgr8": cv2.COLOR_BGR2RGB, "rgba8": cv2.COLOR_RGBA2RGB, "bgra8": cv2.COLOR_BGRA2RGB, "mono8": cv2.COLOR_GRAY2RGB,
    "8UC1": cv2.COLOR_GRAY2RGB,
}
# image_transport's compressedDepth puts its ConfigHeader (an enum and two float32) before the PNG.
_DEPTH_HEADER_BYTES = 12


@runtime_checkable
class RawImage(Protocol):
    """sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImage(Protocol):
    """sensor_msgs/CompressedImage."""

    format: str
    data: Any


def color_image(message: RawImage | CompressedImage) -> UInt8:
    """RGB (H, W, 3); a view of the data where it is rgb8 without padding."""
    encoding, pixels = _pixels(message)
    _require(encoding, ("rgb8", *_TO_RGB), "a colour image")
    return pixels if encoding == "rgb8" else np.asarray(cv2.cvtColor(pixels, _TO_RGB[encoding]), np.uint8)


def label_image(message: RawImage | CompressedImage) -> UInt8:
    """Class ids (H, W)."""
    encoding, pixels = _pixels(message)
    _require(encoding, ("mono8", "8UC1"), "a label image")
    return pixels


def instance_image(message: RawImage | CompressedImage) -> UInt16:
    """Instance numbers (H, W), 0 where there is none."""
    encoding, pixels = _pixels(message)
    _require(encoding, ("16UC1", "mono16"), "an instance image")
    return pixels


def depth_image(message: RawImage | CompressedImage) -> Float32:
    """Depth (H, W) in metres; NaN, 0 or infinite where there is none. Millimetres (16UC1) are converted, REP-118."""
    encoding, pixels = _pixels(message)
    _require(encoding, ("32FC1", "16UC1", "mono16"), "a depth image")
    if encoding == "32FC1":
        return pixels
    depth_m: Float32 = pixels.astype(np.float32)
    depth_m *= np.float32(1e-3)
    return depth_m


def raw_pixels(message: RawImage) -> NDArray[Any]:
    """Pixels (H, W) or (H, W, C) of a raw image, a view of its data where its byte order is ours.

    Raises:
        ObservationError: If the encoding is not known or size, step and number of bytes do not fit together.
    """
    if message.encoding not in _FORMATS:
        raise ObservationError(f"image encoding '{message.encoding}' is not known; use one of {', '.join(_FORMATS)}")
    scalar, channels = _FORMATS[message.encoding]
    height, width, step = int(message.height), int(message.width), int(message.step)
    dtype = np.dtype(scalar).newbyteorder(">" if message.is_bigendian else "<")
    row = width * channels * dtype.itemsize
    data = np.frombuffer(message.data, np.uint8)
    if height == 0 or width == 0 or step < row or len(data) != height * step:
        raise ObservationError(
            f"image of {width}x{height} {message.encoding} has a step of {step} and {len(data)} bytes; "
            f"expected a step of at least {row} and height * step bytes"
        )
    rows = data.reshape(height, step)[:, :row]
    pixels: NDArray[Any] = (rows if step == row else np.ascontiguousarray(rows)).view(dtype)
    if not dtype.isnative:
        pixels = pixels.astype(dtype.newbyteorder("="))
    return pixels.reshape(height, width, channels) if channels > 1 else pixels


def image_bytes(pixels: NDArray[Any], encoding: str) -> tuple[int, memoryview]:
    """Step and data of a raw image message; no copy where the array is contiguous.

    Raises:
        ObservationError: If the array is not of that encoding.
    """
    scalar, channels = _FORMATS.get(encoding, (None, 0))
    shape = pixels.shape[2:] or (1,)
    if pixels.dtype != scalar or pixels.ndim not in (2, 3) or shape != (channels,):
        raise ObservationError(f"an array {pixels.shape} of {pixels.dtype} cannot be sent as '{encoding}'")
    pixels = np.ascontiguousarray(pixels)
    return pixels.strides[0], pixels.reshape(-1).view(np.uint8).data


def _pixels(message: RawImage | CompressedImage) -> tuple[str, NDArray[Any]]:
    if isinstance(message, RawImage):
        return message.encoding, raw_pixels(message)
    return _decompress(message)


def _decompress(message: CompressedImage) -> tuple[str, NDArray[Any]]:
    data = np.frombuffer(message.data, np.uint8)
    is_depth = "compressedDepth" in message.format
    coded = data[_DEPTH_HEADER_BYTES:] if is_depth else data
    complaint = f"compressed image '{message.format}' of {len(data)} bytes cannot be decoded"
    try:
        pixels = cv2.imdecode(coded, cv2.IMREAD_UNCHANGED) if len(coded) else None
    except cv2.error as error:  # it claims to be larger than any image
        raise ObservationError(f"{complaint}: {error.err}") from error
    if pixels is None:
        raise ObservationError(complaint)
    if is_depth and message.format.startswith("32FC1"):
        return "32FC1", _from_inverse_depth(pixels, data)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    for encoding in ("mono8", "16UC1", "bgr8", "bgra8"):  # what OpenCV decodes to
        if _FORMATS[encoding] == (pixels.dtype.type, channels):
            return encoding, pixels
    raise ObservationError(f"compressed image '{message.format}' holds {channels} channels of {pixels.dtype}")


def _from_inverse_depth(pixels: NDArray[Any], data: UInt8) -> Float32:
    quant_a, quant_b = data[4:_DEPTH_HEADER_BYTES].view("<f4")
    with np.errstate(divide="ignore", invalid="ignore"):
        depth_m: Float32 = quant_a / (pixels.astype(np.float32) - quant_b)
    depth_m[pixels == 0] = np.nan
    return depth_m


def _require(encoding: str, allowed: tuple[str, ...], what: str) -> None:
    if encoding not in allowed:
        raise ObservationError(f"{what} has encoding '{encoding}'; use one of {', '.join(allowed)}")
