"""What the page is made from: files of figures, their details, learning curves and the log of experiments."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.recall import measure_recall
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails, details_folder, load_details

_M_PER_PLACE = 10


@dataclass(frozen=True)
class Estimate:
    """One figure."""

    value: float
    interval: tuple[float, float] | None = None
    """95 %."""
    chance: float = math.nan
    """What guessing gets."""


@dataclass(frozen=True)
class Row:
    """One method in one city under one condition."""

    city: str
    condition: str
    method: str
    places: int
    count: int
    """Queries or drives."""
    seed: int
    commit: str
    measures: Mapping[str, Estimate]


@dataclass(frozen=True)
class Table:
    """What a benchmark wrote."""

    seed: int
    commit: str
    machine: str
    rows: tuple[Row, ...]

    def cities(self) -> tuple[str, ...]:
        """In the order of the rows."""
        return tuple(dict.fromkeys(row.city for row in self.rows))

    def of_city(self, city: str) -> tuple[Row, ...]:
        """Its rows."""
        return tuple(row for row in self.rows if row.city == city)


@dataclass(frozen=True)
class Curve:
    """How a training went."""

    name: str
    minutes: Float64
    """(S,), since its begin."""
    validation: Float64
    """(S,), higher is better."""


@dataclass(frozen=True)
class Experiment:
    """Something that was tried."""

    name: str
    city: str
    top1: Estimate
    r10m: float
    """NaN if not measured."""
    note: str
    group: str
    """Heading under which it is drawn; may be empty."""


def read_table(path: Path) -> Table:
    """The rows that a benchmark of accuracy wrote with --json.

    Raises:
        DatasetError: If the file is missing, cut off or something else.
    """
    values = _read_json(path, "run the benchmark that writes it again")
    try:
        rows = tuple(_row(row) for row in values["rows"])
        table = Table(int(values["seed"]), str(values["commit"]), str(values["machine"]), rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(
            f"'{path}' holds no rows of an accuracy benchmark ({type(error).__name__}: {error}); "
            "give what benchmarks/accuracy.py, trajectory.py or ingredients.py wrote with --json"
        ) from error
    if not table.rows:
        raise DatasetError(f"'{path}' has 0 rows; measure at least one city and condition")
    return table


def read_details(figures: Path, table: Table) -> tuple[RetrievalDetails, ...]:
    """Details of all that the table of single retrieval says, in its order.

    Raises:
        DatasetError: If some are missing, damaged, or of another measurement.
    """
    known = {(each.city, each.condition): each for each in load_details(details_folder(figures))}
    pairs = dict.fromkeys((row.city, row.condition) for row in table.rows)
    for row in table.rows:
        details = known.get((row.city, row.condition))
        if details is None:
            raise DatasetError(
                f"'{details_folder(figures)}' has no details of {row.city} {row.condition}, which '{figures}' has; "
                "run benchmarks/accuracy.py into that file again"
            )
        _refuse_other(figures, row, details)
    return tuple(known[pair] for pair in pairs)


def _refuse_other(figures: Path, row: Row, details: RetrievalDetails) -> None:
    where = f"details of {row.city} {row.condition}"
    again = "run benchmarks/accuracy.py into one file again"
    if row.method not in details.methods:
        raise DatasetError(f"{where} know no method '{row.method}' of '{figures}'; {again}")
    for name, said, found in (
        ("queries", row.count, len(details.pose)), ("places", row.places, details.num_places),
        ("seed", row.seed, details.seed),
    ):  # fmt: skip
        if said != found:
            raise DatasetError(f"{where} have {name} {found}, '{figures}' says {said}; {again}")
    measures = {each.name: each.value for each in measure_recall(details, details.methods.index(row.method))}
    for name in ("top1", "r10m"):
        value, written = measures[name], row.measures[name].value
        if not math.isclose(value, written, abs_tol=1e-6):
            raise DatasetError(
                f"{where} give {name} {value:.3f} for {row.method}, '{figures}' says {written:.3f}; {again}"
            )


def read_curve(path: Path) -> Curve:
    """A learning curve that `geoloc train scan` wrote.

    Raises:
        DatasetError: If the file is missing, cut off, empty or something else.
    """
    values = _read_json(path, "geoloc train scan writes it beside the network")
    try:
        rows = [(float(entry["minutes"]), float(entry["validation"])) for entry in values]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"'{path}' is no learning curve ({error}); give what geoloc train scan wrote") from error
    if not rows:
        raise DatasetError(f"learning curve '{path}' has 0 points; train longer")
    minutes, validation = np.array(rows, np.float64).T
    return Curve(path.name.removesuffix(".curve.json"), minutes, validation)


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """The log of experiments: a JSON list; `docs/formats.md` says what of.

    Raises:
        DatasetError: If the file is missing, cut off, or an entry lacks something.
    """
    values = _read_json(path, "it is a JSON list, see docs/formats.md")
    if not isinstance(values, list):
        raise DatasetError(f"'{path}' holds a {type(values).__name__}; it must be a list, see docs/formats.md")
    return tuple(_experiment(path, number, entry) for number, entry in enumerate(values))


def _experiment(path: Path, number: int, entry: Any) -> Experiment:
    try:
        top1 = Estimate(float(entry["top1"]), _interval(entry.get("interval")))
        r10m = entry.get("r10m")
        return Experiment(
            str(entry["name"]), str(entry["city"]), top1, math.nan if r10m is None else float(r10m),
            str(entry.get("note", "")), str(entry.get("group", "")),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(
            f"'{path}' entry {number + 1}: {type(error).__name__} {error}; give name, city, top1, see docs/formats.md"
        ) from error


def _read_json(path: Path, way_out: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DatasetError(f"no file '{path}'; {way_out}") from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"'{path}' is no whole JSON file ({error}); {way_out}") from error


def _row(row: dict[str, Any]) -> Row:
    chances = {f"t{_M_PER_PLACE * int(length)}": float(chance) for length, chance in row.get("chance", {}).items()}
    measures = {
        name: Estimate(
            float(entry["value"]), _interval(entry["interval"]),
            float(entry.get("chance", chances.get(name.removesuffix("_exact"), math.nan))),
        )
        for name, entry in row.items()
        if isinstance(entry, dict) and "value" in entry
    }  # fmt: skip
    count = int(row["queries"] if "queries" in row else row["drives"])
    return Row(
        str(row["city"]), str(row["condition"]), str(row["method"]), int(row["places"]), count, int(row["seed"]),
        str(row["commit"]), measures,
    )  # fmt: skip


def _interval(values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    low, high = (float(value) for value in values)
    return low, high
