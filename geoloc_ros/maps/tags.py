"""What OpenStreetMap tags mean: which ways are buildings, how high they are, where one may drive and which way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Direction = Literal["both", "forward", "backward", "none"]

# Streets, as in the published system. `service` (parking aisles, driveways, yards) is left out: it adds a third to the
# length of a city for places where maps are least complete. `track` and `pedestrian` are no roads for cars either.
DRIVABLE = frozenset(
    ["motorway", "trunk", "primary", "secondary", "tertiary"]
    + ["motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"]
    + ["unclassified", "residential", "living_street", "road"]
)

# No walls: a roof on posts shows nothing at the height of a camera that its outline would predict.
_WITHOUT_WALLS = frozenset(["no", "roof", "carport", "canopy", "demolished", "construction", "proposed"])

_MAX_HEIGHT_M = 1000.0
_FOOT_M = 0.3048
_METRES = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*(?:m|metres?|meters?)?\s*$", re.IGNORECASE)
_FEET = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?\s*$", re.IGNORECASE)

Tags = Mapping[str, str]


def is_building(tags: Tags) -> bool:
    """Does it have walls over the ground?"""
    return tags.get("building", "no") not in _WITHOUT_WALLS and not is_underground(tags)


def is_building_part(tags: Tags) -> bool:
    """Is it a part of a building that is described on its own, and not the outline itself?"""
    is_part = tags.get("building:part", "no") not in _WITHOUT_WALLS
    return is_part and "building" not in tags and not is_underground(tags)


def is_underground(tags: Tags) -> bool:
    """Below the ground, by `layer` or `location`."""
    return tags.get("location") == "underground" or _number(tags.get("layer", "0")) < 0.0


def roof_height_m(tags: Tags, level_height_m: float) -> float:
    """Height of the roof over the ground; NaN where the tags do not say."""
    for key in ("height", "building:height", "est_height"):
        height_m = parse_length_m(tags.get(key, ""))
        if 0.0 < height_m <= _MAX_HEIGHT_M:
            return height_m
    roof_levels = _number(tags.get("roof:levels", ""))
    levels = _number(tags.get("building:levels", "")) + (roof_levels if roof_levels > 0.0 else 0.0)
    return levels * level_height_m if 0.0 < levels * level_height_m <= _MAX_HEIGHT_M else float("nan")


def base_height_m(tags: Tags, level_height_m: float) -> float:
    """Height of the underside over the ground; 0 where the tags do not say."""
    height_m = parse_length_m(tags.get("min_height", ""))
    if not 0.0 < height_m <= _MAX_HEIGHT_M:
        height_m = _number(tags.get("building:min_level", "")) * level_height_m
    return height_m if 0.0 < height_m <= _MAX_HEIGHT_M else 0.0


def drivable_direction(tags: Tags) -> Direction:
    """Which way one may drive, relative to the order of the nodes.

    `access` is not looked at: buses, residents and robots drive where others may not, and a street too many costs a
    few places, while a street too few costs the fix.
    """
    if tags.get("highway") not in DRIVABLE or tags.get("area") == "yes":
        return "none"
    oneway = tags.get("oneway", "")
    if oneway in ("yes", "true", "1"):
        return "forward"
    if oneway in ("-1", "reverse"):
        return "backward"
    implied = tags.get("junction") in ("roundabout", "circular") or tags["highway"] in ("motorway", "motorway_link")
    return "forward" if implied and oneway not in ("no", "false", "0") else "both"


def parse_length_m(text: str) -> float:
    """Metres of "12", "12.5 m", "12,5", "40 ft" or 12'6"; NaN for anything else."""
    if match := _METRES.match(text):
        return float(match[1].replace(",", "."))
    if match := _FEET.match(text):
        return (float(match[1]) + float(match[2] or 0.0) / 12.0) * _FOOT_M
    return float("nan")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
