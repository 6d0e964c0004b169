"""What the street network is told: an image in its size, and per pixel how far away the ground is where that looks."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Pose3, UInt8

SIZE_MULTIPLE = 32
"""Height and width of the input are multiples of this."""
_NOT_A_HEIGHT_M = 0.1
_LARGEST_ZOOM = 1.2
# From here on linear interpolation would leave rows and columns of the image out.
_AVERAGE_FROM = 2.0


def ground_channel(camera: Camera, base_from_camera: Pose3) -> Float32:
    """One over the distance (H, W) to level ground along each pixel, 1/m, within -1 to 1; negative over the horizon.

    It is what a network needs to turn "stands on the ground here" into metres, whatever camera took the image and
    wherever that is mounted. It is a property of the pixel: images that are cut or resized keep it. Zero where the
    lens shows nothing, and everywhere for a camera that is not above the ground, as nothing follows from that.

    Args:
        camera: Which way the pixels look.
        base_from_camera: Mount as the vehicle knows it; z = 0 of the base is the ground.
    """
    height_m = float(base_from_camera.translation_m[2])
    if height_m < _NOT_A_HEIGHT_M:
        return np.zeros((camera.height, camera.width), np.float32)
    # Not `@`: for such thin arrays BLAS threads cost far more than they save.
    up = np.einsum("hwi,i->hw", camera.rays(), base_from_camera.rotation[2].astype(np.float32))
    return np.asarray(np.nan_to_num(up / (-height_m * ray_lengths(camera))).clip(-1.0, 1.0), dtype=np.float32)


def ray_lengths(camera: Camera) -> Float32:
    """Euclidean range (H, W) of a pixel whose depth by the camera's convention is 1."""
    return np.asarray(np.linalg.norm(camera.rays(), axis=-1), dtype=np.float32)


def is_full_turn(camera: Camera) -> bool:
    """Whether the last column of an image is beside the first one."""
    return camera.model == "equirectangular" and abs(camera.width / camera.fx - 2.0 * np.pi) < 1.0 / camera.fx


def input_size(camera: Camera, input_width: int) -> tuple[int, int]:
    """Height and width of the network's input for images of a camera: multiples of 32 that keep the shape, about.

    A full turn gets `input_width`. Other images, which show things larger, keep about their size, for that is how the
    network saw photos, as long as they do not have more pixels than such a panorama.
    """
    if is_full_turn(camera):
        zoom = _multiple(input_width) / camera.width
    else:
        zoom = min(_LARGEST_ZOOM, input_width * np.sqrt(0.5 / (camera.width * camera.height)))
    return _multiple(camera.height * zoom), _multiple(camera.width * zoom)


def _multiple(size: float) -> int:
    return SIZE_MULTIPLE * max(1, round(size / SIZE_MULTIPLE))


class StreetInput:
    """The batch of one that the network gets, kept from image to image: colours change, the ground does not."""

    def __init__(self, ground: Float32, height: int, width: int, seam: int) -> None:
        """Make room for an image of `height` and `width`, with `seam` columns of the other side beside each border.

        Args:
            ground: (H, W) of the image in its own size.
            height: Of the input.
            width: Of the input, without the seams.
            seam: 0 for what is not a full turn.
        """
        self.batch: Float32 = np.empty((1, 4, height, width + 2 * seam), np.float32)
        self._size, self._seam = (width, height), seam
        self._planes = [np.empty((height, width), np.uint8) for _ in range(3)]
        self._fill(3, np.asarray(cv2.resize(ground, self._size, interpolation=cv2.INTER_LINEAR), np.float32))

    def put(self, image: UInt8) -> Float32:
        """`batch` (1, 4, height, width) with the colours of an image (H, W, 3)."""
        size = (image.shape[1], image.shape[0])
        if size != self._size:
            average = size[0] >= _AVERAGE_FROM * self._size[0]
            how = cv2.INTER_AREA if average else cv2.INTER_LINEAR
            image = np.asarray(cv2.resize(image, self._size, interpolation=how), np.uint8)
        cv2.split(image, self._planes)
        for channel, plane in enumerate(self._planes):
            self._fill(channel, plane)
        return self.batch

    def _fill(self, channel: int, plane: UInt8 | Float32) -> None:
        to, seam = self.batch[0, channel], self._seam
        np.copyto(to[:, seam : seam + plane.shape[1]], plane)
        if seam:
            np.copyto(to[:, :seam], plane[:, -seam:])
            np.copyto(to[:, -seam:], plane[:, :seam])
