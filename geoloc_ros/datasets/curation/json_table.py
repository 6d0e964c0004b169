"""Frames of Mapillary's API v4: JSON pages, GeoJSON, or a JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from geoloc_ros.datasets.curation.frames import TableProblem
from geoloc_ros.datasets.curation.row_values import RowFields, Value

_BLOCK = 1 << 20
_LARGEST = 1 << 24
"""Characters of one object; more is no frame but a file that was cut off."""
_LISTS = ("data", "features")


def json_rows(name: str, stream: IO[str]) -> Iterator[tuple[str, RowFields] | TableProblem]:
    """Every frame of a file with its number there, or what is wrong with it."""
    number = 0
    try:
        for tree in _items(_Text(stream)):
            number += 1
            yield _row(f"{name}:{number}", tree)
    except json.JSONDecodeError as error:
        yield TableProblem(f"{name}:{number + 1}", "", "no JSON from here on", error.msg)


def json_line_rows(name: str, stream: IO[str]) -> Iterator[tuple[str, RowFields] | TableProblem]:
    """Every line of a file of one object per line."""
    for number, line in enumerate(stream, start=1):
        place = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            tree = json.loads(line)
        except json.JSONDecodeError as error:
            yield TableProblem(place, "", "no JSON", error.msg)
            continue
        yield _row(place, tree)


def _row(place: str, tree: Any) -> tuple[str, RowFields] | TableProblem:
    if not isinstance(tree, dict):
        return TableProblem(place, "", "no object", type(tree).__name__)
    values = dict(tree)
    if isinstance(inside := tree.get("properties"), dict):
        values.update(inside)
    longitude, latitude = _coordinates(values.get("geometry")) or _coordinates(values.get("computed_geometry")) or (
        None, None,
    )  # fmt: skip
    creator = values.get("creator")
    if isinstance(creator, dict):
        creator = creator.get("id") or creator.get("username")
    return place, RowFields(
        _plain(values.get("id")), _plain(values.get("captured_at")), _plain(creator), latitude, longitude,
        _plain(values.get("compass_angle")), _plain(values.get("computed_compass_angle")),
        _plain(values.get("sequence")), _plain(values.get("file")),
    )


def _coordinates(geometry: Any) -> tuple[Value, Value] | None:
    """Longitude and latitude of a GeoJSON point."""
    if not isinstance(geometry, dict) or not isinstance(geometry.get("coordinates"), list):
        return None
    values = geometry["coordinates"]
    return (_plain(values[0]), _plain(values[1])) if len(values) >= 2 else None


def _plain(value: Any) -> Value:
    return value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _items(text: _Text) -> Iterator[Any]:
    """Elements of the list that a file is, or that it holds under one of `_LISTS`; none where it holds neither."""
    if text.take("{"):
        while not text.take("}"):
            name = text.value()
            text.expect(":")
            if name in _LISTS and text.peek() == "[":
                break
            text.value()
            if not text.take(","):
                text.expect("}")
                return
    text.expect("[")
    while not text.take("]"):
        yield text.value()
        if not text.take(","):
            text.expect("]")
            return


class _Text:
    """A JSON text that is read bit by bit."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._decoder = stream, json.JSONDecoder()
        self._text, self._at, self._is_end = "", 0, False

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or self._is_end:
                return self._text[self._at : self._at + 1]
            self._read_on()

    def take(self, character: str) -> bool:
        """Is that the next one? Then step over it."""
        is_next = self.peek() == character
        self._at += is_next
        return is_next

    def expect(self, character: str) -> None:
        """Step over it.

        Raises:
            JSONDecodeError: It is not the next one.
        """
        if not self.take(character):
            raise json.JSONDecodeError(f"no '{character}' but '{self.peek()}'", self._text, self._at)

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
                # A number may go on in the next block.
                if end < len(self._text) or self._is_end:
                    self._at = end
                    return value
            except json.JSONDecodeError:
                if self._is_end or len(self._text) - self._at > _LARGEST:
                    raise
            self._read_on()

    def _read_on(self) -> None:
        block = self._stream.read(_BLOCK)
        self._is_end = not block
        self._text, self._at = self._text[self._at :] + block, 0
