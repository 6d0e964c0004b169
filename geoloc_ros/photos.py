"""`geoloc photos list` and `split`: what a collection of photos holds, and test sets apart from what was trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, PhotoSet
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.check import broken_photos
from geoloc_ros.datasets.photos.collection import find_layout, load_collection, split_source
from geoloc_ros.datasets.photos.split import SPLIT_SUFFIX, is_split, near_any, write_split
from geoloc_ros.evaluation.collection_page.contents import Contents, contents_of
from geoloc_ros.evaluation.collection_page.page import write_collection_page

_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class CollectionSummary:
    """What lies there, and the page to look at it, if one was asked for."""

    contents: Contents
    page: Path | None

    def as_text(self) -> str:
        """For people."""
        lines = [f"{name:12}{value}" for name, value in self.contents.facts]
        lines += [f"{each.name or 'no condition':28}{each.database:>9} database{each.queries:>9} queries"
                  for each in self.contents.conditions]  # fmt: skip
        for reason, count in Counter(problem.reason for problem in self.contents.problems).most_common():
            lines.append(f"{count:>9} left out: {reason}")
        lines += [f"  {each.file}: {each.reason}" for each in self.contents.problems[:_SHOWN_PROBLEMS]]
        return "\n".join([*lines, *([f"look at it: {self.page.resolve().as_uri()}"] if self.page else [])])


@dataclass(frozen=True)
class SplitSummary:
    """How much was dropped."""

    dropped_database: int
    database: int
    dropped_queries: int
    queries: int
    distance_m: float
    output: Path

    def as_text(self) -> str:
        """For people."""
        dropped, all_photos = self.dropped_database + self.dropped_queries, self.database + self.queries
        return (
            f"dropped {dropped} of {all_photos} photos ({dropped / all_photos:.1%}) closer than {self.distance_m:g} m "
            f"to training: {self.dropped_database} of {self.database} in the database, {self.dropped_queries} of "
            f"{self.queries} queries\n{self.output}"
        )


def list_photos(
    source: str, kind: str, page: Path | None, check: bool, progress: ProgressCallback
) -> CollectionSummary:
    """What a collection holds, and a page to look at.

    Args:
        source: Of `datasets.photos.collection.load_collection`.
        kind: Of its layout, or "auto".
        page: HTML file to write; None for none.
        check: Also decode every photo.
        progress: Told about files.

    Raises:
        DatasetError: As `load_collection`, or if not one photo can be decoded.
    """
    collection = load_collection(source, kind, progress)
    if check:
        collection = _checked(collection, progress)
    folder, _ = split_source(source)
    contents = contents_of(collection, find_layout(folder, kind).description)
    if page is not None:
        write_collection_page(collection, contents, page)
    return CollectionSummary(contents, page)


def split_photos(
    test: str, trained_on: Sequence[str], output: Path, distance_m: float, progress: ProgressCallback
) -> SplitSummary:
    """Write which photos of a test set are far enough from all photos that were trained on.

    Args:
        test: Source of the test set.
        trained_on: Sources of training and validation sets; their queries count, too.
        output: File to write; `load_collection` takes it as a source.
        distance_m: Photos closer than that are dropped.
        progress: Told about files.

    Raises:
        DatasetError: As `load_collection`, or if nothing would be left, or the name of the output is another.
    """
    if not output.name.endswith(SPLIT_SUFFIX):
        raise DatasetError(f"'{output}' must end with {SPLIT_SUFFIX}, by which it is known")
    folder, _ = split_source(test)
    if is_split(folder):
        raise DatasetError(f"'{test}' is a split already; split its source, with all that was trained on")
    collection = load_collection(test, "auto", progress)
    training = [part for each in trained_on for part in _parts(load_collection(each, "auto", progress))]
    near = [near_any(photos, training, distance_m) for photos in _parts(collection)]
    if all(each.all() for each in near):
        raise DatasetError(f"all photos of '{test}' are closer than {distance_m:g} m to those trained on")
    dropped = [
        photos.file[row] for photos, each in zip(_parts(collection), near, strict=True) for row in np.flatnonzero(each)
    ]
    write_split(output, test, find_layout(folder).kind, collection, dropped, trained_on, distance_m)
    return SplitSummary(
        int(near[0].sum()), len(near[0]), int(near[1].sum()), len(near[1]), distance_m, output
    )


def _parts(collection: PhotoCollection) -> tuple[PhotoSet, PhotoSet]:
    return collection.database, collection.queries


def _checked(collection: PhotoCollection, progress: ProgressCallback) -> PhotoCollection:
    """Without the photos that cannot be decoded, which become problems."""
    left, problems = [], list[PhotoProblem]()
    for photos in _parts(collection):
        broken = broken_photos(photos, progress)
        names = {problem.file for problem in broken}
        left.append(photos.take(np.flatnonzero([file not in names for file in photos.file]).astype(np.int64)))
        problems += broken
    if not any(map(len, left)):
        raise DatasetError(f"not one photo of '{collection.database.name}' can be decoded: {problems[0].reason}")
    return PhotoCollection(left[0], left[1], (*collection.problems, *problems))
