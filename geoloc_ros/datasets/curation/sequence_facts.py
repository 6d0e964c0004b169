"""What is known of each sequence of a window's clusters, and of each cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.curation.angles import way_m
from geoloc_ros.datasets.curation.daylight import DaylightJudge
from geoloc_ros.datasets.curation.facing import FACINGS, facing_of
from geoloc_ros.datasets.curation.frames import Frames
from geoloc_ros.datasets.curation.window_curation import CuratedWindow
from geoloc_ros.datasets.curation.windows import window_origin
from geoloc_ros.maps.road_kinds import RoadKinds


@dataclass(frozen=True)
class SequenceFacts:
    """One sequence of a cluster."""

    number: int
    """In the whole result."""
    cluster: int
    """Likewise."""
    frames: Frames
    """(N,), in the order of time."""
    texts: tuple[tuple[str, str], ...]
    """(N,), id and file of each frame."""
    motion_deg: Float64
    """(N,), clockwise from north."""
    frame_facing: tuple[str, ...]
    """(N,)."""
    date: str
    """By the sun, ISO 8601."""
    facing: str
    """Of most frames."""
    road: str
    """Kind of road that most frames are on; "" where none is near, or there is no map."""
    daylight: str
    """"day" or "night" by most frames; "" where there are no images."""
    length_m: float


@dataclass(frozen=True)
class Knowledge:
    """What tells more about frames than the table does."""

    roads: RoadKinds | None
    daylight: DaylightJudge | None


def sequence_facts(
    window: CuratedWindow, frames: Frames, texts: tuple[tuple[str, str], ...], first_cluster: int, first_sequence: int,
    knowledge: Knowledge, config: CurationConfig,
) -> list[SequenceFacts]:
    """Every sequence of a window in the order of its rows.

    Args:
        window: What was found.
        frames: (K,), those of `window.rows`.
        texts: (K,), id and file of each.
        first_cluster: Number of the window's first cluster in the whole result.
        first_sequence: Likewise of the sequences.
        knowledge: Roads and images.
        config: Limits.
    """
    if len(frames) == 0:
        return []
    facing = facing_of(frames["compass_deg"], window.motion_deg, config.facing_deg)
    road = _roads(frames, knowledge.roads, config.road_m)
    position_m = window_origin(window.key, config.window_m).to_map(frames["latitude_deg"], frames["longitude_deg"])
    along_m = way_m(position_m, window.sequence)
    starts = np.flatnonzero(np.diff(window.sequence, prepend=-1))
    facts = []
    for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(frames)], strict=True):
        rows = slice(first, last)
        facts.append(SequenceFacts(
            first_sequence + int(window.sequence[first]), first_cluster + int(window.cluster[first]), frames[rows],
            texts[rows], window.motion_deg[rows], tuple(FACINGS[each] for each in facing[rows].tolist()),
            str(np.datetime64(int(window.date[first]), "D")), FACINGS[_most(facing[rows].astype(np.int64))],
            _name(_most(road[rows] + 1) - 1, knowledge.roads),
            "" if knowledge.daylight is None else knowledge.daylight.of_sequence(texts[rows]),
            float(along_m[last - 1]),
        ))  # fmt: skip
    return facts


def _roads(frames: Frames, roads: RoadKinds | None, limit_m: float) -> Int64:
    if roads is None:
        return np.full(len(frames), -1, np.int64)
    return roads.nearest(frames["latitude_deg"], frames["longitude_deg"], limit_m)


def _most(numbers: Int64) -> int:
    """The number that comes most often; the least of those."""
    return int(np.argmax(np.bincount(numbers)))


def _name(kind: int, roads: RoadKinds | None) -> str:
    return "" if roads is None or kind < 0 else roads.kinds[kind]
