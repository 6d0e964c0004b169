"""The tables that a curation writes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.curation.frames import TableProblem
from geoloc_ros.datasets.curation.sequence_facts import SequenceFacts

FRAMES_FILE, CLUSTERS_FILE, PROBLEMS_FILE = "frames.csv", "clusters.csv", "problems.csv"
STATISTICS_FILE, PAGE_FILE = "statistics.json", "curation.html"

FRAME_COLUMNS = (
    "id", "file", "cluster", "sequence", "place", "captured_at", "date", "latitude_deg", "longitude_deg", "compass_deg",
    "motion_deg", "frame_facing", "facing", "daylight", "road",
)  # fmt: skip
_CLUSTER_COLUMNS = (
    "cluster", "latitude_deg", "longitude_deg", "sequences", "frames", "users", "dates", "first_date", "last_date",
    "length_m", "night_sequences", "day_sequences", "facing", "road",
)  # fmt: skip
_PROBLEM_COLUMNS = ("place", "id", "reason", "value")


class TableWriter:
    """Three tables that grow cluster by cluster."""

    def __init__(self, folder: Path) -> None:
        self._open_files = ExitStack()
        self._frames = self._table(folder / FRAMES_FILE, FRAME_COLUMNS)
        self._clusters = self._table(folder / CLUSTERS_FILE, _CLUSTER_COLUMNS)
        self._problems = self._table(folder / PROBLEMS_FILE, _PROBLEM_COLUMNS)

    def _table(self, path: Path, columns: tuple[str, ...]) -> Any:
        table = csv.writer(self._open_files.enter_context(path.open("w", encoding="utf-8", newline="")))
        table.writerow(columns)
        return table

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open_files.close()

    def add_problems(self, problems: Iterable[TableProblem]) -> None:
        """Rows that cannot be used."""
        self._problems.writerows((each.place, each.frame, each.reason, each.value[:200]) for each in problems)

    def add_cluster(self, cluster: list[SequenceFacts]) -> None:
        """A cluster with its sequences."""
        for sequence in cluster:
            self._frames.writerows(_frame_rows(sequence))
        self._clusters.writerow(_cluster_row(cluster))


def _frame_rows(sequence: SequenceFacts) -> Iterable[tuple[Any, ...]]:
    for place, frame in enumerate(sequence.frames):
        yield (
            *sequence.texts[place], sequence.cluster, sequence.number, place, int(frame["stamp_ms"]), sequence.date,
            f"{frame['latitude_deg']:.8f}", f"{frame['longitude_deg']:.8f}", f"{frame['compass_deg']:.2f}",
            f"{sequence.motion_deg[place]:.2f}", sequence.frame_facing[place], sequence.facing, sequence.daylight,
            sequence.road,
        )  # fmt: skip


def _cluster_row(cluster: list[SequenceFacts]) -> tuple[Any, ...]:
    latitude_deg, longitude_deg = cluster_centre_deg(cluster)
    dates = sorted({each.date for each in cluster})
    longest = max(cluster, key=lambda each: len(each.frames))
    return (
        cluster[0].cluster, f"{latitude_deg:.8f}", f"{longitude_deg:.8f}", len(cluster),
        sum(len(each.frames) for each in cluster), len({int(each.frames[0]["user"]) for each in cluster}), len(dates),
        dates[0], dates[-1], f"{max(each.length_m for each in cluster):.1f}",
        *(sum(each.daylight == light for each in cluster) for light in ("night", "day")), longest.facing, longest.road,
    )  # fmt: skip


def cluster_centre_deg(cluster: list[SequenceFacts]) -> tuple[float, float]:
    """Mean latitude and longitude of all frames."""
    columns = (_joined(each.frames[name] for each in cluster) for name in ("latitude_deg", "longitude_deg"))
    latitude_deg, longitude_deg = (float(column.mean()) for column in columns)
    return latitude_deg, longitude_deg


def _joined(columns: Iterable[Float64]) -> Float64:
    return np.concatenate(list(columns))
