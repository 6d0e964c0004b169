"""Which folders the street network learns from, how much of each, and which of them its weights are chosen on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geoloc_ros.datasets.kitti import KittiDrive
from geoloc_ros.training.street_augment import CropSettings
from geoloc_ros.training.street_data import DriveFrames, PhotoFolder, SampleFolder, StreetSource, learned_frames

_TRAIN, _VALIDATE = "train", "val"
# Of what is shown. Geometry takes longest to learn; a drive has few and similar frames.
_PHOTO_SHARE: Final = 0.26
_SAMPLE_SHARE: Final = 0.66
_DRIVE_SHARE: Final = 0.08
_PHOTO_CROPS: Final = CropSettings(largest_zoom=1.7)
# Zoomed in, the foot of a wall is out of sight and with it how far away the wall is.
_GEOMETRY_CROPS: Final = CropSettings(largest_zoom=1.3, ground_dropout=0.3)


@dataclass(frozen=True)
class StreetFolders:
    """Where the data lie."""

    photos: Path
    """`train/` and `val/` in the form of CamVid (`street_data.PhotoFolder`)."""
    samples: Path | None = None
    """`train/` and `val/` that the simulator rendered (`geoloc train samples`)."""
    drive: Path | None = None
    """A drive of KITTI; only its first two thirds are learned from."""

    def identity(self) -> str:
        """Names and sizes of all files, hashed: what a training that goes on must find again."""
        digest = hashlib.sha256()
        for folder in (self.photos, self.samples, self.drive):
            files = sorted(file for file in folder.rglob("*") if file.is_file()) if folder else []
            sizes = [(file.name, file.stat().st_size) for file in files]
            digest.update(json.dumps(sizes).encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class StreetShare:
    """A source, and how often the network is shown something of it, relative to the others."""

    source: StreetSource
    share: float
    crops: CropSettings


@dataclass(frozen=True)
class StreetSources:
    """What there is to learn from and to choose by."""

    learned: tuple[StreetShare, ...]
    photos: StreetSource
    """That weights are chosen on."""
    samples: StreetSource | None
    """Also; None without samples."""

    def contents(self) -> str:
        """How many images of which kind there are."""
        total = sum(each.share for each in self.learned)
        return ", ".join(f"{len(each.source)} {each.source.kind} ({each.share / total:.0%})" for each in self.learned)


def open_sources(folders: StreetFolders) -> StreetSources:
    """Find the data.

    Raises:
        DatasetError: A folder is not in the form that is expected, or has nothing in it.
    """
    learned = [StreetShare(PhotoFolder(folders.photos / _TRAIN), _PHOTO_SHARE, _PHOTO_CROPS)]
    samples = None
    if folders.samples is not None:
        learned.append(StreetShare(SampleFolder(folders.samples / _TRAIN), _SAMPLE_SHARE, _GEOMETRY_CROPS))
        samples = SampleFolder(folders.samples / _VALIDATE)
    if folders.drive is not None:
        drive = KittiDrive(folders.drive)
        learned.append(StreetShare(DriveFrames(drive, learned_frames(drive)), _DRIVE_SHARE, _GEOMETRY_CROPS))
    return StreetSources(tuple(learned), PhotoFolder(folders.photos / _VALIDATE), samples)
