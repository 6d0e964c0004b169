"""CSV files with a header, as published data sets have them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from geoloc_ros.core.errors import DatasetError


def read_table(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """Lines by the names of the header; columns that a short line lacks are "".

    Raises:
        DatasetError: If the file cannot be read, is no text, or lacks a column that is needed.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restval="")
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"'{path}' has no column {', '.join(missing)}; is it the file that was published?")
            for line in reader:
                yield {key: value for key, value in line.items() if isinstance(value, str)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"'{path}' cannot be read as a table: {error}") from error


def number_of(line: Mapping[str, str], column: str) -> float:
    """A number; NaN where the column is missing or empty.

    Raises:
        ValueError: If it is something else; says which column.
    """
    text = line.get(column, "")
    try:
        return float(text) if text.strip() else math.nan
    except ValueError:
        raise ValueError(f"{column} is {text!r}, not a number") from None
