"""A closer look at the places that look most alike: the map is scanned again from many poses around each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import RerankConfig, ScanConfig
from geoloc_ros.core.types import Float32, Float64, Int64, SemanticScan
from geoloc_ros.localization.ray_likelihood import RayEvidence, RayTable, score_poses, symbols_of, weigh_rays
from geoloc_ros.maps.raycast import RayCaster


@dataclass(frozen=True)
class _Grid:
    """Poses tried around a candidate: all of `along_m` x `aside_m`, seen from a road, and turns in degrees."""

    along_m: tuple[float, ...]
    aside_m: tuple[float, ...]
    turn_deg: tuple[float, ...]

    def offsets_m(self) -> Float64:
        """(G, 2): along the road, to the left of it."""
        return np.stack(np.meshgrid(self.along_m, self.aside_m, indexing="ij"), axis=-1).reshape(-1, 2)


# Places are 10 m apart and lanes within 3.5 m of the centre line; a heading is known to 5 degrees, either from
# odometry and the road or because another turn of the query, 10 degrees off, was tried as well.
_COARSE = _Grid((-2.5, 2.5), (-2.0, 2.0), (-4.0, 0.0, 4.0))
_FULL = _Grid((-4.0, -2.0, 0.0, 2.0, 4.0), (-3.0, -1.0, 1.0, 3.0), (-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0))
_FINE = _Grid((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0))
_SCALE_STEP = 1.25
# A scale that is not 1 has to explain so much more, in units of evidence: with more scales to choose from, wrong places
# fit better too.
_WRONG_SCALE_HANDICAP = 10.0


@dataclass(frozen=True)
class Reranked:
    """The K candidates of one query, in the order they were given."""

    order: Int64
    """(K,), best first."""
    log_probability: Float64
    """(K,), that the query was seen near this candidate rather than another one."""
    pose: Float64
    """(K, 3), the best around each: x_m, y_m, direction of ray 0."""
    scale: Float64
    """(K,), by which the query's ranges are too long, at that pose."""


@dataclass
class _Best:
    """The best that was found so far around each of K candidates."""

    score: Float32
    pose: Float64
    scale: Float64


class Reranker:
    """Orders places anew by how likely the map makes each ray of a query; safe to use from several threads."""

    def __init__(self, caster: RayCaster, table: RayTable, config: RerankConfig, scan: ScanConfig) -> None:
        self._caster = caster
        self._table = table
        self._config = config
        self._scan = scan
        most = int(np.log(config.max_scale_ratio) / np.log(_SCALE_STEP) + 1e-9)
        self._scales = _SCALE_STEP ** np.arange(-most, most + 1.0)
        self._handicap = np.where(self._scales == 1.0, 0.0, _WRONG_SCALE_HANDICAP).astype(np.float32)

    def rerank(
        self, scan: SemanticScan, poses: Float64, road_yaw_rad: Float64, dissimilarity: Float32
    ) -> Reranked:
        """Look at the candidates of one query.

        Args:
            scan: (B,), observed.
            poses: (K, 3) x_m, y_m and the believed direction of ray 0, within 6 degrees.
            road_yaw_rad: (K,), of the road there, either way.
            dissimilarity: (K,), of the descriptors, in the units of minus a logarithm of likelihoods.
        """
        count = len(poses)
        evidence = [
            weigh_rays(scan, self._table, self._config.run_exponent, float(scale)) for scale in self._scales
        ]
        best = _Best(np.full(count, -np.inf, np.float32), poses.copy(), np.ones(count))
        everything = np.arange(count)
        for number in range(len(evidence)):
            self._look(best, everything, poses, road_yaw_rad, _COARSE, evidence, np.full(count, number))
        chosen = np.argsort(-best.score, kind="stable")[: self._config.num_full]
        self._look(best, chosen, poses, road_yaw_rad, _FULL, evidence, self._scale_number(best.scale))
        chosen = np.argsort(-best.score, kind="stable")[: self._config.num_fine]
        self._look(best, chosen, best.pose.copy(), road_yaw_rad, _FINE, evidence, self._scale_number(best.scale))
        log_odds = self._config.sharpness * best.score.astype(np.float64)
        log_odds -= self._config.dissimilarity_weight * (dissimilarity - dissimilarity.min())
        log_probability = log_odds - np.logaddexp.reduce(log_odds)
        return Reranked(np.argsort(-log_odds, kind="stable"), log_probability, best.pose, best.scale)

    def _scale_number(self, scale: Float64) -> Int64:
        number: Int64 = np.argmin(np.abs(np.log(scale[:, None] / self._scales)), axis=1)
        return number

    def _look(
        self, best: _Best, rows: Int64, poses: Float64, road_yaw_rad: Float64, grid: _Grid,
        evidence: list[RayEvidence], scale_number: Int64,
    ) -> None:
        """Try a grid around poses[rows], and remember in `best` where it is better."""
        offset_m = grid.offsets_m()
        cos, sin = np.cos(road_yaw_rad[rows, None]), np.sin(road_yaw_rad[rows, None])
        tried = np.repeat(poses[rows, None], len(offset_m), axis=1)
        tried[..., 0] += cos * offset_m[:, 0] - sin * offset_m[:, 1]
        tried[..., 1] += sin * offset_m[:, 0] + cos * offset_m[:, 1]
        num_rays = self._scan.num_rays
        turns = np.unique(np.rint(np.array(grid.turn_deg) / 360.0 * num_rays)).astype(np.int32)
        seen = self._caster.cast(tried.reshape(-1, 3), num_rays, self._scan.max_range_m, num_threads=1)
        symbols = symbols_of(seen).reshape(len(rows), -1, num_rays)
        for number in np.unique(scale_number[rows]):
            part = np.flatnonzero(scale_number[rows] == number)
            score = score_poses(evidence[number], symbols[part].reshape(-1, num_rays), turns, self._config.least_run)
            score = score.reshape(len(part), -1) - self._handicap[number]
            winner = score.argmax(axis=1)
            value = score[np.arange(len(part)), winner]
            better = value > best.score[rows[part]]
            part, winner, row = part[better], winner[better], rows[part[better]]
            best.score[row] = value[better]
            best.pose[row] = tried[part, winner // len(turns)]
            best.pose[row, 2] += turns[winner % len(turns)] * (2.0 * np.pi / num_rays)
            best.scale[row] = self._scales[number]
