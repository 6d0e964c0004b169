"""All rows of the trajectory table for one city and condition, on the same drives."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64
from geoloc_ros.evaluation.conditions import Condition
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.decoding import PathDecoder
from geoloc_ros.evaluation.methods import Row
from geoloc_ros.evaluation.retrieval import Queries, align_queries
from geoloc_ros.evaluation.trajectories import FOUND_M, LENGTHS, Candidates, PathMatch, drive_poses, match_path


@dataclass(frozen=True)
class DriveResults:
    """What one method made of W drives, for each of LENGTHS: among candidates (row 0) and among all paths (row 1)."""

    found: Bool
    """(2, 3, W), the last place is within 10 m."""
    overlap: Float32
    """(2, 3, W), share of the path's places that are within 10 m of the drive's."""
    end_m: Float32
    """(2, 3, W), between the two ends."""

    def save(self, path: Path, fingerprint: str) -> None:
        """Write an .npz that is marked with what the results depend on."""
        with write_beside(path) as partial, partial.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, fingerprint=np.array(fingerprint), **vars(self))

    @staticmethod
    def load(path: Path, fingerprint: str) -> DriveResults:
        """Read what `save` wrote.

        Raises:
            DatasetError: If there is no such file, it is damaged, or its mark is another one.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if str(arrays["fingerprint"]) == fingerprint:
                    return DriveResults(**{field.name: arrays[field.name] for field in fields(DriveResults)})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(f"no results of drives in '{path}' ({error}); measure again") from error
        raise DatasetError(f"results in '{path}' are of other inputs or other code; measure again")


def observe_drives(
    database: PlaceDatabase, condition: Condition, drives: Int32, seed: int, progress: ProgressCallback = no_progress
) -> Queries:
    """Drive along walks (W, L) of viewpoints; queries (W * L), drive by drive."""
    poses = drive_poses(database.places, drives, np.random.default_rng([seed, 30])).reshape(-1, 3)
    drive = np.repeat(np.arange(len(drives)), drives.shape[1])
    scan = condition.observe(database.geomap, poses, drive, seed, progress)
    place = database.places.viewpoint_place[drives].ravel().astype(np.int64)
    return align_queries(scan, poses, place, condition.heading, np.random.default_rng([seed, 31]))


def judge_drives(
    database: PlaceDatabase, row: Row, queries: Queries, candidates: Candidates, decoder: PathDecoder,
    num_threads: int, progress: ProgressCallback = no_progress,
) -> DriveResults:
    """Find every drive among the candidates and among all drivable paths.

    Args:
        database: Where the drives went.
        row: The method; what it sums along a path is `Row.trajectory_terms`.
        queries: Of `observe_drives`.
        candidates: Walks as long as the drives, which are among them.
        decoder: Of the same places.
        num_threads: Drives searched side by side.
        progress: Told the share of drives that are done.
    """
    length = max(LENGTHS)
    starts = range(0, len(queries), length)

    def judge_one(start: int) -> list[list[PathMatch]]:
        steps = slice(start, start + length)
        dissimilarity = row.trajectory_terms(row.method.compare(queries.part(steps)).min(axis=1))
        searched = (candidates.search(dissimilarity, LENGTHS), decoder.decode(dissimilarity, LENGTHS))
        return [_match(paths, queries.pose[steps], queries.place[steps], database) for paths in searched]

    matches = []
    with ThreadPoolExecutor(num_threads) as pool:
        for match in pool.map(judge_one, starts):
            matches.append(match)
            progress(row.name, len(matches) / len(starts))
    columns = {
        field.name: np.moveaxis(np.array([
            [[getattr(match, field.name) for match in paths] for paths in drive] for drive in matches
        ]), 0, -1)
        for field in fields(PathMatch)
    }  # fmt: skip
    return DriveResults(
        columns["found"], columns["overlap"].astype(np.float32), columns["end_m"].astype(np.float32)
    )


def chance_to_end_near(database: PlaceDatabase, candidates: Candidates, queries: Queries) -> Float64:
    """Share (3, W) of the candidates that end within 10 m of each drive's end, for each of LENGTHS."""
    ends_m = queries.pose.reshape(-1, max(LENGTHS), 3)[..., :2]
    shares = np.empty((len(LENGTHS), len(ends_m)))
    is_near = np.zeros(len(database), bool)
    for number, length in enumerate(LENGTHS):
        for drive, near in enumerate(database.tree.query_ball_point(ends_m[:, length - 1], FOUND_M)):
            is_near[near] = True
            shares[number, drive] = candidates.share_ending_at(is_near, length)
            is_near[near] = False
    return shares


def _match(paths: Sequence[Int64], pose: Float64, place: Int64, database: PlaceDatabase) -> list[PathMatch]:
    position_m = database.places.position_m
    return [match_path(path, pose[: len(path)], place[: len(path)], position_m) for path in paths]
