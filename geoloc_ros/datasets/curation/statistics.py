"""What a curation amounts to: how many frames each step dropped, and how the rest is spread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoloc_ros.core.types import UInt8
from geoloc_ros.datasets.curation.frames import FATE_WORDS, Fate, TableProblem
from geoloc_ros.datasets.curation.sequence_facts import SequenceFacts

_HOUR_MS, _DAY_HOURS = 3_600_000, 24


@dataclass
class Statistics:
    """Counts, in the making."""

    num_rows: int = 0
    """Of the table, bad ones too."""
    num_windows: int = 0
    num_clusters: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    """Frames by what became of them."""
    problems: Counter[str] = field(default_factory=Counter)
    """Bad rows by what is wrong."""
    sequences: dict[str, Counter[str]] = field(default_factory=dict)
    """Numbers of sequences by what is counted and its value."""
    clusters: dict[str, Counter[str]] = field(default_factory=dict)
    """Likewise of clusters."""

    def add_problem(self, problem: TableProblem) -> None:
        """A row that cannot be used."""
        self.num_rows += 1
        self.problems[problem.reason] += 1

    def add_fates(self, fate: UInt8) -> None:
        """Frames (N,) of a window."""
        self.num_rows += len(fate)
        self.num_windows += 1
        numbers, counts = np.unique(fate, return_counts=True)
        self.fates.update({Fate(int(number)): int(count) for number, count in zip(numbers, counts, strict=True)})

    def add_cluster(self, cluster: list[SequenceFacts]) -> None:
        """A cluster of sequences."""
        self.num_clusters += 1
        dates = sorted({each.date for each in cluster})
        days = int((np.datetime64(dates[-1]) - np.datetime64(dates[0])).astype(int))
        _count(self.clusters, {
            "sequences": len(cluster), "dates": len(dates), "frames": sum(len(each.frames) for each in cluster),
            "days from first to last": days,
        })  # fmt: skip
        for each in cluster:
            _count(self.sequences, {
                "frames": len(each.frames), "year": each.date[:4], "month": each.date[5:7], "hour": _sun_hour(each),
                "daylight": each.daylight or "unknown", "facing": each.facing, "road": each.road or "none near",
            })  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Plain values; the keys of counts ascend."""
        return {
            "rows": self.num_rows, "bad_rows": dict(sorted(self.problems.items())), "windows": self.num_windows,
            "frames": {FATE_WORDS[fate]: self.fates[fate] for fate in Fate},
            "clusters": self.num_clusters, "sequences": sum(self.sequences.get("facing", Counter()).values()),
            "by_sequence": {name: _sorted(counts) for name, counts in sorted(self.sequences.items())},
            "by_cluster": {name: _sorted(counts) for name, counts in sorted(self.clusters.items())},
        }  # fmt: skip


def _count(counts: dict[str, Counter[str]], values: dict[str, int | str]) -> None:
    for name, value in values.items():
        counts.setdefault(name, Counter())[str(value)] += 1


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (int(item[0]) if item[0].isdigit() else 0, item[0])))


def _sun_hour(sequence: SequenceFacts) -> int:
    """Hour of the first frame, 12 when the sun is highest."""
    first = sequence.frames[0]
    hours = float(first["stamp_ms"]) / _HOUR_MS + float(first["longitude_deg"]) / 360.0 * _DAY_HOURS
    return int(hours % _DAY_HOURS)
