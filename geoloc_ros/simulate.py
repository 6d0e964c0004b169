"""Drive through an edited copy of a map and record what the vehicle's sensors see."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, MapError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop, load_map
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.drive import RATE_HZ
from geoloc_ros.sim.osm_writer import write_osm
from geoloc_ros.sim.recorder import record
from geoloc_ros.sim.recording import record_session
from geoloc_ros.sim.session import Session, plan_session

PROCEDURAL = Path("procedural")
SHORTEST_M = 5.0


@dataclass(frozen=True)
class DriveSummary:
    """What was recorded."""

    bag: Path
    map_name: str
    noise: str
    length_m: float
    duration_s: float
    num_frames: int
    num_map_buildings: int
    num_removed: int
    num_added: int
    bag_mb: float

    def as_text(self) -> str:
        """For people."""
        return (
            f"{self.bag}: {self.length_m:.0f} m in {self.duration_s:.0f} s, {self.num_frames} frames, "
            f"{self.bag_mb:.0f} MB\n"
            f"world: {self.map_name}, noise '{self.noise}', {self.num_removed} of {self.num_map_buildings} mapped "
            f"buildings gone, {self.num_added} new"
        )


def simulate_drive(
    source: Path, bag: Path, crop: Crop | None, seed: int, length_m: float, config: Config, progress: ProgressCallback
) -> DriveSummary:
    """Record a drive of `length_m`; the same arguments give the same bytes.

    Args:
        source: Index folder or map file; the word `procedural` makes a city up and writes its map beside the bag,
            under the bag's name with .osm, for `geoloc index`.
        bag: A name ending in .mcap gives one file, any other a rosbag2 folder.
        crop: Box of a map file, as given to `geoloc index`: positions are relative to its centre.

    Raises:
        ConfigError: If `length_m` or `seed` cannot be, or a crop is given for an index, which has its own.
        MapError: If the map cannot be read or has no roads to drive.
        BackendError: If no ray caster is installed for this processor.
        DatasetError: If `bag` cannot be written.
    """
    if seed < 0:
        raise ConfigError(f"seed {seed} is negative; give 0 or more")
    if not SHORTEST_M <= length_m < np.inf:
        raise ConfigError(f"a drive of {length_m} m cannot be made; give a --length of {SHORTEST_M:.0f} m or more")
    city = make_city(seed, config.sim.city_size_m) if source == PROCEDURAL else None
    geomap = _load(source, crop, config) if city is None else _by_way_of_file(city, bag, crop, config)
    progress("world", 0.0)
    session = plan_session(geomap, seed, length_m, config.sim)
    progress("world", 1.0)
    with record(bag) as recorder:
        record_session(session, recorder, progress)
    if city is not None:
        write_osm(city, bag.with_suffix(".osm"))
    return _summary(session, bag, config.sim.noise)


def load_source(source: Path, crop: Crop | None, seed: int, config: Config) -> GeoMap:
    """The map of an index or a file; of the word `procedural`, a city made up from `seed`.

    Raises:
        ConfigError: If a crop is given for an index, which has its own.
        MapError: If the map cannot be read.
    """
    if source == PROCEDURAL:
        return make_city(seed, config.sim.city_size_m)
    return _load(source, crop, config)


def _by_way_of_file(city: GeoMap, bag: Path, crop: Crop | None, config: Config) -> GeoMap:
    """The city as `geoloc index` will read it from its file, so that positions agree."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / bag.with_suffix(".osm").name
        write_osm(city, file)
        return load_map(file, crop, config.map)


def _load(source: Path, crop: Crop | None, config: Config) -> GeoMap:
    if source.is_dir():
        if crop is not None:
            raise ConfigError(f"--crop was given, but '{source}' is an index with a crop of its own; leave it out")
        return PlaceIndex.load(source).geomap
    if not source.exists():
        raise MapError(f"'{source}' is neither a map file nor an index; give one, or the word procedural")
    return load_map(source, crop, config.map)


def _summary(session: Session, bag: Path, noise: str) -> DriveSummary:
    files = [bag] if bag.is_file() else [file for file in bag.rglob("*") if file.is_file()]
    edits, trajectory = session.world.edits, session.trajectory
    return DriveSummary(
        bag, session.geomap.source.name, noise, float(trajectory.speed_mps.sum() / RATE_HZ),
        float(trajectory.time_s[-1]), session.num_frames, len(session.geomap.buildings), edits.num_removed,
        int((edits.source < 0).sum()), sum(file.stat().st_size for file in files) / 1e6,
    )
