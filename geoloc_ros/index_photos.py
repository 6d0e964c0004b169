"""The verb `photos index`: a collection of photos to a searchable index of their places."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import check_replaceable
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.interfaces import PhotoEncoder
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoProblem, PhotoSet
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float16, Float32, Int64, UInt8
from geoloc_ros.datasets.photos.collection import load_collection
from geoloc_ros.vpr.confidence import Confidence
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.photo_table import own_frame

logger = logging.getLogger(__name__)

# Photos in memory at a time, and how many of them are decoded at once while a batch is encoded.
_BATCH, _READERS = 32, 2
_TOLD = 5


@dataclass(frozen=True)
class PhotoIndexSummary:
    """What `index_photos` made, and what it took."""

    path: Path
    photos: int
    is_on_earth: bool
    """Whether latitude and longitude of the photos are known."""
    problems: tuple[PhotoProblem, ...]
    """Photos that are left out."""
    artifact_mb: float
    total_s: float
    encoder: str
    search: str
    confidence: Confidence

    def as_text(self) -> str:
        """A few lines for a terminal."""
        learnt = self.confidence.num_trials
        lines = [
            f"{self.path}: {self.photos} photos, {self.artifact_mb:.1f} MB, in {self.total_s:.1f} s",
            f"encoder {self.encoder}",
            f"search {self.search}; how sure to be of a place was "
            + (f"learnt from {learnt} trials" if learnt else "not learnt: too few photos show the same place"),
        ]
        if not self.is_on_earth:
            lines.append("no photo knows its latitude and longitude: `geoloc localize` cannot put them on a map")
        if self.problems:
            lines.append(f"{len(self.problems)} photos left out:")
            lines += [f"  {problem.file}: {problem.reason}" for problem in self.problems[:_TOLD]]
        if len(self.problems) > _TOLD:
            lines.append(f"  and {len(self.problems) - _TOLD} more; `geoloc photos list` tells those of the collection")
        return "\n".join(lines)


def index_photos(
    source: str, index_path: Path, config: Config, progress: ProgressCallback = no_progress
) -> PhotoIndexSummary:
    """Index the database of a collection in the folder `index_path`; it appears there whole or not at all.

    The same collection and config give the same bytes. Photos that cannot be used are listed.

    Args:
        source: As `datasets.photos.load_collection` takes it.
        index_path: Replaced if it is an older index.
        config: Sections `photo` and `search` count.
        progress: Told how it goes.

    Raises:
        DatasetError: If the collection cannot be read, or no photo of it can be used.
        ConfigError: If the search asked for cannot be built of so many photos.
        ArtifactError: If `index_path` cannot be written.
        BackendError: If the network cannot be used.
    """
    started_s = time.monotonic()
    check_replaceable(index_path)
    # First of all, so that weights that cannot be used cost no minutes; on all cores, as nothing else runs yet.
    encoder = make_photo_encoder(config.photo, config.inference.model_copy(update={"num_threads": 0}))
    collection = load_collection(source, progress=progress)
    photos, origin, lost = own_frame(collection.database)
    rows, descriptors, broken = encode_photos(photos, encoder, progress)
    if not len(rows):
        raise DatasetError(f"none of {len(photos)} photos of '{source}' can be used; the first: {broken[0].reason}")
    made_with = {name: getattr(config, name).model_dump(mode="json") for name in ("photo", "search")}
    index = PhotoIndex.build(
        photos.take(rows), origin, descriptors, encoder.encoder_id, made_with, config.search,
        np.random.default_rng(0), progress,
    )
    progress("writing the index", 0.0)
    index.save(index_path)
    progress("writing the index", 1.0)
    summary = PhotoIndexSummary(
        index_path, len(index), origin is not None, (*collection.problems, *lost, *broken),
        sum(file.stat().st_size for file in index_path.iterdir()) / 1e6, time.monotonic() - started_s, str(encoder),
        index.search.name, index.confidence,
    )
    logger.info("indexed %d photos of %s in %.1f s", len(index), photos.name, summary.total_s)
    return summary


def encode_photos(
    photos: PhotoSet, encoder: PhotoEncoder, progress: ProgressCallback = no_progress
) -> tuple[Int64, Float16, tuple[PhotoProblem, ...]]:
    """Rows (n,) of the photos that can be used, their descriptors (n, D), and what is wrong with the others.

    Photos are read and encoded batch by batch; only descriptors are kept.
    """
    rows: list[int] = []
    descriptors = np.empty((len(photos), encoder.dimension), np.float16)
    problems: list[PhotoProblem] = []
    for first, batch in _batches(photos):
        good = [(first + number, image) for number, image in enumerate(batch) if not isinstance(image, PhotoProblem)]
        problems += [image for image in batch if isinstance(image, PhotoProblem)]
        for row, described in _encoded(photos, good, encoder):
            if isinstance(described, PhotoProblem):
                problems.append(described)
                continue
            descriptors[len(rows)] = described
            rows.append(row)
        progress("encoding photos", min(1.0, (first + len(batch)) / len(photos)))
    return np.array(rows, np.int64), np.ascontiguousarray(descriptors[: len(rows)]), tuple(problems)


def _batches(photos: PhotoSet) -> Iterator[tuple[int, list[UInt8 | PhotoProblem]]]:
    """Photos in order, with the row of the first of each batch; the next batch is read while one is in work."""
    starts = range(0, len(photos), _BATCH)
    with ThreadPoolExecutor(_READERS) as readers:
        def read(first: int) -> Iterator[UInt8 | PhotoProblem]:
            return readers.map(lambda row: _read(photos, row), range(first, min(first + _BATCH, len(photos))))

        coming = read(0)
        for first in starts:
            batch = list(coming)
            coming = read(first + _BATCH)
            yield first, batch


def _read(photos: PhotoSet, row: int) -> UInt8 | PhotoProblem:
    try:
        return read_photo(photos.path(row))
    except DatasetError as error:
        return PhotoProblem(photos.file[row], str(error))


def _encoded(
    photos: PhotoSet, good: Sequence[tuple[int, UInt8]], encoder: PhotoEncoder
) -> Iterator[tuple[int, Float32 | PhotoProblem]]:
    try:
        yield from zip((row for row, _ in good), encoder.encode([image for _, image in good]), strict=True)
    except ObservationError:  # one of them spoils it for all
        for row, image in good:
            try:
                yield row, encoder.encode([image])[0]
            except ObservationError as error:
                yield row, PhotoProblem(photos.file[row], str(error))
