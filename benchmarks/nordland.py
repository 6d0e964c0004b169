"""Winter photos of a railway line found among spring photos of it: one at a time, and as sequences.

    python benchmarks/nordland.py --json nordland.json [--quick]

357 + 357 frames, frame i of one season shows the place of frame i of the other; a query is right when what comes first
is at most one frame off. Twice: from the difference matrix that SeqSLAM's Python port published (figures without a
suffix; `r1_single` is 0.246), and from the given vectors (`_raw`: their L1 distance, SeqSLAM's own; what needs
descriptors takes the vectors, less their mean, at unit length).

`r1_published_sequence`: SeqSLAM as published (`_seqslam.py`), on the 347 queries it answers; `_all` counts the other
ten as missed. `r1_sequence_<way>`: ours, on all 357, with sequences of 11 photos, as many as SeqSLAM's lines; `_3`
with the 3 of the literature. `tracker` hears all photos of the drive until the query and answers at once;
`tracker_waits` five photos later, when a window of 11 is complete; `tracker_window` has only the same 11 photos as
SeqSLAM, so that it differs by its method alone. `gain_<way>`: its share of right answers less SeqSLAM's, on the queries
that SeqSLAM answers, drawn again together.

Nothing is chosen on these frames: lengths and velocities are the published ones; how freely the tracker moves is argued
from those velocities, and how much it believes a rank is the middle of the possible (`vpr/sequences`). Rows `sharpness`
say what other values of that would have given. Intervals: 95 %, by drawing stretches of 11 frames again.

--quick is the same: it takes seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure, Result, shared_data
from _seqslam import match_sequences
from numpy.typing import NDArray

from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.photos.sequence_ways import (
    DISTANCE_WAYS,
    POOLED_WAYS,
    pooled_scores,
    way_scores,
)
from geoloc_ros.vpr.sequences.drives import track_drives

TOLERANCE = 1
LENGTH, SHORT = 11, 3
SEED = 0
SHARPNESSES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    arguments = _arguments()
    frames = np.load(shared_data() / "nordland" / "spring_winter.npz", allow_pickle=False)
    published = frames["published_difference"].T.astype(np.float32)
    spring, winter = (frames[season].astype(np.float32) for season in ("spring", "winter"))
    raw = np.stack([np.abs(each - spring).sum(axis=1) for each in winter])
    figures = [Figure("chance", _chance(len(raw)), n=len(raw))]
    rows: list[dict[str, Any]] = []
    for distance, suffix in ((published, ""), (raw, "_raw")):
        figures += _compare(distance, suffix)
        rows += _sharpnesses(distance, suffix)
    figures += _pooled(_unit(winter), _unit(spring))
    result = Result(SEED, "real", figures, rows)
    result.print()
    for row in rows:
        print(
            " ".join(
                f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
            )
        )
    result.write(arguments.json)


def _compare(distance: Float32, suffix: str) -> list[Figure]:
    """All ways on one matrix of differences (queries, templates)."""
    sequence = np.zeros(len(distance), np.int32)
    right = {"single": _right(distance)}
    for length, note in ((LENGTH, ""), (SHORT, f"_{SHORT}")):
        for way in DISTANCE_WAYS[1:]:
            if note == "" or not way.startswith("tracker"):
                right[f"sequence_{way}{note}"] = _right(way_scores(way, distance, sequence, sequence, length))
    right["sequence_tracker_window"] = _right(-_windowed(distance))
    found = match_sequences(distance.T.astype(np.float64))
    answered = found >= 0
    peer = np.where(np.abs(found - np.arange(len(found))) <= TOLERANCE, 1.0, 0.0)
    figures = [
        *(_figure(f"r1_{name}{suffix}", values) for name, values in right.items()),
        _figure(f"r1_published_sequence{suffix}", np.where(answered, peer, np.nan)),
        _figure(f"r1_published_sequence_all{suffix}", peer),
    ]
    for name in ("tracker", "tracker_waits", "tracker_window", "cat"):
        gain = np.where(answered, right[f"sequence_{name}"] - peer, np.nan)
        figures.append(_figure(f"gain_{name}{suffix}", gain))
    return figures


def _windowed(distance: Float32) -> Float64:
    """Belief of the tracker where every query is the middle of a drive of `LENGTH` photos, fewer at the ends."""
    half = LENGTH // 2
    windows = [np.arange(max(0, row - half), min(len(distance), row + half + 1)) for row in range(len(distance))]
    drive = np.repeat(np.arange(len(windows)), [len(window) for window in windows]).astype(np.int32)
    line = np.zeros(distance.shape[1], np.int32)
    belief = track_drives(distance[np.concatenate(windows)], drive, line, lookahead=half)
    start = np.flatnonzero(np.diff(drive, prepend=-1))
    middle = [int(np.flatnonzero(window == row)[0]) for row, window in enumerate(windows)]
    return np.asarray(belief[start + middle])


def _pooled(winter: Float32, spring: Float32) -> list[Figure]:
    """The ways that need descriptors."""
    sequence = np.zeros(len(winter), np.int32)
    return [
        _figure(
            f"r1_sequence_{way}{note}_raw", _right(pooled_scores(way, winter, spring, sequence, sequence, length))
        )
        for length, note in ((LENGTH, ""), (SHORT, f"_{SHORT}")) for way in POOLED_WAYS
    ]  # fmt: skip


def _sharpnesses(distance: Float32, suffix: str) -> list[dict[str, Any]]:
    sequence = np.zeros(len(distance), np.int32)
    return [
        {"matrix": suffix.lstrip("_") or "published", "sharpness": sharpness,
         "r1_tracker": float(_right(-track_drives(distance, sequence, sequence, 0, sharpness)).mean())}
        for sharpness in SHARPNESSES
    ]  # fmt: skip


def _right(score: NDArray[Any]) -> Float64:
    """1 where the lowest score is within the tolerance."""
    return np.where(np.abs(score.argmin(axis=1) - np.arange(len(score))) <= TOLERANCE, 1.0, 0.0)


def _figure(name: str, values: Float64) -> Figure:
    stretch = np.arange(len(values)) // LENGTH
    interval = bootstrap_interval(values, np.random.default_rng(SEED), group=stretch)
    return Figure(name, float(np.nanmean(values)), "", interval, int(np.isfinite(values).sum()))


def _chance(count: int) -> float:
    """A photo drawn at random is within the tolerance."""
    near = np.abs(np.arange(count)[:, None] - np.arange(count)) <= TOLERANCE
    return float(near.mean())


def _unit(vectors: Float32) -> Float32:
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    parser.add_argument("--quick", action="store_true", help="the same; it takes seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
