"""Single retrieval: which places of a city look most like a query, and where the true one comes among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, SemanticScan
from geoloc_ros.localization.camera_yaw.turning import find_layout

Heading = Literal["known", "unknown"]

HEADING_ERROR_RAD = float(np.radians(5.0))
"""A known heading is wrong by less than this, uniformly (the paper, section 4)."""
NUM_TURNS = 36
"""Headings tried where it is not known."""

_CHUNK_BYTES = 128 << 20


@dataclass(frozen=True)
class Queries:
    """Q observed scans, the headings to be tried, and the truth, which methods do not look at.

    Methods compare ray k of a query with ray k of a place, whose ray 0 looks east.
    """

    number: Int64
    """(Q,), names a query for draws that belong to it."""
    scan: SemanticScan
    """(Q, B), turned so that ray 0 looks east by the believed heading, or by a random one where it is unknown."""
    believed_yaw_rad: Float64
    """(Q,), heading of the vehicle; NaN where it is unknown."""
    turn_rad: Float64
    """(T,), directions that ray 0 may look at; 0 alone where the heading is known."""
    pose: Float64
    """(Q, 3), the truth: x_m, y_m, yaw_rad of the vehicle."""
    place: Int64
    """(Q,), the place nearest to the pose."""
    frame_yaw_rad: Float64
    """(Q,), the truth: direction that ray 0 looks at."""

    def __len__(self) -> int:
        """Q."""
        return len(self.place)

    def part(self, rows: slice) -> Queries:
        """Some of the queries."""
        return replace(
            self, number=self.number[rows], scan=_rows(self.scan, rows), believed_yaw_rad=self.believed_yaw_rad[rows],
            pose=self.pose[rows], place=self.place[rows], frame_yaw_rad=self.frame_yaw_rad[rows],
        )  # fmt: skip


class Method(Protocol):
    """Compares queries with all places of a city."""

    @property
    def tells_heading(self) -> bool:
        """Whether the turn that fits best says where the vehicle looks."""

    def compare(self, queries: Queries) -> Float32:
        """Dissimilarities (q, T, N) to each place in each turn; (q, 1, N) if the method knows no turns."""


class EncoderMethod:
    """An encoder with the descriptors of all places: one product of matrices."""

    tells_heading = True

    def __init__(self, encoder: Encoder, places: SemanticScan) -> None:
        """Encode the scans of the places (N, B)."""
        self._encoder = encoder
        self._descriptors = np.concatenate([
            encoder.encode(_rows(places, slice(start, start + 4096))) for start in range(0, len(places.range_m), 4096)
        ])  # fmt: skip
        self._layout = find_layout(encoder, NUM_TURNS, _rows(places, slice(None, None, 1 + len(places.range_m) // 32)))

    def compare(self, queries: Queries) -> Float32:
        """Dissimilarities (q, T, N)."""
        encoded = self._encode(queries).reshape(-1, self._descriptors.shape[1])
        products: Float32 = encoded @ self._descriptors.T
        return products.reshape(len(queries), len(queries.turn_rad), -1)

    def _encode(self, queries: Queries) -> Float32:
        """Queries (q, T, D)."""
        if self._layout is not None and len(queries.turn_rad) == NUM_TURNS:
            return self._layout.turned(self._encoder.encode_query(queries.scan))
        return self._encoder.encode_query(turn_scan(queries.scan, queries.turn_rad))


@dataclass(frozen=True)
class Retrieval:
    """What a method found for Q queries among N places."""

    num_places: int
    below: Int64
    """(Q,), places more alike than the true one."""
    tied: Int64
    """(Q,), places just as alike, the true one among them."""
    nearest: Int32
    """(Q, K), the K places most alike, best first; equal ones in random order."""
    dissimilarity: Float32
    """(Q, K)."""
    turn_rad: Float32
    """(Q, K), direction of ray 0 that fits best; NaN if the method knows no turns."""


class Reranker(Protocol):
    """Looks again, and closer, at the places that were found."""

    def rerank(self, queries: Queries, found: Retrieval) -> Reranked:
        """Order the places of each query anew."""


@dataclass(frozen=True)
class Reranked:
    """The places of a retrieval in a new order."""

    nearest: Int32
    """(Q, K), best first."""
    pose: Float64
    """(Q, 3), of the vehicle, by aligning the query with the first place."""


def align_queries(
    scan: SemanticScan, pose: Float64, place: Int64, heading: Heading, rng: np.random.Generator
) -> Queries:
    """Turn scans in the vehicle's frame to the east as far as their heading is known.

    Args:
        scan: (Q, B), ray 0 looks ahead.
        pose: (Q, 3), where they were seen.
        place: (Q,), the places nearest to that.
        heading: If known, it is believed with an error of U(-5, 5) degrees; else scans are turned at random.
        rng: Draws errors and turns. A turn is rounded to a ray.
    """
    count, num_rays = scan.range_m.shape
    turn_rad: Float64 = np.zeros(1)
    if heading == "known":
        believed_yaw_rad = pose[:, 2] + rng.uniform(-HEADING_ERROR_RAD, HEADING_ERROR_RAD, count)
        turned_by = np.rint(believed_yaw_rad / (2.0 * np.pi) * num_rays).astype(np.int64)
    else:
        believed_yaw_rad, turned_by = np.full(count, np.nan), rng.integers(0, num_rays, count)
        turn_rad = np.linspace(0.0, 2.0 * np.pi, NUM_TURNS, endpoint=False)
    source = (np.arange(num_rays) - turned_by[:, None]) % num_rays
    row = np.arange(count)[:, None]
    aligned = SemanticScan(scan.range_m[row, source], scan.instance[row, source], scan.observed[row, source])
    frame_yaw_rad = np.asarray(wrap_angle(pose[:, 2] - 2.0 * np.pi / num_rays * turned_by))
    return Queries(np.arange(count), aligned, believed_yaw_rad, turn_rad, pose, place, frame_yaw_rad)


def turn_scan(scan: SemanticScan, turn_rad: Float64) -> SemanticScan:
    """Scans (Q, T, B) as they would be aligned with the map if their ray 0 looked at each of `turn_rad` (T,)."""
    num_rays = scan.num_rays
    shift = np.rint(turn_rad / (2.0 * np.pi) * num_rays).astype(np.int64)
    source = (np.arange(num_rays) - shift[:, None]) % num_rays
    return SemanticScan(scan.range_m[:, source], scan.instance[:, source], scan.observed[:, source])


def retrieve(
    method: Method, queries: Queries, num_places: int, num_nearest: int, rng: np.random.Generator,
    progress: ProgressCallback = no_progress,
) -> Retrieval:
    """Compare all queries with all places, some at a time so that memory stays bounded.

    Args:
        method: Compares.
        queries: Q of them.
        num_places: N.
        num_nearest: K; at most N are kept.
        rng: Orders places that look equally alike.
        progress: Told the share of queries that are done.

    Raises:
        FloatingPointError: If a dissimilarity is NaN; no rank would mean anything.
    """
    step = max(1, _CHUNK_BYTES // (4 * num_places * len(queries.turn_rad)))
    parts = []
    for start in range(0, len(queries), step):
        part = queries.part(slice(start, start + step))
        parts.append(_sorted(part, method.compare(part), method.tells_heading, min(num_nearest, num_places), rng))
        progress("retrieving", min(1.0, (start + step) / len(queries)))
    return Retrieval(
        num_places, *(np.concatenate([getattr(part, name) for part in parts]) for name in (
            "below", "tied", "nearest", "dissimilarity", "turn_rad"
        ))
    )  # fmt: skip


def _sorted(
    queries: Queries, compared: Float32, tells_heading: bool, num_nearest: int, rng: np.random.Generator
) -> Retrieval:
    best = compared.min(axis=1)
    if np.isnan(broken := best.sum(axis=1)).any():
        raise FloatingPointError(f"a dissimilarity of query {queries.number[np.isnan(broken).argmax()]} is no number")
    row = np.arange(len(queries))
    true = best[row, queries.place][:, None]
    nearest = np.stack([_smallest(values, num_nearest, rng) for values in best])
    turn_rad = np.full(nearest.shape, np.nan, np.float32)
    if tells_heading:
        turn_rad = queries.turn_rad[compared[row[:, None], :, nearest].argmin(axis=-1)].astype(np.float32)
    return Retrieval(
        best.shape[1], (best < true).sum(axis=1), (best == true).sum(axis=1), nearest,
        np.take_along_axis(best, nearest.astype(np.int64), axis=1), turn_rad,
    )  # fmt: skip


def _smallest(values: Float32, count: int, rng: np.random.Generator) -> Int32:
    """Rows of the `count` smallest of values (N,), in order; equal ones in random order."""
    limit = np.partition(values, count - 1)[count - 1]
    rows = np.flatnonzero(values <= limit)
    order = np.lexsort((rng.random(len(rows)), values[rows]))
    return rows[order[:count]].astype(np.int32)


def _rows(scan: SemanticScan, rows: slice) -> SemanticScan:
    return SemanticScan(scan.range_m[rows], scan.instance[rows], scan.observed[rows])
