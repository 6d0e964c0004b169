"""Images as networks that were trained on ordinary photos want them: resized, or cut into faces; and back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Pose3, UInt8, UInt16
from geoloc_ros.reading.network_description import InputDescription, PanoramaDescription

Plane = TypeVar("Plane", Float32, UInt8, UInt16)

# A network of open height gets no more of a panorama than this up and down: buildings that matter are in it.
_STEEPEST_RAD = np.deg2rad(50.0)


class Cutting(Protocol):
    """How images of one camera become inputs of one size, and what networks said of those, images again."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of an input."""

    @property
    def focal_px(self) -> float:
        """Focal length of the inputs; of stretched ones the geometric mean of both."""

    @property
    def depth_factor(self) -> Float32:
        """By which depth of an input becomes that of the camera's convention; (H, W), or () where it is the same."""

    @property
    def is_seen(self) -> Bool:
        """Pixels that are in one of the inputs; (H, W), or () where all are."""

    @property
    def owner(self) -> Int32:
        """Input that says what a pixel shows; (H, W), or () where there is one only."""

    def cut(self, image: UInt8) -> UInt8:
        """Inputs (N, h, w, 3) of an image (H, W, 3)."""

    @property
    def wraps(self) -> bool:
        """Is what the last column shows beside what the first one shows?"""

    def join(self, planes: Sequence[Plane], is_smooth: bool) -> Plane:
        """One image (H, W) of what was said of each input: N images of one size, each covering its input.

        Args:
            planes: Of the inputs in their order.
            is_smooth: Interpolate; else the nearest value counts.
        """


