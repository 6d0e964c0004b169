"""What a collection holds, in figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, PhotoSet
from geoloc_ros.core.types import Float64, Int64

_CELL_M = 5_000.0
"""Photos in cells that touch are one region."""


@dataclass(frozen=True)
class ConditionCount:
    """How many photos were taken in a condition."""

    name: str
    """"" where nothing is known."""
    database: int
    queries: int


@dataclass(frozen=True)
class Contents:
    """Of a collection, for people."""

    name: str
    facts: tuple[tuple[str, str], ...]
    """Name and value, one line each."""
    conditions: tuple[ConditionCount, ...]
    """The most frequent first."""
    months: tuple[tuple[str, int], ...]
    """Photos by "YYYY-MM", in order of time."""
    problems: tuple[PhotoProblem, ...]


def contents_of(collection: PhotoCollection, layout: str) -> Contents:
    """Figures of a collection that lies in a layout of that name."""
    database, queries = collection.database, collection.queries
    stamp_ns = np.concatenate([database.stamp_ns, queries.stamp_ns])
    return Contents(
        database.name, _facts(collection, layout, stamp_ns), _conditions(database, queries), _months(stamp_ns),
        collection.problems,
    )


def regions(position_m: Float64) -> list[Int64]:
    """Rows of positions (N, 2) by regions, the largest first: cells of some kilometres that touch."""
    if not len(position_m):
        return []
    cells, cell_of_row = np.unique(np.floor(position_m / _CELL_M).astype(np.int64), axis=0, return_inverse=True)
    pairs = cKDTree(cells).query_pairs(1.5, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    _, region_of_cell = connected_components(graph, directed=False)
    region = region_of_cell[cell_of_row.reshape(-1)]
    order = np.argsort(-np.bincount(region), kind="stable")
    return [np.flatnonzero(region == number).astype(np.int64) for number in order]


def _facts(collection: PhotoCollection, layout: str, stamp_ns: Int64) -> tuple[tuple[str, str], ...]:
    database, queries = collection.database, collection.queries
    position_m = np.concatenate([database.position_m, queries.position_m])
    places = np.concatenate([database.place, queries.place])
    sequences = np.concatenate([database.sequence, queries.sequence])
    yaw_rad = np.concatenate([database.yaw_rad, queries.yaw_rad])
    labels = sum(file != "" for photos in (database, queries) for file in photos.label_file)
    return (
        ("collection", f"{database.name} ({layout})"),
        ("photos", f"{len(database)} in the database, {len(queries)} queries, {len(collection.problems)} left out"),
        ("extent", _extent(position_m)),
        ("dates", _dates(stamp_ns)),
        ("drives", _share(np.unique(sequences[sequences >= 0]).size, int((sequences >= 0).sum()), len(position_m))),
        ("places", _share(np.unique(places[places >= 0]).size, int((places >= 0).sum()), len(position_m))),
        ("views", f"{int(np.isfinite(yaw_rad).sum())} photos tell which way they look"),
        ("labels", f"{labels} photos have an image of classes"),
    )


def _share(count: int, photos: int, total: int) -> str:
    return f"{count}, of {photos} of {total} photos" if count else "none are told"


def _extent(position_m: Float64) -> str:
    found = regions(position_m)
    east_m, north_m = np.ptp(position_m[found[0]], axis=0)
    more = f", and {len(found) - 1} regions more" if len(found) > 1 else ""
    return f"{east_m / 1000.0:.2f} x {north_m / 1000.0:.2f} km (east x north){more}"


def _dates(stamp_ns: Int64) -> str:
    known = stamp_ns[stamp_ns >= 0]
    if not len(known):
        return "none are told"
    first, last = (_date(int(stamp)).strftime("%Y-%m-%d") for stamp in (known.min(), known.max()))
    return first if first == last else f"{first} to {last}"


def _date(stamp_ns: int) -> datetime:
    return datetime.fromtimestamp(stamp_ns // 1_000_000_000, tz=timezone.utc)


def _months(stamp_ns: Int64) -> tuple[tuple[str, int], ...]:
    months = stamp_ns[stamp_ns >= 0].astype("datetime64[ns]").astype("datetime64[M]")
    found, counts = np.unique(months, return_counts=True)
    return tuple((str(month), int(count)) for month, count in zip(found, counts, strict=True))


def _conditions(database: PhotoSet, queries: PhotoSet) -> tuple[ConditionCount, ...]:
    searched, asked = Counter(database.condition), Counter(queries.condition)
    names = sorted({*searched, *asked}, key=lambda name: (-searched[name] - asked[name], name))
    return tuple(ConditionCount(name, searched[name], asked[name]) for name in names)
