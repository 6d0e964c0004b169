"""Bars: what became of the rows, and how sequences and clusters are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from geoloc_ros.datasets.curation.frames import FATE_WORDS, Fate
from geoloc_ros.datasets.curation.statistics import Statistics
from geoloc_ros.evaluation.accuracy_page.charts import Bars, bar_chart
from geoloc_ros.evaluation.accuracy_page.sources import Estimate

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_MOST_ROADS = 14

Spread = tuple[str, str, str]
"""Name, title and chart."""


def fate_chart(statistics: Statistics) -> str:
    """Shares of the rows that each step dropped."""
    counts = {"a row that cannot be used": sum(statistics.problems.values())}
    counts |= {FATE_WORDS[fate]: statistics.fates[fate] for fate in (*list(Fate)[1:], Fate.KEPT)}
    return _bars(counts, "rows", "what became of the rows")


def sequence_spreads(statistics: Statistics) -> Iterator[Spread]:
    """Of the sequences in clusters."""
    if not statistics.num_clusters:
        return
    by = statistics.sequences
    hours = {f"{hour:02} h": by["hour"][str(hour)] for hour in range(24)}
    months = {name: by["month"][f"{number:02}"] for number, name in enumerate(_MONTHS, start=1)}
    yield "hours", "Sequences by hour, of the sun", _bars(hours, "sequences", "sequences by hour")
    yield "months", "Sequences by month", _bars(months, "sequences", "sequences by month")
    yield "years", "Sequences by year", _bars(dict(sorted(by["year"].items())), "sequences", "sequences by year")
    yield "facing", "Sequences by facing", _bars(_most(by["facing"]), "sequences", "sequences by facing")
    yield "daylight", "Sequences by day and night", _bars(_most(by["daylight"]), "sequences", "sequences by daylight")
    yield "roads", "Sequences by road", _bars(_most(by["road"]), "sequences", "sequences by road")
    frames = _binned(by["frames"], (5, 10, 20, 50, 100, 300))
    yield "lengths", "Sequences by frames", _bars(frames, "sequences", "sequences by frames")


def cluster_spreads(statistics: Statistics) -> Iterator[Spread]:
    """Of the clusters."""
    if not statistics.num_clusters:
        return
    by = statistics.clusters
    bins = {
        "sequences": (2, 3, 4, 5, 10, 20, 50), "dates": (1, 2, 3, 4, 5, 10, 20),
        "days from first to last": (0, 7, 30, 90, 365, 730, 1825),
    }  # fmt: skip
    for name, edges in bins.items():
        yield name.replace(" ", "-"), f"Clusters by {name}", _bars(_binned(by[name], edges), "clusters", name)


def _bars(counts: dict[str, int], of: str, label: str) -> str:
    total = max(1, sum(counts.values()))
    bars = [
        Bars(f"{name}: {count:,}", ((1, Estimate(100.0 * count / total, None)),), f"{count:,} {of}")
        for name, count in counts.items()
    ]
    return bar_chart(bars, f"{label}, per cent", max(len(bar.label) for bar in bars))


def _most(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_ROADS])


def _binned(counts: Counter[str], edges: tuple[int, ...]) -> dict[str, int]:
    """Counts of numbers from each edge up to the next."""
    names = [_range(low, high) for low, high in zip(edges[:-1], edges[1:], strict=True)] + [f"{edges[-1]} and more"]
    binned = dict.fromkeys(names, 0)
    for value, count in counts.items():
        binned[names[max(0, sum(int(value) >= edge for edge in edges) - 1)]] += count
    return binned


def _range(low: int, high: int) -> str:
    return str(low) if high == low + 1 else f"{low} to {high - 1}"
