"""Images of messages as arrays."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.images import color_image, depth_image, image_bytes, instance_image, label_image, raw_pixels


@dataclass
class Raw:
    """Looks like sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


@dataclass
class Compressed:
    """Looks like sensor_msgs/CompressedImage."""

    format: str
    data: bytes


@pytest.mark.parametrize(
    ("encoding", "dtype", "channels"),
    [("rgb8", np.uint8, 3), ("bgra8", np.uint8, 4), ("mono8", np.uint8, 1), ("16UC1", np.uint16, 1),
     ("32FC1", np.float32, 1)],
)
@given(height=st.integers(1, 5), width=st.integers(1, 5), padding=st.integers(0, 3), big=st.booleans())
def test_padding_and_byte_order_do_not_change_the_pixels(
    encoding: str, dtype: type, channels: int, height: int, width: int, padding: int, big: bool
) -> None:
    shape = (height, width, channels) if channels > 1 else (height, width)
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    rows = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<")).reshape(height, -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=7)
    message = Raw(height, width, encoding, int(big), padded.shape[1], padded.tobytes())
    np.testing.assert_array_equal(raw_pixels(message), pixels)


def test_reading_and_writing_do_not_copy() -> None:
    data = np.arange(12, dtype=np.uint8)
    pixels = raw_pixels(Raw(3, 4, "mono8", 0, 4, data))
    step, view = image_bytes(pixels, "mono8")
    data[5] = 99
    assert pixels[1, 1] == 99 and view[5] == 99 and step == 4


def test_bgr_becomes_rgb() -> None:
    assert color_image(Raw(1, 1, "bgr8", 0, 3, bytes([1, 2, 3]))).tolist() == [[[3, 2, 1]]]


def test_grey_becomes_rgb() -> None:
    assert color_image(Raw(1, 2, "mono8", 0, 2, bytes([1, 2]))).tolist() == [[[1, 1, 1], [2, 2, 2]]]


def test_millimetres_become_metres() -> None:
    data = np.array([[1500, 0]], np.uint16)
    np.testing.assert_allclose(depth_image(Raw(1, 2, "16UC1", 0, 4, data.tobytes())), [[1.5, 0.0]])


@pytest.mark.parametrize(
    "message",
    [
        Raw(2, 2, "yuv422", 0, 4, bytes(8)),
        Raw(2, 2, "mono8", 0, 2, bytes(3)),
        Raw(2, 2, "mono8", 0, 1, bytes(2)),
        Raw(0, 0, "mono8", 0, 0, b""),
        Raw(2, 2, "rgb8", 0, 6, bytes(12)),
        Compressed("png", b""),
        Compressed("png", b"not an image"),
    ],
)
def test_bad_label_images_are_refused(message: Raw | Compressed) -> None:
    with pytest.raises(ObservationError):
        label_image(message)


def test_compressed_png_and_jpeg() -> None:
    labels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(label_image(Compressed("mono8; png compressed ", _coded(".png", labels))), labels)
    instances = labels.astype(np.uint16) * 1000
    assert np.array_equal(instance_image(Compressed("16UC1; png compressed ", _coded(".png", instances))), instances)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 200
    assert color_image(Compressed("rgb8; jpeg compressed bgr8", _coded(".jpg", red)))[4, 4, 0] > 190


def test_compressed_depth_of_both_kinds() -> None:
    millimetres = np.array([[1000, 0], [250, 65535]], np.uint16)
    message = Compressed("16UC1; compressedDepth png", bytes(12) + _coded(".png", millimetres))
    np.testing.assert_allclose(depth_image(message), millimetres / 1000.0, rtol=1e-6)
    # image_transport stores quantA / depth + quantB.
    quant_a, quant_b = 100.0, 2.0
    inverse = np.array([[52, 0], [12, 27]], np.uint16)
    header = bytes(4) + np.array([quant_a, quant_b], "<f4").tobytes()
    message = Compressed("32FC1; compressedDepth png", header + _coded(".png", inverse))
    np.testing.assert_allclose(depth_image(message), [[2.0, np.nan], [10.0, 4.0]])


def test_a_file_that_claims_to_be_larger_than_any_image_is_refused() -> None:
    content = bytearray(_coded(".png", np.zeros((2, 2), np.uint8)))
    header = b"IHDR" + struct.pack(">II", 100_000, 100_000) + content[24:29]
    content[12:33] = header + struct.pack(">I", zlib.crc32(header))
    with pytest.raises(ObservationError, match="cannot be decoded"):
        label_image(Compressed("mono8; png compressed", bytes(content)))


def test_an_array_of_another_type_is_not_sent() -> None:
    with pytest.raises(ObservationError, match="32FC1"):
        image_bytes(np.zeros((2, 2)), "32FC1")


def _coded(extension: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(extension, pixels)[1].tobytes()
