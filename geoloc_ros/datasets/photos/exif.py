"""What a camera writes into its photos: where, when, which way. Pillow's only home; nothing is decoded.

EXIF 2.32 (CIPA DC-008), and the JSON that Mapillary's app puts into the image description.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from geoloc_ros.datasets.photos.columns import Place

_GPS_IFD, _EXIF_IFD, _DESCRIPTION = 0x8825, 0x8769, 0x010E
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _GPS_TIME, _DIRECTION, _GPS_DATE = 1, 2, 3, 4, 7, 17, 29
_ORIENTATION, _UPRIGHT = 0x0112, 1
_TIME_TAKEN, _OFFSET, _SUBSECOND = 0x9003, 0x9011, 0x9291
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, OverflowError)
"""What Pillow raises for files that are damaged, and what their values raise."""


@dataclass(frozen=True)
class Taken:
    """How a photo was taken; unknown is NaN, -1 and ""."""

    where: Place
    compass_deg: float
    """Clockwise from north: the true one, or the magnetic one where the camera knew no other."""
    stamp_ns: int
    """A time without a zone is taken as UTC."""
    sequence: str


def read_taken(file: Path) -> Taken:
    """What the header of an image tells.

    Raises:
        ValueError: If it is no image that can be opened; says why.
    """
    from PIL import Image

    try:
        with Image.open(file) as image:
            exif = image.getexif()
            gps, details = dict(exif.get_ifd(_GPS_IFD)), dict(exif.get_ifd(_EXIF_IFD))
            described = _described(exif.get(_DESCRIPTION))
    except (*_UNREADABLE, Image.DecompressionBombError) as error:
        raise ValueError(f"no image that can be opened ({type(error).__name__})") from None
    stamp_ns = _stamp_ns(details, gps)
    return Taken(
        _place(gps), _compass_deg(gps, described),
        stamp_ns if stamp_ns >= 0 else _mapillary_stamp_ns(described), str(described.get("MAPSequenceUUID", "")),
    )


def read_size(file: Path) -> tuple[int, int]:
    """Width and height of an image, of its header alone.

    Raises:
        ValueError: If it cannot be opened, or would be turned to be upright, so that no camera knows its pixels.
    """
    from PIL import Image

    try:
        with Image.open(file) as image:
            size = image.size
            # Of others Pillow would read all pixels before it knows.
            turn = image.getexif().get(_ORIENTATION, _UPRIGHT) if image.format == "JPEG" else _UPRIGHT
    except (*_UNREADABLE, Image.DecompressionBombError) as error:
        raise ValueError(f"no image that can be opened ({type(error).__name__})") from None
    if turn != _UPRIGHT:
        raise ValueError(f"its EXIF says that it is turned (orientation {turn}); poses are of the pixels as they lie")
    return int(size[0]), int(size[1])


def decode_photo(file: Path) -> tuple[int, int]:
    """Width and height of an image, every pixel of which was decoded.

    Raises:
        ValueError: If it cannot be opened, or ends too early; says why.
    """
    from PIL import Image

    try:
        with Image.open(file) as image:
            image.load()
            width, height = image.size
    except (*_UNREADABLE, Image.DecompressionBombError) as error:
        raise ValueError(f"cannot be decoded: {error}".splitlines()[0]) from None
    return int(width), int(height)


def _place(gps: Mapping[int, Any]) -> Place:
    try:
        latitude_deg = _degrees(gps[_LATITUDE]) * (-1.0 if gps.get(_LATITUDE_REF, "N") in ("S", b"S") else 1.0)
        longitude_deg = _degrees(gps[_LONGITUDE]) * (-1.0 if gps.get(_LONGITUDE_REF, "E") in ("W", b"W") else 1.0)
    except _UNREADABLE:
        return Place()
    return Place(latitude_deg=latitude_deg, longitude_deg=longitude_deg)


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60.0 + seconds / 3600.0


def _compass_deg(gps: Mapping[int, Any], described: Mapping[str, Any]) -> float:
    try:
        if _DIRECTION in gps:
            return float(gps[_DIRECTION])
        return float(described["MAPCompassHeading"]["TrueHeading"])
    except _UNREADABLE:
        return math.nan


def _stamp_ns(details: Mapping[int, Any], gps: Mapping[int, Any]) -> int:
    """Of the exposure if its zone is known, else of the satellites, which keep UTC, else of the exposure as UTC."""
    local = _moment(str(details.get(_TIME_TAKEN, "")), "%Y:%m:%d %H:%M:%S")
    if local is None or not details.get(_OFFSET):
        try:
            clock = timedelta(seconds=60.0 * (60.0 * float(gps[_GPS_TIME][0]) + float(gps[_GPS_TIME][1]))
                              + float(gps[_GPS_TIME][2]))  # fmt: skip
            day = datetime.strptime(str(gps[_GPS_DATE]), "%Y:%m:%d").replace(tzinfo=timezone.utc)
            return _nanoseconds(day + clock)
        except _UNREADABLE:
            pass
    if local is None:
        return -1
    fraction = str(details.get(_SUBSECOND, "")).strip()
    seconds = float(f"0.{fraction}") if fraction.isdigit() else 0.0
    return _nanoseconds(local + timedelta(seconds=seconds) - _offset(str(details.get(_OFFSET, ""))))


def _offset(text: str) -> timedelta:
    """Of a zone such as +02:00; none for anything else."""
    moment = _moment(f"2000 {text.strip()}", "%Y %z")
    return (moment.utcoffset() or timedelta()) if moment else timedelta()


def _moment(text: str, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text.strip("\0 "), form)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def _described(description: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(description)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _mapillary_stamp_ns(described: Mapping[str, Any]) -> int:
    """Of YYYY_MM_DD_hh_mm_ss_mmm, which is UTC."""
    parts = str(described.get("MAPCaptureTime", "")).split("_")
    moment = _moment("_".join(parts[:6]), "%Y_%m_%d_%H_%M_%S")
    if moment is None:
        return -1
    milliseconds = int(parts[6]) if len(parts) > 6 and parts[6].isdigit() else 0
    return _nanoseconds(moment) + milliseconds * 1_000_000
