"""The queries that a method found worst, and what was wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.types import Float32, Float64, SemanticScan
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails

NUM_WORST = 10

_EXPLAINED_M = 3.0
"""A hit so close to a wall of the map is one on that wall; walls of the world are moved by up to as much."""
_FEW_RAYS, _MANY_WRONG, _MANY_OPEN, _FEW_WALLS = 0.5, 0.4, 0.4, 0.3


@dataclass(frozen=True)
class Shares:
    """What can be said of an observation that knows the truth, each 0 to 1; NaN of nothing."""

    observed: float
    """Of all rays."""
    wrong: float
    """Of the hits, those farther than 3 m from any wall that the map shows there."""
    open: float
    """Of the observed rays along which the map shows a wall, those that read as open view."""
    walls: float
    """Of all rays of the map at the true place, those with a wall."""


@dataclass(frozen=True)
class Overlay:
    """Where the method has to think that the query was seen from, to draw it over the map of a place."""

    offset_m: Float64
    """(2,), from the place, east and north."""
    ray0_rad: float
    """Direction of the first ray of the observation."""


@dataclass(frozen=True)
class WorstQuery:
    """One of them; all scans of single places, (B,)."""

    query: int
    rank: float
    num_places: int
    distance_m: float
    """From the true position to the place found."""
    heading_rad: float
    """Of the vehicle, relative to the first ray of the observation."""
    observed: SemanticScan
    truth: SemanticScan
    found: SemanticScan
    at_truth: Overlay
    at_found: Overlay | None
    """None if the method says no heading."""
    shares: Shares


def worst_queries(details: RetrievalDetails, method: int) -> list[WorstQuery]:
    """The worst first, of one method of the details."""
    kept = np.flatnonzero(np.isin(details.examples.query, np.argsort(-details.rank[method], kind="stable")[:NUM_WORST]))
    order = np.argsort(-details.rank[method][details.examples.query[kept]], kind="stable")
    distance_m = details.distance_m(method)
    return [_worst(details, method, int(example), distance_m) for example in kept[order]]


def explain(shares: Shares) -> str:
    """One line: the first thing that is bad enough to be the cause."""
    if shares.observed < _FEW_RAYS:
        return f"only {shares.observed:.0%} of the rays observed"
    if shares.walls < _FEW_WALLS:
        return f"the map shows walls along {shares.walls:.0%} of the rays only"
    if shares.wrong > _MANY_WRONG:
        return f"{shares.wrong:.0%} of the hits are on no wall of the map"
    if shares.open > _MANY_OPEN:
        return f"{shares.open:.0%} of the walls looked at read as open view"
    return "no single cause"


def measure_shares(observed: SemanticScan, truth: SemanticScan, overlay: Overlay) -> Shares:
    """Compare an observation (B,) with the map at the place (B,) whose overlay is given."""
    num_rays = observed.num_rays
    hit = observed.observed & np.isfinite(observed.range_m)
    wall = np.isfinite(truth.range_m)
    wrong = math.nan
    if hit.any():
        # No wall at all: every hit is on none.
        gap_m = np.full(int(hit.sum()), np.inf)
        if wall.any():
            walls_m = scan_points(truth.range_m, 0.0)[wall]
            hits_m = scan_points(observed.range_m, overlay.ray0_rad)[hit] + overlay.offset_m
            gap_m = cKDTree(walls_m).query(hits_m)[0]
        wrong = float((gap_m > _EXPLAINED_M).mean())
    shift = round(overlay.ray0_rad / (2.0 * np.pi) * num_rays)
    looked_at = np.roll(wall, -shift) & observed.observed
    missed = float((looked_at & ~hit).sum() / looked_at.sum()) if looked_at.any() else math.nan
    return Shares(float(observed.observed.mean()), wrong, missed, float(wall.mean()))


def ray_angles(num_rays: int, ray0_rad: float) -> Float64:
    """Directions (B,) of the rays of a scan, counter-clockwise from east."""
    return np.asarray(ray0_rad + 2.0 * np.pi / num_rays * np.arange(num_rays), np.float64)


def scan_points(range_m: Float32, ray0_rad: float) -> Float64:
    """Ends (B, 2) of rays, east and north of where they begin; NaN without a hit."""
    angle_rad = ray_angles(len(range_m), ray0_rad)
    ahead = np.stack([np.cos(angle_rad), np.sin(angle_rad)], axis=-1)
    return np.asarray(range_m[:, None] * ahead, np.float64)


def _worst(details: RetrievalDetails, method: int, example: int, distance_m: Float64) -> WorstQuery:
    query = int(details.examples.query[example])
    pose, place = details.pose[query], details.place[query]
    frame_yaw_rad = float(details.frame_yaw_rad[query])
    observed, truth = _of(details.examples.observed, example), _of(details.examples.truth, example)
    at_truth = Overlay(pose[:2] - details.place_m[place], frame_yaw_rad)
    return WorstQuery(
        query, float(details.rank[method, query]), details.num_places, float(distance_m[query]),
        float(pose[2]) - frame_yaw_rad, observed, truth, _of(details.examples.found, (method, example)), at_truth,
        _found_overlay(details, method, query), measure_shares(observed, truth, at_truth),
    )  # fmt: skip


def _found_overlay(details: RetrievalDetails, method: int, query: int) -> Overlay | None:
    aligned = details.best_pose[method, query]
    if np.isfinite(aligned).all():
        offset_m = aligned[:2] - details.place_m[details.best[method, query, 0]]
        return Overlay(offset_m, float(aligned[2] - details.pose[query, 2] + details.frame_yaw_rad[query]))
    turn_rad = float(details.best_turn_rad[method, query])
    return Overlay(np.zeros(2), turn_rad) if math.isfinite(turn_rad) else None


def _of(scan: SemanticScan, rows: int | tuple[int, int]) -> SemanticScan:
    return SemanticScan(scan.range_m[rows], scan.instance[rows], scan.observed[rows])
