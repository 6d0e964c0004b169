"""A drive of KITTI: rectified images with a lidar sweep each, raw as published or in a small form of our own.

Geiger et al., Vision meets Robotics: The KITTI Dataset, IJRR 2013.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32, Float64, Pose3, UInt8

CAMERA_HEIGHT_M = 1.65
"""Of all of KITTI's cameras over the ground; the vehicle stands level."""
_BASE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
_SMALL_CALIBRATION = "calibration.json"
_RAW_CALIBRATION = ("calib_cam_to_cam.txt", "calib_velo_to_cam.txt")


@dataclass(frozen=True)
class KittiFrame:
    """One moment."""

    name: str
    image: UInt8
    """(H, W, 3), red first."""
    points_m: Float64
    """(N, 3), of the lidar's whole turn, in the optical frame of the camera."""


@dataclass(frozen=True)
class _Calibration:
    camera: Camera
    camera_from_lidar: Pose3


@dataclass(frozen=True)
class _Form:
    """How a drive lies in its folder."""

    images: str
    image_suffix: str
    sweeps: str
    read_sweep: Callable[[Path], Float32]
    """Points (N, 3) in the lidar's frame, m, of a file without its suffix."""
    calibration: Callable[[Path], _Calibration]


class KittiDrive:
    """A folder with either

    * `images/NAME.jpg`, `lidar/NAME.npz` (`xyz_cm` (N, 3), int16) and `calibration.json`, or
    * `image_02/data/NAME.png`, `velodyne_points/data/NAME.bin`, and the day's calibration there or one folder up.
    """

    def __init__(self, folder: Path) -> None:
        """Raises DatasetError if neither is there, or the calibration cannot be read."""
        is_small = (folder / _SMALL_CALIBRATION).is_file()
        self._form = _SMALL if is_small else _RAW
        self._images, self._sweeps = folder / self._form.images, folder / self._form.sweeps
        self.names = tuple(sorted(file.stem for file in self._images.glob(f"*{self._form.image_suffix}")))
        """Of all frames, in order."""
        if not self.names:
            raise DatasetError(f"no drive of KITTI in '{folder}': no '{self._images}/*{self._form.image_suffix}'")
        try:
            self._calibration = self._form.calibration(folder)
        except (OSError, ValueError, KeyError) as error:
            raise DatasetError(f"calibration of the drive '{folder}' cannot be read: {error!r}") from error

    def __len__(self) -> int:
        return len(self.names)

    @property
    def camera(self) -> Camera:
        """Of the images; they are rectified."""
        return self._calibration.camera

    @property
    def base_from_camera(self) -> Pose3:
        """The base is taken to be on the ground under the camera."""
        return Pose3(_BASE_FROM_OPTICAL, np.array([0.0, 0.0, CAMERA_HEIGHT_M]))

    def frame(self, number: int) -> KittiFrame:
        """Read one frame.

        Raises:
            DatasetError: If its image or sweep is missing or damaged.
        """
        name = self.names[number]
        pixels = cv2.imread(str(self._images / f"{name}{self._form.image_suffix}"))
        if pixels is None or pixels.shape[:2] != (self.camera.height, self.camera.width):
            raise DatasetError(
                f"image '{name}' of the drive '{self._images}' is {'damaged' if pixels is None else pixels.shape}; "
                f"expected {self.camera.width}x{self.camera.height}"
            )
        try:
            sweep_m = self._form.read_sweep(self._sweeps / name)
        except (OSError, ValueError, KeyError) as error:
            raise DatasetError(f"lidar sweep '{self._sweeps / name}' cannot be read: {error!r}") from error
        points_m = self._calibration.camera_from_lidar.apply(sweep_m.astype(np.float64))
        return KittiFrame(name, np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8), points_m)


def _small_sweep(file: Path) -> Float32:
    with np.load(file.with_suffix(".npz"), allow_pickle=False) as arrays:
        return np.asarray(arrays["xyz_cm"].astype(np.float32) / np.float32(100.0))


def _raw_sweep(file: Path) -> Float32:
    return np.fromfile(file.with_suffix(".bin"), "<f4").reshape(-1, 4)[:, :3]


def _small_calibration(folder: Path) -> _Calibration:
    values = json.loads((folder / _SMALL_CALIBRATION).read_text())
    rectification = Pose3(np.array(values["rectification"], np.float64), np.zeros(3))
    camera_from_lidar = np.array(values["camera_from_lidar"], np.float64)
    rectified_from_lidar = rectification @ Pose3(camera_from_lidar[:3, :3], camera_from_lidar[:3, 3])
    width, height = (int(size) for size in values["image_size_px"])
    return _Calibration(_camera(width, height, np.array(values["camera_matrix"], np.float64)), rectified_from_lidar)


def _raw_calibration(folder: Path) -> _Calibration:
    """Of camera 2, the left colour one: pixel = P_rect_02 @ R_rect_00 @ camera_from_lidar @ point."""
    places = [place for place in (folder, folder.parent) if (place / _RAW_CALIBRATION[0]).is_file()]
    if not places:
        raise DatasetError(f"no '{_RAW_CALIBRATION[0]}' in '{folder}' or its parent; download the day's calibration")
    cameras, lidar = (_numbers(places[0] / name) for name in _RAW_CALIBRATION)
    projection = cameras["P_rect_02"].reshape(3, 4)
    # Camera 2 sits beside camera 0, to which the rectified frame belongs.
    aside_m = np.asarray(np.linalg.solve(projection[:, :3], projection[:, 3]), np.float64)
    rectification = Pose3(cameras["R_rect_00"].reshape(3, 3), np.zeros(3))
    camera_from_lidar = Pose3(lidar["R"].reshape(3, 3), lidar["T"])
    width, height = (int(size) for size in cameras["S_rect_02"])
    camera_from_lidar = Pose3(np.eye(3), aside_m) @ rectification @ camera_from_lidar
    return _Calibration(_camera(width, height, projection[:, :3]), camera_from_lidar)


def _numbers(file: Path) -> dict[str, Float64]:
    """Every `name: number number ...` of a calibration file."""
    found: dict[str, Float64] = {}
    for line in file.read_text().splitlines():
        name, _, text = line.partition(":")
        try:
            found[name] = np.array(text.split(), np.float64)
        except ValueError:  # a date
            continue
    return found


def _camera(width: int, height: int, matrix: Float64) -> Camera:
    """KITTI counts pixels from the centre of the first one, we from its corner."""
    return Camera(
        "pinhole", width, height, float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]) + 0.5,
        float(matrix[1, 2]) + 0.5,
    )


_SMALL = _Form("images", ".jpg", "lidar", _small_sweep, _small_calibration)
_RAW = _Form("image_02/data", ".png", "velodyne_points/data", _raw_sweep, _raw_calibration)
