"""What others find on the same drives: the published trajectory retrieval, and every frame by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, SemanticScan
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.marked_arrays import load_marked, save_marked
from geoloc_ros.evaluation.methods import Row
from geoloc_ros.evaluation.retrieval import align_queries
from geoloc_ros.evaluation.trajectories import FOUND_M, LENGTHS, Candidates
from geoloc_ros.sim.scan_drives import ScanDrive

SPACING_M = 10.0
_NEAR_VIEWPOINTS = 24


@dataclass(frozen=True)
class BaselineResults:
    """One method on W drives."""

    path_end_m: Float64
    """(3, W), from the end of the best candidate to where the vehicle was after each of LENGTHS places."""
    frame_error_m: Float64
    """(W, L), from the most alike place of each frame by itself."""
    chance: Float64
    """(3,), mean share of the places that are within 10 m of the vehicle after each of LENGTHS."""

    def path_found(self, number: int) -> Float64:
        """1 or 0 (W,) where the best candidate of LENGTHS[number] places ends within 10 m."""
        return np.asarray(self.path_end_m[number] <= FOUND_M, np.float64)

    def save(self, path: Path, mark: str) -> None:
        """Write an .npz that `load` takes with the same mark."""
        save_marked(path, mark, {field.name: getattr(self, field.name) for field in fields(self)})

    @staticmethod
    def load(path: Path, mark: str) -> BaselineResults:
        """Read what `save` wrote.

        Raises:
            DatasetError: If there is no such file, or it was made from something else.
        """
        return BaselineResults(**load_marked(path, mark, [field.name for field in fields(BaselineResults)]))


def spaced_frames(drive: ScanDrive) -> Int64:
    """The frames (L,) nearest to 10 m, 20 m ... of the drive, as many as the longest of LENGTHS."""
    driven_m = np.hypot(*np.diff(drive.truth[:, :2], axis=0, prepend=drive.truth[:1, :2]).T).cumsum()
    wanted_m = SPACING_M * np.arange(1, max(LENGTHS) + 1)
    rows: Int64 = np.abs(driven_m[:, None] - wanted_m).argmin(axis=0)
    return rows


def true_walks(database: PlaceDatabase, poses: Float64) -> Int32:
    """The viewpoints (W, L) nearest to poses (W, L, 3) among those that look the vehicle's way."""
    places = database.places
    viewpoint_m = places.position_m[places.viewpoint_place]
    _, near = cKDTree(viewpoint_m).query(poses[..., :2], k=min(_NEAR_VIEWPOINTS, len(viewpoint_m)))
    turn = np.abs(wrap_angle(places.viewpoint_yaw_rad[near] - poses[..., 2:]))
    # The nearest comes first; one that looks the other way counts as 100 m farther.
    gap_m = np.hypot(*np.moveaxis(viewpoint_m[near] - poses[..., None, :2], -1, 0)) + 100.0 * (turn > np.pi / 2.0)
    return np.take_along_axis(near, gap_m.argmin(axis=-1)[..., None], axis=-1)[..., 0].astype(np.int32)


def judge_baseline(
    database: PlaceDatabase, row: Row, drives: Sequence[ScanDrive], candidates: Candidates, seed: int
) -> BaselineResults:
    """Compare frames 10 m apart with all places, and sum them up along the candidates.

    The method is told the heading to 5 degrees; the vehicle is not.

    Args:
        candidates: Walks as long as the longest of LENGTHS; `true_walks` are among them.
    """
    path_end_m, frame_error_m = np.empty((len(LENGTHS), len(drives))), np.empty((len(drives), max(LENGTHS)))
    for number, drive in enumerate(drives):
        frames = spaced_frames(drive)
        truth = drive.truth[frames]
        dissimilarity = _compare(database, row, _frames(drive.scan, frames), truth, seed + number)
        frame_error_m[number] = _gap_m(database, dissimilarity.argmin(axis=1), truth)
        paths = candidates.search(row.trajectory_terms(dissimilarity), LENGTHS)
        ends = np.array([path[-1] for path in paths])
        path_end_m[:, number] = _gap_m(database, ends, truth[np.array(LENGTHS) - 1])
    ends_m = np.stack([drive.truth[spaced_frames(drive)][np.array(LENGTHS) - 1, :2] for drive in drives], axis=1)
    near = database.tree.query_ball_point(ends_m, FOUND_M, return_length=True)
    return BaselineResults(path_end_m, frame_error_m, near.mean(axis=1) / len(database))


def _compare(database: PlaceDatabase, row: Row, scan: SemanticScan, truth: Float64, seed: int) -> Float32:
    """Dissimilarities (L, N)."""
    place = database.nearest(truth[:, :2])
    queries = align_queries(scan, truth, place, "known", np.random.default_rng([seed, 60]))
    return np.asarray(row.method.compare(queries).min(axis=1))


def _gap_m(database: PlaceDatabase, place: Int64, truth: Float64) -> Float64:
    return np.asarray(np.hypot(*(database.places.position_m[place] - truth[:, :2]).T))


def _frames(scan: SemanticScan, rows: Int64) -> SemanticScan:
    return SemanticScan(scan.range_m[rows], scan.instance[rows], scan.observed[rows])
