"""A curated folder as a collection: one query sequence per cluster, the others the database (Warburg, 2020, §3.4)."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import MANIFEST, read_artifact
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, PhotoSet, photo_set
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Bool
from geoloc_ros.datasets.curation.daylight import image_file
from geoloc_ros.datasets.curation.tables_out import CLUSTERS_FILE, FRAMES_FILE
from geoloc_ros.datasets.photos.flat_frame import flat_positions

CURATION_KIND, CURATION_VERSION = "curation", 1


def is_curated(folder: Path) -> bool:
    """Did `geoloc curate` write this folder, by its looks?"""
    return (folder / MANIFEST).is_file() and (folder / FRAMES_FILE).is_file() and (folder / CLUSTERS_FILE).is_file()


def load_curated(
    folder: Path, images: Path | None = None, progress: ProgressCallback = no_progress
) -> PhotoCollection:
    """Queries and database of a curated folder. Frames without an image are listed, and so are lone sequences then.

    The sequence of a cluster that is asked for follows from the ids of its frames, so that it is always the same one.
    A photo's place is its cluster, its sequence that of the table, its condition "day" or "night" and "sideways" or
    "backward", where they are known.

    Args:
        folder: Of `geoloc curate`.
        images: What the files of the table are in; `folder`/images without it.
        progress: Told about the frames.

    Raises:
        ArtifactError: If the folder is damaged.
        DatasetError: If it is no curated one, or no cluster has images of two sequences.
    """
    if not is_curated(folder):
        raise DatasetError(f"'{folder}' is no curated folder; make one of a table with `geoloc curate`")
    read_artifact(folder, CURATION_KIND, CURATION_VERSION)
    root = (folder / "images" if images is None else images).resolve()
    rows, problems = _Rows(), []
    with (folder / FRAMES_FILE).open("rb") as data:
        size = (folder / FRAMES_FILE).stat().st_size
        for number, row in enumerate(csv.DictReader(TextIOWrapper(data, encoding="utf-8", newline=""))):
            if number % 1000 == 0:
                progress("reading the curated frames", data.tell() / size)
            path = image_file(root, row["id"], row["file"])
            if path is None:
                problems.append(PhotoProblem(row["file"] or row["id"], f"no such image in '{root}'"))
            else:
                rows.add(row, path.relative_to(root).as_posix())
    progress("reading the curated frames", 1.0)
    is_query, is_lone = _roles(rows)
    if is_lone.all():
        raise DatasetError(
            f"no cluster of '{folder}' has images of two sequences in '{root}'; {len(problems)} images are missing"
        )
    photos = rows.photos(folder.name, root)
    problems += [
        PhotoProblem(photos.file[row], "its cluster has images of one sequence only") for row in np.flatnonzero(is_lone)
    ]
    queries, database = (
        photos.take(np.flatnonzero(chosen & ~is_lone)) for chosen in (is_query, ~is_query)
    )
    return PhotoCollection(database, queries, tuple(problems))


@dataclass
class _Rows:
    """Columns in the making."""

    file: list[str] = field(default_factory=list)
    frame: list[str] = field(default_factory=list)
    condition: list[str] = field(default_factory=list)
    numbers: list[tuple[float, ...]] = field(default_factory=list)
    """Cluster, sequence, milliseconds, latitude, longitude, compass."""

    def add(self, row: dict[str, str], file: str) -> None:
        """A frame with its image."""
        self.file.append(file)
        self.frame.append(row["id"])
        words = (row["daylight"], row["facing"])
        self.condition.append(" ".join(word for word in words if word not in ("", "forward")))
        self.numbers.append(tuple(
            float(row[name])
            for name in ("cluster", "sequence", "captured_at", "latitude_deg", "longitude_deg", "compass_deg")
        ))

    def photos(self, name: str, root: Path) -> PhotoSet:
        """All of them as one set."""
        numbers = np.array(self.numbers, float).reshape(-1, 6)
        geodetic_deg = numbers[:, 3:5]
        nowhere_m, no_zone = np.full((len(numbers), 2), np.nan), np.zeros(len(numbers), np.int64)
        return photo_set(
            name, root, tuple(self.file), flat_positions(nowhere_m, no_zone, geodetic_deg),
            geodetic_deg=geodetic_deg, yaw_rad=math.pi / 2.0 - np.radians(numbers[:, 5]),
            stamp_ns=numbers[:, 2].astype(np.int64) * 1_000_000, sequence=numbers[:, 1].astype(np.int32),
            condition=tuple(self.condition), place=numbers[:, 0].astype(np.int32),
        )  # fmt: skip


def _roles(rows: _Rows) -> tuple[Bool, Bool]:
    """Which frames (N,) are of query sequences, and which of clusters with one sequence."""
    first: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    for frame, (cluster, sequence, *_) in zip(rows.frame, rows.numbers, strict=True):
        if int(sequence) not in first:
            first[int(sequence)] = frame
            members.setdefault(int(cluster), []).append(int(sequence))
    asked = {_drawn(each, first) for each in members.values()}
    lone = {each[0] for each in members.values() if len(each) == 1}
    of_frame = [int(sequence) for _, sequence, *_ in rows.numbers]
    return np.array([each in asked for each in of_frame], bool), np.array([each in lone for each in of_frame], bool)


def _drawn(sequences: Sequence[int], first: dict[int, str]) -> int:
    """One of them, by chance that is always the same."""
    return min(sequences, key=lambda each: hashlib.sha256(first[each].encode()).digest())
