"""Evaluations of photos as files: results.json for programs, a CSV of all queries."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.evaluation.photos.judged import JudgedPhotos
from geoloc_ros.evaluation.photos.photo_evaluation import PhotoEvaluation
from geoloc_ros.evaluation.photos.recall import DEPTHS, Recall

RESULTS_FILE, QUERIES_FILE, PAGE_FILE = "results.json", "queries.csv", "photos.html"
_COLUMNS = (
    "query", "condition", "x_m", "y_m", "right_photos", "first_right", "found", "distance_m", "turn_deg", "similarity",
)  # fmt: skip


def write_results(evaluation: PhotoEvaluation, path: Path) -> None:
    """Write all figures as JSON; what nobody knows is null."""
    judged = evaluation.judged
    tree = {
        "facts": dict(evaluation.facts),
        "seed": evaluation.seed,
        "protocol": judged.protocol,
        "recall": [_recall(each) for each in judged.recalls],
        "sequences": [_recall(each) for each in judged.sequences],
        "costs": _known(asdict(evaluation.costs)),
        "problems": [asdict(problem) for problem in evaluation.problems],
    }
    with write_beside(path) as partial:
        partial.write_text(json.dumps(tree, indent=1) + "\n")


def write_queries(judged: JudgedPhotos, path: Path) -> None:
    """Write a line per query that was asked: how many photos are right, where the first of them came (1 is first; empty
    for none among those found), and what came first instead or indeed.
    """
    with write_beside(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(_queries(judged))


def _queries(judged: JudgedPhotos) -> Iterator[tuple[object, ...]]:
    retrieved = judged.retrieved
    queries = retrieved.queries
    count = np.diff(judged.positives.start)
    for number, query in enumerate(judged.asked.tolist()):
        x_m, y_m = queries.position_m[query]
        first = judged.rank[number]
        row = int(retrieved.found.row[query, 0])
        found: tuple[object, ...] = ("", "", "", "") if row < 0 else _first(judged, query, row)
        yield (
            queries.file[query], queries.condition[query], f"{x_m:.2f}", f"{y_m:.2f}", int(count[number]),
            int(first) + 1 if math.isfinite(first) else "", *found,
        )  # fmt: skip


def _first(judged: JudgedPhotos, query: int, row: int) -> tuple[object, ...]:
    """What came first: file, metres, degrees, similarity."""
    queries, database = judged.retrieved.queries, judged.retrieved.database
    offset_m = float(np.hypot(*(database.position_m[row] - queries.position_m[query])))
    turn_deg = math.degrees(float(database.yaw_rad[row] - queries.yaw_rad[query]))
    turn = "" if math.isnan(turn_deg) else f"{(turn_deg + 180.0) % 360.0 - 180.0:.1f}"
    return database.file[row], f"{offset_m:.2f}", turn, f"{judged.retrieved.found.similarity[query, 0]:.4f}"


def _recall(recall: Recall) -> dict[str, Any]:
    by_depth = {
        f"r{depth}": _known({"share": share, "low": low, "high": high, "chance": chance})
        for depth, share, (low, high), chance in zip(DEPTHS, recall.share, recall.interval, recall.chance, strict=True)
    }
    fields = {name: getattr(recall, name) for name in ("name", "meaning", "asked", "judged", "photos")}
    return {**fields, **by_depth}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN."""
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values.items()}
