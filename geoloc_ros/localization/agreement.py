"""How much better scans look from their poses than from elsewhere in the same city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import RerankConfig, ScanConfig
from geoloc_ros.core.types import Float64, SemanticScan
from geoloc_ros.localization.ray_likelihood import RayEvidence, RayTable, score_poses, symbols_of, weigh_rays
from geoloc_ros.maps.raycast import RayCaster

_NUM_DECOYS = 100
_TURNS_RAD = np.radians([-2.0, 0.0, 2.0])
# A depth scale that changes by less changes no bin of the ranges.
_SCALE_STEP = 0.06


@dataclass(frozen=True)
class WeighedScan:
    """What the rays of one scan say, and what they say of the decoys."""

    evidence: RayEvidence
    log_decoys: float
    """Logarithm of the mean likelihood of the scan at the decoys."""
    information: float
    """How much the scan tells places apart, nats: minus the mean log ratio of the decoys; 0 if all are alike."""


class RayAgreement:
    """Log-likelihood ratios of scans at poses against decoys: other places of the map, drawn once.

    The evidence of the rays (`ray_likelihood`) is compared with what the same scan says of the decoys, so it needs no
    threshold of its own: a scan that fits everywhere, as an open field or an empty street does, says nothing of a
    pose (0), and neither does one in which nothing was observed. Over places drawn at random the ratio has a mean of
    about one: 1.3 to 1.5, as poses may turn by two degrees and decoys may not.
    """

    def __init__(
        self, caster: RayCaster, viewpoints: Float64, table: RayTable, rerank: RerankConfig, scan: ScanConfig
    ) -> None:
        """Scan the decoys, drawn from the poses (V, 3) of all viewpoints by a fixed seed."""
        self._caster, self._table, self._rerank, self._scan = caster, table, rerank, scan
        rows = np.random.default_rng(0).integers(len(viewpoints), size=_NUM_DECOYS)
        self._decoys = symbols_of(self._cast(viewpoints[rows]))
        self._turns = np.rint(_TURNS_RAD / (2.0 * np.pi) * scan.num_rays).astype(np.int32)
        self._no_turn = np.zeros(1, np.int32)

    def weigh(self, scan: SemanticScan, depth_scale: float) -> WeighedScan:
        """Prepare an observed scan (B,) whose ranges are too long by `depth_scale`; costs ten times a look."""
        evidence = weigh_rays(scan, self._table, self._rerank.run_exponent, depth_scale)
        score = score_poses(evidence, self._decoys, self._no_turn, self._rerank.least_run)[:, 0]
        log_likelihood = self._rerank.sharpness * score.astype(np.float64)
        log_decoys = float(np.logaddexp.reduce(log_likelihood) - np.log(len(score)))
        return WeighedScan(evidence, log_decoys, log_decoys - float(log_likelihood.mean()))

    def log_ratio(self, scans: list[WeighedScan], poses: Float64) -> Float64:
        """Of each of K scans at its pose (K, 3), which may be wrong by 2 degrees."""
        symbols = symbols_of(self._cast(poses))
        score = np.array([
            score_poses(scan.evidence, symbols[row : row + 1], self._turns, self._rerank.least_run).max()
            for row, scan in enumerate(scans)
        ], np.float64)
        log_ratio: Float64 = self._rerank.sharpness * score - np.array([scan.log_decoys for scan in scans])
        return log_ratio

    def _cast(self, poses: Float64) -> SemanticScan:
        return self._caster.cast(poses, self._scan.num_rays, self._scan.max_range_m, num_threads=1)
