"""A result made by hand: 100 places a metre apart in the square room, four queries, two methods.

The true place is first, first, 6th and 51st by `ours`; first, 31st, 41st and last by `handcrafted`.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.recall import measure_recall
from geoloc_ros.evaluation.retrieval_details import Examples, RetrievalDetails, details_file, details_folder

RAYS = 8
BELOW = np.array([[0, 30, 40, 99], [0, 0, 5, 50]])


@dataclass(frozen=True)
class Measured:
    """Figures and details of one run."""

    figures: Path
    details: RetrievalDetails


@pytest.fixture(scope="session")
def details() -> RetrievalDetails:
    place_m = np.stack(np.meshgrid(np.arange(10) - 4.5, np.arange(10) - 4.5), axis=-1).reshape(-1, 2)
    place = np.array([0, 25, 50, 75])
    best = np.tile(np.arange(10, dtype=np.int32), (2, 4, 1))
    best[:, :, 0] = np.where(BELOW == 0, place, 99)
    walls = SemanticScan(np.full((4, RAYS), 10.0, np.float32), np.tile(np.arange(RAYS, dtype=np.int32), (4, 1)),
                         np.ones((4, RAYS), bool))  # fmt: skip
    found = SemanticScan(*(np.stack([part, part]) for part in vars(walls).values()))
    return RetrievalDetails(
        city="square_room", condition="paper", seed=7, commit="abc1234", fingerprint="f", num_turns=1,
        methods=("handcrafted", "ours"), skipped=("paper: no file <scan_paper.onnx>",),
        place_m=place_m.astype(np.float32), pose=np.column_stack([place_m[place], np.zeros(4)]), place=place,
        frame_yaw_rad=np.zeros(4), rank=(BELOW + 1).astype(np.float32), below=BELOW, tied=np.ones_like(BELOW),
        best=best, best_turn_rad=np.zeros((2, 4), np.float32), best_pose=np.full((2, 4, 3), np.nan),
        examples=Examples(np.arange(4), walls, walls, found),
    )  # fmt: skip


@pytest.fixture
def measured(details: RetrievalDetails, tmp_path: Path) -> Measured:
    return write_measured(tmp_path, details)


def write_measured(folder: Path, details: RetrievalDetails) -> Measured:
    """As benchmarks/accuracy.py writes it."""
    figures = folder / "accuracy.json"
    rows: list[dict[str, Any]] = []
    for number, method in enumerate(details.methods):
        rows.append({
            "city": details.city, "condition": details.condition, "method": method, "seed": details.seed,
            "commit": details.commit, "places": details.num_places, "queries": len(details.pose),
            **{
                measure.name: {"value": measure.value, "interval": [12.3, 87.6], "chance": measure.chance, "n": 4}
                for measure in measure_recall(details, number)
            },
        })  # fmt: skip
    values = {"commit": details.commit, "machine": "abacus", "seed": details.seed, "noise": "paper", "rows": rows}
    figures.write_text(json.dumps(values))
    details.save(details_file(details_folder(figures), details.city, details.condition))
    return Measured(figures, details)


@pytest.fixture
def renamed(details: RetrievalDetails, tmp_path: Path) -> Measured:
    """A run in a city and with a method whose names are markup."""
    methods = ("handcrafted", "<script>alert(1)</script>")
    (tmp_path / "evil").mkdir()
    return write_measured(tmp_path / "evil", replace(details, methods=methods))
