"""Take photos of the same streets in several conditions, with labels and poses, in an edited copy of a map."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop
from geoloc_ros.sim.conditions import CONDITIONS, ConditionName
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.photo_record import begin_photo_folder, check_photo_folder
from geoloc_ros.sim.photo_sheet import write_sheet
from geoloc_ros.sim.photo_tour import FOV_DEG, PhotoTour, plan_tour, take_photos
from geoloc_ros.simulate import load_source

SHEET = "sheet.jpg"


@dataclass(frozen=True)
class PhotoOptions:
    """What to take."""

    places: int
    """Along the streets; the database has two photos of each."""
    queries: int
    """Under each condition; 0: a database only."""
    database: str
    """Condition of the database."""
    conditions: str
    """Of the queries, separated by commas."""
    seed: int


@dataclass(frozen=True)
class PhotosSummary:
    """What was taken."""

    folder: Path
    map_name: str
    num_rendered: int
    count: tuple[tuple[str, int], ...]
    """Photos of every part."""

    def as_text(self) -> str:
        """For people."""
        parts = ", ".join(f"{name} {count}" for name, count in self.count)
        total = sum(count for _, count in self.count)
        return (
            f"{self.folder}: {total} photos of {self.map_name} ({self.num_rendered} rendered now): {parts}\n"
            f"look at {self.folder / SHEET}"
        )


def simulate_photos(
    source: Path, folder: Path, crop: Crop | None, options: PhotoOptions, config: Config, progress: ProgressCallback
) -> PhotosSummary:
    """Write a photo collection; the same arguments give the same bytes, and an interrupted one goes on.

    Args:
        source: As of `simulate.simulate_drive`; the buildings are those of a drive of the same seed.
        folder: Gets database/, queries_CONDITION/, labels/, photos.csv, sheet.jpg and what they were made with.

    Raises:
        ConfigError: If a number or a condition cannot be, or a crop is given for an index, which has its own.
        MapError: If the map cannot be read or has too few roads.
        BackendError: If no ray caster is installed for this processor.
        DatasetError: If the folder cannot be written, or holds anything but photos begun with the same arguments.
    """
    if options.seed < 0 or options.places < 1 or options.queries < 0:
        raise ConfigError(
            f"seed {options.seed}, {options.places} places, {options.queries} queries cannot be; give a seed of 0 or "
            "more, 1 place or more, 0 queries or more"
        )
    database, = _conditions(options.database)
    conditions = _conditions(options.conditions)
    check_photo_folder(folder)
    progress("world", 0.0)
    geomap = load_source(source, crop, options.seed, config)
    sim = config.sim
    camera = Camera.pinhole(sim.photo_width, sim.photo_height, float(np.radians(FOV_DEG)))
    tour = plan_tour(
        geomap, LEVELS[sim.noise].world, camera, options.seed, options.places, options.queries, database, conditions
    )
    progress("world", 1.0)
    begin_photo_folder(folder, _asked(geomap, crop, options, config))
    rendered = take_photos(tour, folder, progress)
    write_sheet(tour, conditions or (database,), folder / SHEET)
    return _summary(tour, folder, rendered)


def _conditions(text: str) -> tuple[ConditionName, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in CONDITIONS]
    if unknown or not names:
        raise ConfigError(f"'{text}' names no conditions there are; choose among {', '.join(CONDITIONS)}")
    return cast(tuple[ConditionName, ...], names)


def _asked(geomap: GeoMap, crop: Crop | None, options: PhotoOptions, config: Config) -> dict[str, object]:
    """All that the photos follow from."""
    return {
        "map": geomap.source.name, "sha256": geomap.source.sha256, "crop": None if crop is None else list(crop),
        **asdict(options), **{f"sim.{name}": value for name, value in config.sim.model_dump(mode="json").items()},
    }  # fmt: skip


def _summary(tour: PhotoTour, folder: Path, rendered: int) -> PhotosSummary:
    count = tuple((stop.folder, len(stop.views)) for stop in tour.stops)
    return PhotosSummary(folder, tour.geomap.source.name, rendered, count)
