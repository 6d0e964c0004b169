"""Where a scene lies on a map, by points of it whose place on the earth somebody has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Pose3

_LEAST_POINTS = 3
# Surveys by hand are off by decimetres, scales of scenes that somebody guessed by far more.
_WORST_SCALE, _WORST_M = 0.03, 2.0
# The spread of points that hold all three angles, across their longest line.
_LEAST_ASIDE_RATIO = 0.05


@dataclass(frozen=True)
class SurveyedPoint:
    """One point of a scene."""

    scene_m: tuple[float, float, float]
    place: GeoOrigin
    """Latitude, longitude, height."""


def fit_place(points: Sequence[SurveyedPoint]) -> tuple[Pose3, GeoOrigin]:
    """`map_from_scene` that lays the points nearest to where they were measured, and the origin of that map.

    The map touches the earth at the first point, on its height. Least squares without a scale (Arun, Huang, Blostein
    1987): scenes are metric.

    Raises:
        ValueError: If there are too few, they lie on a line, the scene is not metric, or a point is far off.
    """
    if len(points) < _LEAST_POINTS:
        raise ValueError(f"{len(points)} points do not hold a scene; give {_LEAST_POINTS} or more, not on a line")
    origin = points[0].place
    wanted_m = np.array([origin.map_from(point.place).translation_m for point in points])
    given_m = np.array([point.scene_m for point in points], np.float64)
    centred, wanted = given_m - given_m.mean(axis=0), wanted_m - wanted_m.mean(axis=0)
    for name, spread in (("in the scene", centred), ("on the earth", wanted)):
        longest, aside, _ = np.linalg.svd(spread, compute_uv=False)
        if aside < _LEAST_ASIDE_RATIO * longest or longest == 0.0:
            raise ValueError(f"the points lie on a line {name}; give one beside it")
    scale = float(np.linalg.norm(wanted) / np.linalg.norm(centred))
    if abs(scale - 1.0) > _WORST_SCALE:
        raise ValueError(f"the scene is not in metres: the points say that one of its units is {scale:.3g} m")
    rotation = _rotation(centred, wanted)
    off_m = np.linalg.norm(centred @ rotation.T - wanted, axis=1)
    worst = int(np.argmax(off_m))
    if off_m[worst] > _WORST_M:
        raise ValueError(
            f"point {worst + 1} lies {off_m[worst]:.1f} m from where the others put it; see which of them is mistaken"
        )
    return Pose3(rotation, wanted_m.mean(axis=0) - rotation @ given_m.mean(axis=0)), origin


def surveyed_point(entry: Mapping[str, object]) -> SurveyedPoint:
    """A point of JSON: `scene_m`, `latitude_deg`, `longitude_deg` and perhaps `height_m`; ValueError if it is none."""
    names = {"scene_m", "latitude_deg", "longitude_deg"}
    if not isinstance(entry, Mapping) or not names <= set(entry) <= names | {"height_m"}:
        raise ValueError("a point must have 'scene_m', 'latitude_deg', 'longitude_deg' and perhaps 'height_m'")
    try:
        scene_m = np.array(entry["scene_m"], np.float64)
        place = np.array([entry["latitude_deg"], entry["longitude_deg"], entry.get("height_m", 0.0)], np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"a point holds what is no number: {dict(entry)}") from None
    if scene_m.shape != (3,) or not np.isfinite([*scene_m, *place]).all() or np.any(np.abs(place[:2]) > (90.0, 180.0)):
        raise ValueError(f"a point is nowhere: {dict(entry)}")
    x, y, z = (float(value) for value in scene_m)
    return SurveyedPoint((x, y, z), GeoOrigin(*(float(value) for value in place)))


def _rotation(given: Float64, wanted: Float64) -> Float64:
    left, _, right = np.linalg.svd(wanted.T @ given)
    # Never a mirror image, which would fit points on a plane as well.
    return np.asarray(left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right)
