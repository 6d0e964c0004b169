"""What the street network learns from: photos with labels, simulated views with everything, a drive with a lidar."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32, Float64, UInt8
from geoloc_ros.datasets.camvid import classes_of_camvid
from geoloc_ros.datasets.kitti import KittiDrive, KittiFrame
from geoloc_ros.reading.street_input import ground_channel
from geoloc_ros.training.street_samples import StreetSample, load_sample

# A lidar above a camera sees past the edges of near things: a point is dropped where one so much nearer is beside it.
_SEEN_THROUGH_RATIO = 1.15
_BESIDE_PX = (9, 9)


class StreetSource(Protocol):
    """Images with truth, or with the part of it that is known."""

    @property
    def kind(self) -> str:
        """What its images are, in a word or two of many."""

    @property
    def knows_buildings(self) -> bool:
        """Whether `building` means anything."""

    def __len__(self) -> int:
        """How many there are."""

    def sample(self, number: int) -> StreetSample:
        """One of them.

        Raises:
            DatasetError: A file of it is missing or damaged.
        """


class PhotoFolder:
    """Photos with labels in the form of CamVid: `images/NAME.jpg`, `labels/NAME.png`; implements StreetSource.

    Labels are those of `datasets.camvid`. Nothing is known about the camera, and no range.
    """

    kind = "photos"
    knows_buildings = False

    def __init__(self, folder: Path) -> None:
        """Raises DatasetError if there are none."""
        self._folder = folder
        self._images = tuple(sorted(folder.glob("images/*.jpg")) + sorted(folder.glob("images/*.png")))
        if not self._images:
            raise DatasetError(f"no photos '{folder}/images/*.jpg'; give a folder with images/ and labels/ in it")

    def __len__(self) -> int:
        return len(self._images)

    def sample(self, number: int) -> StreetSample:
        """Photo and labels."""
        file = self._images[number]
        image = cv2.imread(str(file))
        label = cv2.imread(str(self._folder / "labels" / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None or label is None or image.shape[:2] != label.shape:
            raise DatasetError(f"photo '{file}' or its labels are missing, damaged or not of the same size")
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
        return _without_geometry(rgb, classes_of_camvid(np.asarray(label, np.uint8)))


class SampleFolder:
    """Views of the simulator that `street_samples.save_sample` wrote; implements StreetSource."""

    kind = "rendered views"
    knows_buildings = True

    def __init__(self, folder: Path) -> None:
        """Raises DatasetError if there are none."""
        self._files = tuple(sorted(folder.glob("*.npz")))
        if not self._files:
            raise DatasetError(f"no samples '{folder}/*.npz'; render some with: geoloc train samples")

    def __len__(self) -> int:
        return len(self._files)

    def sample(self, number: int) -> StreetSample:
        """A view with its whole truth."""
        return load_sample(self._files[number])


class DriveFrames:
    """Some frames of a drive of KITTI, with ranges where its lidar has points; implements StreetSource."""

    kind = "frames of a drive"
    knows_buildings = False

    def __init__(self, drive: KittiDrive, numbers: range) -> None:
        ground = ground_channel(drive.camera, drive.base_from_camera)
        self._samples = tuple(_drive_sample(drive.frame(number), drive.camera, ground) for number in numbers)

    def __len__(self) -> int:
        return len(self._samples)

    def sample(self, number: int) -> StreetSample:
        """Image, ranges and ground; no label is known."""
        return self._samples[number]


def learned_frames(drive: KittiDrive) -> range:
    """The first two thirds; the rest is for what is reported."""
    return range(len(drive) * 2 // 3)


def reported_frames(drive: KittiDrive) -> range:
    """Those that nothing is learned from."""
    return range(len(learned_frames(drive)), len(drive))


def _without_geometry(image: UInt8, label: UInt8) -> StreetSample:
    shape = label.shape
    return StreetSample(
        image, label, np.full(shape, np.nan, np.float32), np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    )


def _drive_sample(frame: KittiFrame, camera: Camera, ground: Float32) -> StreetSample:
    shape = ground.shape
    return StreetSample(
        frame.image, np.full(shape, SemanticClass.UNLABELLED, np.uint8), lidar_range(frame.points_m, camera),
        np.full(shape, -1, np.int32), ground,
    )  # fmt: skip


def lidar_range(points_m: Float64, camera: Camera) -> Float32:
    """Distance (H, W) of the points (N, 3) in the optical frame of a pinhole that it sees; NaN where there is none.

    Points that something nearer hides, as the lidar sits elsewhere, are left out.
    """
    ahead = points_m[points_m[:, 2] > 0.5]
    column = np.floor(camera.fx * ahead[:, 0] / ahead[:, 2] + camera.cx).astype(np.int64)
    row = np.floor(camera.fy * ahead[:, 1] / ahead[:, 2] + camera.cy).astype(np.int64)
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    nearest = np.full((camera.height, camera.width), np.inf, np.float32)
    range_m = np.linalg.norm(ahead[inside], axis=1).astype(np.float32)
    np.minimum.at(nearest, (row[inside], column[inside]), range_m)
    # Erosion is the smallest value around a pixel.
    beside = cv2.erode(nearest, np.ones(_BESIDE_PX[::-1], np.uint8), borderValue=float(np.inf))
    return np.where(np.isfinite(nearest) & (nearest <= _SEEN_THROUGH_RATIO * beside), nearest, np.float32(np.nan))
