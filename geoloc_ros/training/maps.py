"""The cities that a network learns from, and places drawn from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import MapConfig
from geoloc_ros.core.errors import MapError
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop, format_crop, load_map, parse_crop
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster


@dataclass(frozen=True)
class MapChoice:
    """A map file, or a box of it."""

    path: Path
    crop: Crop | None = None

    def as_text(self) -> str:
        """As `parse_map_choice` reads it, without the folder."""
        return self.path.name + (f"@{format_crop(self.crop)}" if self.crop else "")


def parse_map_choice(text: str) -> MapChoice:
    """Choice of "FILE" or "FILE@W,S,E,N", the box in degrees.

    Raises:
        MapError: What follows the @ is no box.
    """
    path, at, crop = text.rpartition("@")
    # A file may have an @ in its name, which no box follows.
    if not at or Path(text).exists():
        return MapChoice(Path(text))
    return MapChoice(Path(path), parse_crop(crop))


@dataclass(frozen=True)
class TrainingCity:
    """One city."""

    geomap: GeoMap
    caster: RayCaster
    position_m: Float64
    """Places (P, 2)."""

    @property
    def name(self) -> str:
        """Of its map file."""
        return self.geomap.source.name


def load_city(choice: MapChoice) -> TrainingCity:
    """City of a map, its places as far apart as in an index.

    Raises:
        MapError: The map cannot be used.
    """
    config = MapConfig()
    geomap = load_map(choice.path, choice.crop, config)
    places = build_places(geomap.roads, config.place_spacing_m)
    return TrainingCity(geomap, RayCaster(geomap.buildings.walls()), places.position_m)


class PlaceSampler:
    """Draws places of several cities, each place as likely as any other."""

    def __init__(self, cities: tuple[TrainingCity, ...]) -> None:
        """Raises MapError if there is no city."""
        if not cities:
            raise MapError("no map to learn from; give one with --map FILE")
        self._start = np.concatenate([[0], np.cumsum([len(city.position_m) for city in cities])])
        self._position_m = np.concatenate([city.position_m for city in cities])

    def __len__(self) -> int:
        return len(self._position_m)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Int64, Float64]:
        """City (count,) and position (count, 2) in its map frame."""
        place = rng.integers(len(self), size=count)
        return np.searchsorted(self._start, place, side="right") - 1, self._position_m[place]
