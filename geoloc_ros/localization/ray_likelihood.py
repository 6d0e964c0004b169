"""How likely the rays of an observed scan are where the map shows another scan: a table, looked up per ray."""

from __future__ import annotations

import ctypes
import zipfile
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Bool, Float32, Int32, SemanticScan, UInt8

NUM_BINS: Final = 32
"""Of the logarithm of the range: 2 m and nearer, then an eighth of a natural logarithm each, up to 100 m."""
NOTHING: Final = NUM_BINS
"""Bin of a ray that hits nothing."""
NUM_EDGE_KINDS: Final = 3
"""What an observed ray is to the one before: of the same building or open view, of another, or first to hit or miss."""
UNKNOWN_EDGE: Final = NUM_EDGE_KINDS
"""Kind where one of the two was not observed."""
NUM_DISTANCES: Final = 6
"""Classes of the distance in rays to the nearest edge of the map: 0, 1, 2, 3 to 4, 5 to 8, more."""

_NEAREST_M, _BIN_WIDTH = 2.0, 0.125
_DISTANCE_CLASS: Final = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 5], np.uint8)
_STEPS_PER_M = 32.0
# Beyond this the last bin ends.
_FARTHEST_M = 128.0
_NUM_SYMBOLS = (NUM_BINS + 1) * NUM_DISTANCES


