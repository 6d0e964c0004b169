"""A table of frames in any of its formats, some thousand rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.curation.csv_table import csv_rows
from geoloc_ros.datasets.curation.frames import FRAME, Frames, TableProblem
from geoloc_ros.datasets.curation.json_table import json_line_rows, json_rows
from geoloc_ros.datasets.curation.row_values import BadRow, FrameValues, RowFields, read_values

_READERS: dict[str, Callable[[str, IO[str]], Iterator[tuple[str, RowFields] | TableProblem]]] = {
    ".csv": csv_rows, ".json": json_rows, ".geojson": json_rows, ".jsonl": json_line_rows, ".ndjson": json_line_rows,
}  # fmt: skip
_CHUNK = 20_000


@dataclass(frozen=True)
class TableChunk:
    """Some rows of a table."""

    frames: Frames
    """(N,), without window and place in the spool."""
    texts: tuple[bytes, ...]
    """(N,), id and file with a zero byte between them; UTF-8."""
    problems: tuple[TableProblem, ...]


def table_files(source: Path) -> tuple[Path, ...]:
    """The files of a table: itself, or those of a folder by their names.

    Raises:
        DatasetError: If there are none.
    """
    if source.is_file() and source.suffix.lower() in _READERS:
        return (source,)
    known = ", ".join(_READERS)
    if not source.exists():
        raise DatasetError(f"there is no '{source}'; give a table of frames ({known}) or a folder of them")
    if not source.is_dir():
        raise DatasetError(f"'{source}' is no table of frames; give a file ({known}) or a folder of them")
    files = tuple(sorted(path for path in source.iterdir() if path.suffix.lower() in _READERS))
    if not files:
        raise DatasetError(f"folder '{source}' holds no table of frames ({known})")
    return files


def read_table(files: tuple[Path, ...], progress: ProgressCallback) -> Iterator[TableChunk]:
    """All rows, in chunks.

    Raises:
        DatasetError: If a file cannot be read, or lacks a column.
    """
    total, done = max(1, sum(path.stat().st_size for path in files)), 0
    for path in files:
        try:
            with path.open("rb") as data:
                stream = TextIOWrapper(data, encoding="utf-8-sig", errors="replace", newline="")
                rows = _READERS[path.suffix.lower()](path.name, stream)
                while some := tuple(islice(rows, _CHUNK)):
                    progress("reading the table", (done + data.tell()) / total)
                    yield _chunk(some)
        except OSError as error:
            raise DatasetError(f"table '{path}' cannot be read: {error.strerror}") from error
        done += path.stat().st_size
    progress("reading the table", 1.0)


def _chunk(some: tuple[tuple[str, RowFields] | TableProblem, ...]) -> TableChunk:
    rows: list[FrameValues] = []
    texts: list[bytes] = []
    problems: list[TableProblem] = []
    for each in some:
        if isinstance(each, TableProblem):
            problems.append(each)
            continue
        place, fields = each
        try:
            rows.append(read_values(fields))
        except BadRow as bad:
            problems.append(TableProblem(place, str(fields.frame or ""), bad.reason, bad.value))
            continue
        texts.append(f"{fields.frame}\0{fields.file or ''}".encode("utf-8", "replace"))
    frames = np.zeros(len(rows), FRAME)
    if rows:
        for name, column in zip(FrameValues._fields, zip(*rows, strict=True), strict=True):
            frames[name] = np.array(column, FRAME[name])
    return TableChunk(frames, tuple(texts), tuple(problems))
