"""What of a recorded camera is used to localize, and what networks have to add."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from geoloc_ros.core.errors import ConfigError, DatasetError

Part = Literal["image", "segmentation", "depth", "instances"]
"""What a camera of a bag may have recorded, by the name of its topic."""
PARTS: tuple[Part, ...] = get_args(Part)
_FIX = "fix"
_PHOTOS = "photos"


def choose_parts(wish: str, recorded: Collection[Part]) -> tuple[Part, ...]:
    """What to read from a bag.

    Args:
        wish: Topics with commas between them, as users write them. Without one of the camera: segmentation, depth and
            instances if the bag has the first two; else all it has, so that networks read from the image what is
            missing.
        recorded: What the bag has.

    Raises:
        ConfigError: If the wish names something else, or names too little to localize with.
        DatasetError: If the bag has too little.
    """
    words = _words(wish)
    if wants_photos_only(wish):
        return ()
    if words != [_FIX] and words:
        parts = _parsed(words)
        if not _is_enough(parts):
            raise ConfigError(f"'{wish}' is too little to localize with; use image, or both segmentation and depth")
        return parts
    given = tuple(part for part in PARTS if part in recorded and part != "image")
    chosen = given if _is_enough(given) else tuple(part for part in PARTS if part in recorded)
    if not _is_enough(chosen):
        raise DatasetError(
            f"the bag has neither an image nor both segmentation and depth (under /camera it has "
            f"{', '.join(chosen) or 'nothing'}); record or remap them, see docs/formats.md"
        )
    return chosen


def wants_fixes(wish: str) -> bool:
    """Whether a wish names the positions of the satellite receiver, which nobody uses unasked."""
    return _FIX in _words(wish)


def wants_photos_only(wish: str) -> bool:
    """Whether a wish names photos and nothing else that shows where the vehicle is."""
    words = set(_words(wish))
    return _PHOTOS in words and not words - {_PHOTOS, _FIX}


def _is_enough(parts: Collection[Part]) -> bool:
    return "image" in parts or {"segmentation", "depth"} <= set(parts)


def _words(wish: str) -> list[str]:
    return [word.strip() for word in wish.split(",")] if wish else []


def _parsed(words: Collection[str]) -> tuple[Part, ...]:
    unknown = [word for word in words if word not in (*PARTS, _FIX, _PHOTOS)]
    if unknown:
        allowed = ", ".join((*PARTS, _FIX, _PHOTOS))
        raise ConfigError(f"'{unknown[0]}' is nothing that is recorded; use some of {allowed}")
    return tuple(part for part in PARTS if part in words)
