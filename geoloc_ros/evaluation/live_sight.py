"""What live nodes see and where they are, put together for comparing it with the map."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Pose2, SemanticScan
from geoloc_ros.evaluation.map_evidence import SeenDrive


class LiveSight:
    """Scans and fixes of one drive; topics overtake each other."""

    def __init__(self) -> None:
        self._scans: dict[int, SemanticScan] = {}
        self._fixes: dict[int, tuple[Float64, Float64]] = {}

    def hear_scan(self, stamp_ns: int, scan: SemanticScan) -> None:
        """What was seen, (B,), in the frame of the base."""
        self._scans[stamp_ns] = scan

    def hear_pose(self, stamp_ns: int, pose: Pose2, covariance: Float64) -> None:
        """A fix with its covariance (3, 3); one without a covariance is left out."""
        if np.isfinite(covariance).all():
            self._fixes[stamp_ns] = (pose.as_array(), covariance)

    def drive(self) -> SeenDrive | None:
        """All frames with both so far; nothing without any."""
        stamps = sorted(self._scans.keys() & self._fixes.keys())
        if not stamps:
            return None
        scans = [self._scans[stamp] for stamp in stamps]
        scan = SemanticScan(
            np.stack([each.range_m for each in scans]), np.stack([each.instance for each in scans]),
            np.stack([each.observed for each in scans]),
        )
        poses, covariances = zip(*(self._fixes[stamp] for stamp in stamps), strict=True)
        return SeenDrive(np.stack(poses), np.stack(covariances), scan)
