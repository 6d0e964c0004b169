"""Parts of a collection that are judged by themselves: conditions, day and night, seasons, old and new, cities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Bool, Int64

OLD_UNTIL, NEW_SINCE = 2016, 2018
"""Years (SLS, section 5)."""
_SUMMER = {"north": (6, 7, 8), "south": (12, 1, 2)}
_WINTER = {"north": (12, 1, 2), "south": (6, 7, 8)}
_PAIRS = (("day", "night"), ("summer", "winter"), ("old", "new"))


@dataclass(frozen=True)
class Subset:
    """Queries, and the photos among which they are searched."""

    name: str
    meaning: str
    """For people."""
    query: Int64
    """Rows of the queries."""
    database: Int64
    """Rows of the database."""


def find_subsets(queries: PhotoSet, database: PhotoSet) -> tuple[Subset, ...]:
    """The parts that a collection has, without the whole of it.

    Each condition of queries is searched in the whole database. Day and night, summer and winter, old and new are
    searched in the photos of the other kind only, as in SLS, where both are known. Cities are the outermost folders by
    which photos differ, where queries and database share them.
    """
    return (*_conditions(queries, database), *_pairs(queries, database), *_cities(queries, database))


def _conditions(queries: PhotoSet, database: PhotoSet) -> Iterator[Subset]:
    names = sorted({word for condition in queries.condition for word in condition.split()})
    for name in names:
        chosen = _has_word(queries, name)
        if not chosen.all():
            yield Subset(name, f"queries of condition '{name}', all photos", _rows(chosen), np.arange(len(database)))


def _pairs(queries: PhotoSet, database: PhotoSet) -> Iterator[Subset]:
    of_queries, of_database = _kinds(queries), _kinds(database)
    for pair in _PAIRS:
        for kind, other in (pair, pair[::-1]):
            asked, searched = of_queries[kind], of_database[other]
            if asked.any() and searched.any():
                meaning = f"queries that are {kind}, photos that are {other}"
                yield Subset(f"{kind} among {other}", meaning, _rows(asked), _rows(searched))


def _cities(queries: PhotoSet, database: PhotoSet) -> Iterator[Subset]:
    folders = [[file.split("/")[:-1] for file in photos.file] for photos in (queries, database)]
    # SLS as published holds all of its cities in one more folder.
    depth = _shared_depth(folders[0] + folders[1])
    of_queries, of_database = (
        np.array([parts[depth] if len(parts) > depth else "" for parts in found], str) for found in folders
    )
    shared = sorted(set(of_queries.tolist()) & set(of_database.tolist()) - {""})
    for city in shared if len(shared) > 1 else ():
        meaning = f"queries of {city}, photos of {city}"
        yield Subset(city, meaning, _rows(of_queries == city), _rows(of_database == city))


def _shared_depth(folders: list[list[str]]) -> int:
    """How many folders, from the outermost on, all photos have in common."""
    first, last = min(folders, default=[]), max(folders, default=[])
    depth = 0
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    return depth


def _kinds(photos: PhotoSet) -> dict[str, Bool]:
    """Which photos are of each kind; one may be of none."""
    date = photos.stamp_ns.astype("datetime64[ns]").astype("datetime64[M]")
    known = photos.stamp_ns >= 0
    month, year = date.astype(np.int64) % 12 + 1, date.astype(np.int64) // 12 + 1970
    latitude_deg = photos.geodetic_deg[:, 0]
    halves = {"north": known & (latitude_deg > 0.0), "south": known & (latitude_deg < 0.0)}
    kinds = {
        season: np.any([half & np.isin(month, months[name]) for name, half in halves.items()], axis=0)
        for season, months in (("summer", _SUMMER), ("winter", _WINTER))
    }
    kinds |= {"old": known & (year <= OLD_UNTIL), "new": known & (year >= NEW_SINCE)}
    kinds |= {"day": np.zeros(len(photos), bool), "night": np.zeros(len(photos), bool)}
    return {name: np.asarray(found | _has_word(photos, name)) for name, found in kinds.items()}


def _has_word(photos: PhotoSet, word: str) -> Bool:
    return np.array([word in condition.split() for condition in photos.condition], bool)


def _rows(chosen: Bool) -> Int64:
    return np.flatnonzero(chosen).astype(np.int64)
