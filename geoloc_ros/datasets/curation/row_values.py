"""One row of a table, whatever its format: what it must hold, and in which units."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timezone
from functools import lru_cache
from typing import NamedTuple

Value = str | int | float | None


class RowFields(NamedTuple):
    """What a row says, as it says it."""

    frame: Value
    time: Value
    """Milliseconds or seconds since 1970, or ISO 8601; without a zone it is UTC."""
    user: Value
    latitude: Value
    longitude: Value
    compass: Value
    computed: Value = None
    sequence: Value = None
    file: Value = None


class FrameValues(NamedTuple):
    """A row that can be used; in the order of `frames.FRAME`, without window and place in the spool."""

    user: int
    sequence: int
    stamp_ms: int
    latitude_deg: float
    longitude_deg: float
    compass_deg: float
    computed_deg: float
    digest: int


class BadRow(ValueError):
    """Says what is wrong, and the value."""

    def __init__(self, reason: str, value: Value) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, "" if value is None else str(value)


_LAST_SECONDS = 1e11
"""Larger times are milliseconds: as seconds it is the year 5138, as milliseconds 1973."""


def read_values(fields: RowFields) -> FrameValues:
    """The values of a row.

    Raises:
        BadRow: If one that is needed is missing or cannot be.
    """
    for name, value in (("id", fields.frame), ("user", fields.user), ("time", fields.time)):
        if value is None or value == "":
            raise BadRow(f"no {name}", None)
    if "\ufffd" in str(fields.frame) or "\0" in str(fields.frame):
        raise BadRow("id is not UTF-8 text", fields.frame)
    latitude_deg = _number(fields.latitude, "latitude", 90.0)
    longitude_deg = _number(fields.longitude, "longitude", 180.0)
    if latitude_deg == longitude_deg == 0.0:
        raise BadRow("no position: 0, 0", None)
    return FrameValues(
        digest(str(fields.user)), digest(str(fields.sequence)) if fields.sequence not in (None, "") else 0,
        _milliseconds(fields.time), latitude_deg, longitude_deg, _number(fields.compass, "compass", math.inf),
        math.nan if fields.computed in (None, "") else _number(fields.computed, "computed compass", math.inf),
        _digest(str(fields.frame)),
    )


def _number(value: Value, name: str, limit: float) -> float:
    if value is None or value == "":
        raise BadRow(f"no {name}", None)
    try:
        number = float(value)
    except ValueError:
        raise BadRow(f"{name} is no number", value) from None
    if not math.isfinite(number):
        raise BadRow(f"{name} is no number", value)
    if abs(number) > limit:
        raise BadRow(f"{name} is over {limit:g} degrees", value)
    return number


def _milliseconds(time: Value) -> int:
    try:
        number = float(time or 0)
    except ValueError:
        number = _iso_milliseconds(str(time))
    if not 0.0 < number < 1e15:
        raise BadRow("time is none", time)
    return int(number * 1000.0) if number < _LAST_SECONDS else int(number)


def _iso_milliseconds(text: str) -> float:
    try:
        # Python 3.10 does not know Z.
        moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError:
        raise BadRow("time is none", text) from None
    milliseconds = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() * 1000.0
    if milliseconds < _LAST_SECONDS:
        raise BadRow("time is before 1974", text)
    return milliseconds


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little") or 1


@lru_cache(maxsize=1 << 16)
def digest(text: str) -> int:
    """A number from 1 to 2^64 of a name, the same everywhere."""
    return _digest(text)