@dataclass(frozen=True)
class RayTable:
    """Logarithms of p(what a ray observed | what the map shows there) / p(what a ray observed)."""

    range_log_ratio: Float32
    """(33, 33): bin observed, bin of the map."""
    edge_log_ratio: Float32
    """(3, 6): edge kind observed, distance class of the map."""

    def save(self, path: Path) -> None:
        """Write an .npz."""
        with write_beside(path) as partial, partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **{field.name: getattr(self, field.name) for field in fields(self)})

    @staticmethod
    def load(path: Path) -> RayTable:
        """Read what `save` wrote.

        Raises:
            ArtifactError: If the file is missing, damaged or something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                table = RayTable(*(np.asarray(arrays[field.name], np.float32) for field in fields(RayTable)))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ArtifactError(f"'{path}' is no table of rays ({error}); make it again: geoloc train rays") from error
        if [part.shape for part in vars(table).values()] != [(NUM_BINS + 1,) * 2, (NUM_EDGE_KINDS, NUM_DISTANCES)]:
            raise ArtifactError(f"'{path}' is a table of rays of another version; make it again: geoloc train rays")
        return table


@dataclass(frozen=True)
class RayEvidence:
    """What the J observed rays of one scan say, in S runs of rays that show the same building, or open view."""

    ray: Int32
    """(J,), ascending."""
    rows: Float32
    """(J, symbols), evidence for each symbol of the map."""
    run_start: Int32
    """(S + 1,), into the rays."""
    run_weight: Float32
    """(S,)."""


def bins_of(range_m: Float32) -> UInt8:
    """Bins of ranges of any shape; NaN is NOTHING."""
    safe_m = np.nan_to_num(range_m, nan=1.0).clip(1e-3)
    bins = np.ceil(np.log(safe_m / _NEAREST_M) / _BIN_WIDTH).clip(0, NUM_BINS - 1)
    return np.where(np.isnan(range_m), NOTHING, bins).astype(np.uint8)


def edge_kinds_of(scan: SemanticScan) -> UInt8:
    """Edge kind (..., B) of each ray of observed scans."""
    hit = ~np.isnan(scan.range_m)
    known = scan.observed & np.roll(scan.observed, 1, axis=-1)
    hit_before = np.roll(hit, 1, axis=-1)
    other = hit & hit_before & (scan.instance != np.roll(scan.instance, 1, axis=-1))
    return np.where(known, np.where(hit != hit_before, 2, other), UNKNOWN_EDGE).astype(np.uint8)


def symbols_of(scan: SemanticScan) -> UInt8:
    """Symbols (N, B) of scans of a map: bin * NUM_DISTANCES + class of the distance to the nearest edge."""
    range_m = np.ascontiguousarray(scan.range_m, np.float32)
    building = np.ascontiguousarray(scan.instance, np.int32)
    symbol = np.empty(range_m.shape, np.uint8)
    bin_of_range = _bin_of_range()
    _native().geoloc_ray_symbols(
        *range_m.shape, range_m.ctypes.data, building.ctypes.data, _STEPS_PER_M, len(bin_of_range),
        bin_of_range.ctypes.data, NOTHING, len(_DISTANCE_CLASS), _DISTANCE_CLASS.ctypes.data, NUM_DISTANCES,
        symbol.ctypes.data,
    )  # fmt: skip
    return symbol


def weigh_rays(scan: SemanticScan, table: RayTable, run_exponent: float, scale: float = 1.0) -> RayEvidence:
    """Evidence of an observed scan (B,) whose ranges are divided by `scale`.

    Rays of one building err together, so a run of n rays counts as n^(1 - run_exponent) of them. A hidden ray speaks
    for and against no pose.
    """
    rows = np.flatnonzero(scan.observed).astype(np.int32)
    bins = bins_of(scan.range_m / np.float32(scale))[rows]
    kinds = edge_kinds_of(scan)[rows]
    with_unknown = np.concatenate([table.edge_log_ratio, np.zeros((1, NUM_DISTANCES), np.float32)])
    evidence = table.range_log_ratio[bins][:, :, None] + with_unknown[kinds][:, None, :]
    begins = _run_begins(scan)[rows]
    start = np.append(np.flatnonzero(begins), len(rows)).astype(np.int32)
    weight = np.diff(start).clip(1).astype(np.float32) ** np.float32(-run_exponent)
    return RayEvidence(rows, np.ascontiguousarray(evidence.reshape(-1, _NUM_SYMBOLS), np.float32), start, weight)


def score_poses(evidence: RayEvidence, symbols: UInt8, turns: Int32, least: float) -> Float32:
    """Score (N, T) of N scans of a map, given by their symbols (N, B), for a query turned by `turns` (T,) rays.

    The score is the sum over runs of their evidence, but no run counts less than `-least`: a building that is not in
    the map, or was mistaken, costs a place so much and no more.
    """
    num_rays = symbols.shape[1]
    turns = np.ascontiguousarray(turns % num_rays, np.int32)
    score = np.empty((len(symbols), len(turns)), np.float32)
    _native().geoloc_ray_scores(
        *symbols.shape, symbols.ctypes.data, _NUM_SYMBOLS, len(evidence.run_weight), evidence.run_start.ctypes.data,
        evidence.run_weight.ctypes.data, evidence.ray.ctypes.data, evidence.rows.ctypes.data, -least, len(turns),
        turns.ctypes.data, score.ctypes.data,
    )  # fmt: skip
    return score


def _run_begins(scan: SemanticScan) -> Bool:
    """Rays (B,) where a run begins; the run that goes on over ray 0 is cut there."""
    shows = np.where(scan.observed, np.where(np.isnan(scan.range_m), -1, scan.instance.astype(np.int64)), -2)
    begins = shows != np.roll(shows, 1)
    begins[0] = True
    return np.asarray(begins)


@cache
def _bin_of_range() -> UInt8:
    steps = np.arange(int(_FARTHEST_M * _STEPS_PER_M), dtype=np.float32)
    return bins_of((steps + np.float32(0.5)) / np.float32(_STEPS_PER_M))


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, count, real, byte = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float, ctypes.c_uint8
    library.geoloc_ray_symbols.argtypes = [
        ctypes.c_int64, count, pointer, pointer, real, count, pointer, byte, count, pointer, byte, pointer
    ]
    library.geoloc_ray_symbols.restype = None
    library.geoloc_ray_scores.argtypes = [
        ctypes.c_int64, count, pointer, *[count] * 2, *[pointer] * 4, real, count, pointer, pointer
    ]
    library.geoloc_ray_scores.restype = None
    return library
