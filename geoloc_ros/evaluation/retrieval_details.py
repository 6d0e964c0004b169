"""Single retrieval query by query: what a page about accuracy is drawn from."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, SemanticScan

_SUFFIX = ".npz"
_TEXTS = ("city", "condition", "seed", "commit", "fingerprint", "num_turns", "methods", "skipped")
_ARRAYS = (
    "place_m", "pose", "place", "frame_yaw_rad", "rank", "below", "tied", "best", "best_turn_rad", "best_pose"
)  # fmt: skip
_SCANS = ("observed", "truth", "found")


@dataclass(frozen=True)
class Examples:
    """E queries worth drawing with the scans of the places that were right and that were found; B rays, M methods.

    Ray k of all scans looks at 2 pi k / B from east: the query's by its believed heading, or by a random one where the
    condition gives none (`RetrievalDetails.frame_yaw_rad` is where its ray 0 really looked).
    """

    query: Int64
    """(E,), which queries, ascending: the ten worst of each method."""
    observed: SemanticScan
    """(E, B), what the methods were given."""
    truth: SemanticScan
    """(E, B), the map at the true place."""
    found: SemanticScan
    """(M, E, B), the map at the place that each method liked best."""


@dataclass(frozen=True)
class RetrievalDetails:
    """One city under one condition: Q queries, N places, M methods.

    `benchmarks/accuracy.py --json F` writes one such file per city and condition into the folder that
    `details_folder(F)` names; `load_details` reads them all.
    """

    city: str
    condition: str
    seed: int
    commit: str
    fingerprint: str
    """Of all that the results depend on; a file with another one is made again."""
    num_turns: int
    """Headings that were tried; 1 if the heading was known."""
    methods: tuple[str, ...]
    """M names, as in the figures."""
    skipped: tuple[str, ...]
    """Methods that could not run, each with the reason: "paper: no file models/scan_paper.onnx"."""
    place_m: Float32
    """(N, 2), the places, metres east and north."""
    pose: Float64
    """(Q, 3), where the queries really were: x_m, y_m, yaw_rad."""
    place: Int64
    """(Q,), the true place: the one nearest to the pose."""
    frame_yaw_rad: Float64
    """(Q,), direction that ray 0 of the query's scan really looked at; 0 +- 5 degrees if the heading is known."""
    rank: Float32
    """(M, Q), of the true place, 1 is best; in the middle of those that look just as much alike. Before re-ranking."""
    below: Int64
    """(M, Q), places more alike than the true one."""
    tied: Int64
    """(M, Q), places just as alike, the true one among them."""
    best: Int32
    """(M, Q, K), the K places most alike, best first, after re-ranking where the method re-ranks."""
    best_turn_rad: Float32
    """(M, Q), direction of ray 0 of the query's scan by the method, at its best place; NaN where it says none."""
    best_pose: Float64
    """(M, Q, 3), pose of the vehicle by a method that re-ranks, else NaN."""
    examples: Examples

    @property
    def num_places(self) -> int:
        """N."""
        return len(self.place_m)

    def success(self, method: int, share: float) -> Float64:
        """Probability (Q,) that the true place is among the first `share` of the places."""
        return success_probability(self.below[method], self.tied[method], self.num_places, share)

    def distance_m(self, method: int) -> Float64:
        """From the true position (Q,) to the best place of a method."""
        gap_m = self.place_m[self.best[method, :, 0]] - self.pose[:, :2]
        return np.asarray(np.hypot(gap_m[:, 0], gap_m[:, 1]))

    def save(self, path: Path) -> None:
        """Write an .npz; the same details give the same bytes."""
        text = json.dumps({name: getattr(self, name) for name in _TEXTS})
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        for name in _SCANS:
            scan: SemanticScan = getattr(self.examples, name)
            arrays |= {f"{name}.{field.name}": getattr(scan, field.name) for field in fields(scan)}
        with write_beside(path) as partial, partial.open("wb") as stream:
            np.savez_compressed(
                stream, allow_pickle=False, texts=np.array(text), example_query=self.examples.query, **arrays
            )

    @staticmethod
    def load(path: Path) -> RetrievalDetails:
        """Read what `save` wrote.

        Raises:
            DatasetError: If the file is missing, damaged or something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                parts = [field.name for field in fields(SemanticScan)]
                scans = {name: SemanticScan(*(arrays[f"{name}.{part}"] for part in parts)) for name in _SCANS}
                texts = json.loads(str(arrays["texts"]))
                texts |= {name: tuple(texts[name]) for name in ("methods", "skipped")}
                return RetrievalDetails(
                    **texts, **{name: arrays[name] for name in _ARRAYS},
                    examples=Examples(arrays["example_query"], **scans),
                )  # fmt: skip
        except FileNotFoundError:
            raise DatasetError(f"no details '{path}'; benchmarks/accuracy.py writes them beside its figures") from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(f"'{path}' holds no details of retrieval ({error}); measure again") from error


def success_probability(below: Int64, tied: Int64, num_places: int, share: float) -> Float64:
    """Probability (Q,) that a true place is among the first `share` of the places, ties in random order.

    0 or 1 for all but coarse descriptors: at mid-rank, one of 16 codes would never be among the first percent.

    Args:
        below: (Q,), places more alike than the true one.
        tied: (Q,), places just as alike, the true one among them.
        num_places: N.
        share: 0 to 1; at least one place is allowed.
    """
    allowed = max(1, int(share * num_places + 1e-9))
    return np.asarray(np.clip((allowed - below) / tied, 0.0, 1.0))


def details_folder(figures: Path) -> Path:
    """Folder of details that belongs to a file of figures: accuracy.json has accuracy.details."""
    return figures.with_suffix(".details")


def details_file(folder: Path, city: str, condition: str) -> Path:
    """File of one city and condition."""
    return folder / f"{city}.{condition}{_SUFFIX}"


def load_details(folder: Path) -> list[RetrievalDetails]:
    """All details of a folder, by name of city and condition.

    Raises:
        DatasetError: If there are none, or one is damaged.
    """
    files = sorted(folder.glob(f"*{_SUFFIX}"))
    if not files:
        raise DatasetError(f"no details in '{folder}'; benchmarks/accuracy.py writes them beside its figures")
    return [RetrievalDetails.load(file) for file in files]
