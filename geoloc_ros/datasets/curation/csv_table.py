"""Rows of a CSV table with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.curation.frames import TableProblem
from geoloc_ros.datasets.curation.row_values import RowFields

# Our names first, then those of Mapillary's API and of Mapillary SLS.
_NAMES: dict[str, tuple[str, ...]] = {
    "frame": ("id", "key"),
    "time": ("time", "captured_at"),
    "user": ("user", "creator", "creator_id", "user_id"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "compass": ("compass", "compass_angle", "ca"),
    "computed": ("computed_compass", "computed_compass_angle", "cca"),
    "sequence": ("sequence", "sequence_id", "sequence_key"),
    "file": ("file",),
}
_OPTIONAL = ("sequence", "file")


def csv_rows(name: str, stream: IO[str]) -> Iterator[tuple[str, RowFields] | TableProblem]:
    """Every row with its place in the file, or what is wrong with it.

    Raises:
        DatasetError: If the file has no header, or it lacks a column.
    """
    rows = csv.reader(stream)
    columns = _columns([each.strip().lower() for each in next(rows, [])], name)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield TableProblem(f"{name}:{rows.line_num}", "", "no CSV", str(error))
            continue
        if row is None:
            return
        place = f"{name}:{rows.line_num}"
        if not row:
            continue
        try:
            yield place, RowFields(*(None if column < 0 else row[column].strip() for column in columns))
        except IndexError:
            yield TableProblem(place, row[0], "too few columns", str(len(row)))


def _columns(header: list[str], table: str) -> tuple[int, ...]:
    """Column of each of `RowFields`, -1 for none."""
    found: list[int] = []
    for field in RowFields._fields:
        numbers = [header.index(name) for name in _NAMES[field] if name in header]
        if not numbers and field not in _OPTIONAL:
            raise DatasetError(
                f"table '{table}' has no column {' or '.join(_NAMES[field])}; its first line names: "
                f"{', '.join(header)[:200] or 'nothing'}"
            )
        found.append(numbers[0] if numbers else -1)
    return tuple(found)