class WholeImage:
    """One input, the image resized; implements `Cutting`."""

    depth_factor = np.ones((), np.float32)
    is_seen = np.ones((), bool)
    owner = np.zeros((), np.int32)
    wraps = False

    def __init__(self, camera: Camera, description: InputDescription) -> None:
        self._size = camera.width, camera.height
        width, height = description.width, description.height
        if not height:
            height = _rounded(camera.height * width / camera.width, description.multiple_of)
        self.input_size = height, width
        scale = min(width / camera.width, height / camera.height)
        is_padded = description.fit == "pad"
        self._content = (
            (max(1, round(camera.width * scale)), max(1, round(camera.height * scale))) if is_padded
            else (width, height)
        )
        # As near to the mean as a pixel gets.
        self._padding = tuple(min(255, max(0, round(mean / description.scale))) for mean in description.mean)
        if description.channels == "bgr":
            self._padding = self._padding[::-1]
        across_px = camera.fx * self._content[0] / camera.width
        down_px = camera.fy * self._content[1] / camera.height
        self.focal_px = float(np.sqrt(across_px * down_px))

    def cut(self, image: UInt8) -> UInt8:
        """As `Cutting.cut`."""
        is_smaller = self._content[0] < self._size[0]
        interpolation = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(image, self._content, interpolation=interpolation), dtype=np.uint8)
        if self._content == self.input_size[::-1]:
            return resized[None]
        inputs = np.empty((1, *self.input_size, 3), np.uint8)
        inputs[:] = np.array(self._padding, np.uint8)
        inputs[0, : self._content[1], : self._content[0]] = resized
        return inputs

    def join(self, planes: Sequence[Plane], is_smooth: bool) -> Plane:
        """As `Cutting.join`."""
        (plane,) = planes
        if self._content == self.input_size[::-1]:
            exact = cv2.INTER_LINEAR if is_smooth else cv2.INTER_NEAREST_EXACT
            return np.asarray(cv2.resize(plane, self._size, interpolation=exact), dtype=plane.dtype)
        height, width = plane.shape
        step_x = width * self._content[0] / self.input_size[1] / self._size[0]
        step_y = height * self._content[1] / self.input_size[0] / self._size[1]
        plane_from_image = np.array([[step_x, 0.0, 0.5 * step_x - 0.5], [0.0, step_y, 0.5 * step_y - 0.5]])
        flags = (cv2.INTER_LINEAR if is_smooth else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP
        border = cv2.BORDER_REPLICATE
        joined = cv2.warpAffine(plane, plane_from_image, self._size, flags=flags, borderMode=border)
        return np.asarray(joined, dtype=plane.dtype)


class Faces:
    """Level pinhole images around the vehicle, side by side; implements `Cutting`.

    Neighbours overlap, so that a network sees what is beside the edge; each pixel is told by the face whose middle it
    is nearest to. The rows that no face reaches stay unseen.
    """

    def __init__(
        self, camera: Camera, base_from_camera: Pose3, description: InputDescription, panorama: PanoramaDescription
    ) -> None:
        """Work out the faces that show something of the camera's image.

        Args:
            camera: A panorama or fisheye.
            base_from_camera: Its mount; faces are level in the base.
            description: Size of a face.
            panorama: Their number and overlap.

        Raises:
            ObservationError: If the camera sees nothing that a face shows.
        """
        face = _face_camera(camera, description, panorama)
        self.input_size, self.focal_px = (face.height, face.width), face.fx
        directions = camera.rays().astype(np.float64) @ base_from_camera.rotation.T
        turn = 2.0 * np.pi / panorama.num_faces
        yaw = np.arctan2(directions[..., 1], directions[..., 0])
        nearest = np.round(np.where(np.isfinite(yaw), yaw, 0.0) / turn).astype(np.int32) % panorama.num_faces
        self.owner = np.zeros(nearest.shape, np.int32)
        self.is_seen = np.zeros(nearest.shape, bool)
        self.depth_factor = np.ones(nearest.shape, np.float32)
        self._across, self._down = np.zeros((2, *nearest.shape), np.float32)
        self._maps: list[tuple[Float32, Float32]] = []
        self._plane_maps: dict[tuple[int, int], tuple[UInt16, UInt16]] = {}
        self.wraps = camera.model == "equirectangular" and abs(2.0 * np.pi * camera.fx - camera.width) < 1.0
        for number in range(panorama.num_faces):
            base_from_face = _level_face(number * turn)
            self._add_face(camera, face, base_from_camera.rotation.T @ base_from_face, nearest == number)
        if not self._maps:
            raise ObservationError(
                f"this {camera.model} camera sees nothing near the horizon; correct its mount or its camera_info"
            )

    def cut(self, image: UInt8) -> UInt8:
        """As `Cutting.cut`."""
        border = cv2.BORDER_WRAP if self.wraps else cv2.BORDER_CONSTANT
        faces = [cv2.remap(image, u, v, cv2.INTER_LINEAR, borderMode=border) for u, v in self._maps]
        return np.stack(faces)

    def join(self, planes: Sequence[Plane], is_smooth: bool) -> Plane:
        """As `Cutting.join`."""
        atlas = np.concatenate(planes)
        maps = self._plane_map(planes[0].shape[0], planes[0].shape[1])
        interpolation = cv2.INTER_LINEAR if is_smooth else cv2.INTER_NEAREST
        joined = cv2.remap(atlas, *maps, interpolation, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(joined, dtype=atlas.dtype)

    def _add_face(self, camera: Camera, face: Camera, camera_from_face: Float64, is_mine: Bool) -> None:
        rays = camera.rays()[is_mine].astype(np.float64) @ camera_from_face
        pixels = face.project(rays)
        with np.errstate(invalid="ignore"):
            inside = (pixels > 0.0).all(axis=-1) & (pixels < (face.width, face.height)).all(axis=-1)
        if not inside.any():
            return
        self.is_seen[is_mine] = inside
        self.owner[is_mine] = len(self._maps)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = camera.depth_of(rays @ camera_from_face.T) / rays[:, 2]
        self.depth_factor[is_mine] = np.where(inside, factor, 1.0)
        self._across[is_mine] = np.where(inside, pixels[:, 0] / face.width, 0.5)
        self._down[is_mine] = np.where(inside, pixels[:, 1] / face.height, 0.5)
        u, v = np.moveaxis(camera.project(face.rays().astype(np.float64) @ camera_from_face.T), -1, 0)
        if self.wraps:
            v = np.clip(v, 0.5, camera.height - 0.5)
        outside = -1.0
        self._maps.append(tuple(np.nan_to_num(axis - 0.5, nan=outside).astype(np.float32) for axis in (u, v)))

    def _plane_map(self, height: int, width: int) -> tuple[UInt16, UInt16]:
        """For cv2.remap: where in the faces' images of that size, one above the other, each pixel is told."""
        if (height, width) not in self._plane_maps:
            x = np.clip(self._across * width - 0.5, 0.0, width - 1.0)
            y = np.clip(self._down * height - 0.5, 0.0, height - 1.0) + self.owner * height
            self._plane_maps[height, width] = cv2.convertMaps(x, y.astype(np.float32), cv2.CV_16SC2)
        return self._plane_maps[height, width]


def _face_camera(camera: Camera, description: InputDescription, panorama: PanoramaDescription) -> Camera:
    width, height = description.width, description.height
    fov_rad = np.deg2rad(panorama.face_fov_deg)
    if not height:
        # Finer than the image itself would cost much and show nothing more.
        width = min(width, _rounded(2.0 * camera.fx * np.tan(0.5 * fov_rad), description.multiple_of))
        # The same elevation is farther from the middle of a face where it hands over to the next one.
        steepest = np.tan(min(0.5 * camera.height / camera.fy, _STEEPEST_RAD)) / np.cos(np.pi / panorama.num_faces)
        height = _rounded(width * steepest / np.tan(0.5 * fov_rad), description.multiple_of)
    return Camera.pinhole(width, height, fov_rad)


def _level_face(yaw_rad: float) -> Float64:
    """Rotation `base_from_face` of an upright camera that looks to `yaw_rad`, counter-clockwise from ahead."""
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    return np.stack([np.cross(down, ahead), down, ahead], axis=1)


def _rounded(size: float, multiple_of: int) -> int:
    return max(1, round(size / multiple_of)) * multiple_of
