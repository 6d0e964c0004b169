"""Where a scene lies on a map: the file `place.json` that users put beside its images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.scene_points import fit_place, surveyed_point
from geoloc_ros.core.types import Pose3

PLACE_FILE = "place.json"
# Poses are typed by hand or printed with a few digits.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class ScenePlace:
    """A scene in the frame of a map: x east, y north, z up."""

    map_from_scene: Pose3
    origin: GeoOrigin | None
    """Where the frame of that map touches the earth; None where nobody knows: it is then the map of who localizes."""

    def on(self, origin: GeoOrigin | None) -> Pose3:
        """`map_from_scene` for the map of another origin."""
        if origin is None or self.origin is None or origin == self.origin:
            return self.map_from_scene
        return origin.map_from(self.origin) @ self.map_from_scene

    def as_json(self) -> dict[str, Any]:
        """What a file or manifest holds of it."""
        return {
            "origin": None if self.origin is None else asdict(self.origin),
            "map_from_scene": np.vstack(
                [np.column_stack([self.map_from_scene.rotation, self.map_from_scene.translation_m]), (0, 0, 0, 1)]
            ).tolist(),
        }

    @staticmethod
    def from_json(entry: Mapping[str, Any]) -> ScenePlace:
        """Raises ValueError, with what is wrong, if the entry says no place."""
        if isinstance(entry, Mapping) and set(entry) == {"points"} and isinstance(entry["points"], list):
            return ScenePlace(*fit_place([surveyed_point(point) for point in entry["points"]]))
        if not isinstance(entry, Mapping) or set(entry) != {"origin", "map_from_scene"}:
            raise ValueError("it must have 'origin' and 'map_from_scene', or 'points', and nothing else")
        return ScenePlace(_rigid(entry["map_from_scene"]), _origin(entry["origin"]))


def read_place(folder: Path) -> ScenePlace | None:
    """What `place.json` in the folder of a scene says; None without such a file.

    Raises:
        DatasetError: If the file says no place.
    """
    file = folder / PLACE_FILE
    if not file.is_file():
        return None
    try:
        return ScenePlace.from_json(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise DatasetError(f"'{file}' does not say where the scene is: {error}; see docs/formats.md") from error


def write_place(folder: Path, place: ScenePlace) -> None:
    """Write `place.json` into the folder of a scene."""
    with write_beside(folder / PLACE_FILE) as partial:
        partial.write_text(json.dumps(place.as_json(), indent=1) + "\n")


def _rigid(rows: Any) -> Pose3:
    try:
        matrix = np.array(rows, np.float64)
    except (TypeError, ValueError):
        raise ValueError("'map_from_scene' is no matrix of numbers") from None
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or np.any(matrix[3] != (0, 0, 0, 1)):
        raise ValueError("'map_from_scene' is not 4 x 4 with a last row 0 0 0 1")
    rotation = matrix[:3, :3]
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > _ROUNDING or np.linalg.det(rotation) < 0.0:
        raise ValueError(
            "the first 3 x 3 numbers of 'map_from_scene' are no rotation (a scene must be in metres, and not mirrored)"
        )
    # The nearest exact rotation: what follows multiplies it many times.
    left, _, right = np.linalg.svd(rotation)
    return Pose3(left @ right, matrix[:3, 3].copy())


def _origin(entry: Any) -> GeoOrigin | None:
    if entry is None:
        return None
    names = {"latitude_deg", "longitude_deg", "height_m"}
    if not isinstance(entry, Mapping) or not {"latitude_deg", "longitude_deg"} <= set(entry) <= names:
        raise ValueError("'origin' must be null, or have 'latitude_deg', 'longitude_deg' and perhaps 'height_m'")
    origin = GeoOrigin(**{name: _number(name, value) for name, value in entry.items()})
    if abs(origin.latitude_deg) > 90.0 or abs(origin.longitude_deg) > 180.0:
        raise ValueError(f"latitude {origin.latitude_deg}, longitude {origin.longitude_deg} is nowhere on the earth")
    return origin


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise ValueError(f"'{name}' is {value!r}, not a number")
    return float(value)
