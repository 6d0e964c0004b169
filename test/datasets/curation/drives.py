"""Made-up frames around the middle of one window, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.curation.frames import FRAME, Frames
from geoloc_ros.datasets.curation.row_values import digest
from geoloc_ros.datasets.curation.window_curation import CuratedWindow, curate_window
from geoloc_ros.datasets.curation.windows import window_of, window_origin

CONFIG = CurationConfig()
KEY = int(window_of(np.array([35.0]), np.array([135.75]), CONFIG.window_m)[0])
ORIGIN = window_origin(KEY, CONFIG.window_m)
DAY_MS = 86_400_000
NOON_MS = 19_000 * DAY_MS + 3 * 3_600_000
"""Noon by the sun at `ORIGIN`."""


def straight(user: str, day: int, east_m: Sequence[float] | Float64, north_m: float = 0.0, view_deg: float = 90.0,
             computed_deg: float | None = None, hour: float = 0.0) -> Frames:  # fmt: skip
    """One frame per second at these places of a road that runs east."""
    return along(user, day, np.array([(x, north_m) for x in east_m]), view_deg, computed_deg, hour)


def along(user: str, day: int, places_m: Float64, view_deg: float = 90.0, computed_deg: float | None = None,
          hour: float = 0.0) -> Frames:  # fmt: skip
    """One frame per second at places (N, 2)."""
    frames = np.zeros(len(places_m), FRAME)
    frames["user"], frames["window"] = digest(user), KEY
    frames["stamp_ms"] = NOON_MS + day * DAY_MS + int(hour * 3_600_000) + 1000 * np.arange(len(frames))
    frames["latitude_deg"], frames["longitude_deg"] = ORIGIN.to_geodetic(np.asarray(places_m, float))
    frames["compass_deg"] = view_deg % 360.0
    frames["computed_deg"] = view_deg if computed_deg is None else computed_deg
    frames["digest"] = [digest(f"{user} {stamp}") for stamp in frames["stamp_ms"].tolist()]
    return frames


def curated(*drives: Frames, config: CurationConfig = CONFIG) -> CuratedWindow:
    """Clusters of the drives, in the order that a spool gives them."""
    return curate_window(ordered(np.concatenate(drives)), KEY, config)


def ordered(frames: Frames) -> Frames:
    """In the order of a window's frames."""
    return frames[np.lexsort([frames[name] for name in ("digest", "stamp_ms", "sequence", "user")])]


def kept_places(frames: Frames, window: CuratedWindow) -> list[list[tuple[str, float, float]]]:
    """Per cluster, user, first and last metre east of each sequence; all sorted."""
    chosen = ordered(frames)[window.rows]
    east_m = ORIGIN.to_map(chosen["latitude_deg"], chosen["longitude_deg"])[:, 0]
    clusters: dict[int, list[tuple[str, float, float]]] = {}
    for sequence in np.unique(window.sequence):
        rows = window.sequence == sequence
        user = str(int(chosen["user"][rows][0]))
        clusters.setdefault(int(window.cluster[rows][0]), []).append(
            (user, round(float(east_m[rows].min()), 3), round(float(east_m[rows].max()), 3))
        )
    return sorted(sorted(sequences) for sequences in clusters.values())


def write_csv(path: Path, frames: Frames, users: dict[int, str], shuffle: np.random.Generator | None = None) -> None:
    """A table with our names of columns."""
    order = np.arange(len(frames)) if shuffle is None else shuffle.permutation(len(frames))
    lines = ["id,time,user,latitude,longitude,compass,computed_compass"]
    for frame in frames[order]:
        lines.append(
            f"{frame['digest']},{frame['stamp_ms']},{users[int(frame['user'])]},{frame['latitude_deg']:.9f},"
            f"{frame['longitude_deg']:.9f},{frame['compass_deg']},{frame['computed_deg']}"
        )
    path.write_text("\n".join(lines) + "\n")
