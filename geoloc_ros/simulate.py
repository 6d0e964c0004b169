"""Drive through an edited copy of a map and record what the vehicle's sensors see."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import Config, SimConfig
from geoloc_ros.core.errors import ConfigError, MapError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop, load_map
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.degrade import Degrader
from geoloc_ros.sim.drive import RATE_HZ, drive_route
from geoloc_ros.sim.mount import draw_mount
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.osm_writer import write_osm
from geoloc_ros.sim.recorder import record
from geoloc_ros.sim.renderer import Renderer
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.sensors import measure
from geoloc_ros.sim.session import Session, record_session
from geoloc_ros.sim.world import edit_map

logger = logging.getLogger(__name__)

PROCEDURAL = Path("procedural")


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
    if not length_m > 0.0:
        raise ConfigError(f"a drive of {length_m} m cannot be made; give a positive --length")
    geomap = _load(source, bag, crop, seed, config)
    sim, level = config.sim, LEVELS[config.sim.noise]
    # One stream of numbers per part: a change of one leaves the others as they were.
    rngs = [np.random.default_rng([seed, part]) for part in range(5)]
    progress("world", 0.0)
    world = edit_map(geomap, level.world, rngs[0])
    # Rounded corners are shorter than the streets.
    route = choose_route(geomap.roads, geomap.bounds_m, 1.1 * length_m + 50.0, rngs[1])
    trajectory = drive_route(geomap.roads, route, world.half_width_m, sim.speed_mps, length_m, rngs[1])
    motion = measure(trajectory, world.terrain, level.motion, rngs[2])
    progress("world", 1.0)
    camera = _camera(sim)
    frame_every = max(1, round(RATE_HZ / sim.rate_hz))
    num_frames = -(-len(trajectory.time_s) // frame_every)
    session = Session(
        trajectory, motion, draw_mount(num_frames, sim.rate_hz, level.camera, rngs[3]), camera,
        Renderer(world, camera), Degrader(level.image, camera, len(world.geomap.buildings), sim.rate_hz, rngs[4]),
        frame_every, geomap.origin, level.motion,
    )
    with record(bag) as recorder:
        record_session(session, recorder, progress)
    logger.info("drove %.0f m through %s with noise '%s'", length_m, geomap.source.name, sim.noise)
    return DriveSummary(
        bag, geomap.source.name, sim.noise, float(trajectory.speed_mps.sum() / RATE_HZ),
        float(trajectory.time_s[-1]), num_frames, len(geomap.buildings), world.edits.num_removed,
        int((world.edits.source < 0).sum()), _size_mb(bag),
    )


def _load(source: Path, bag: Path, crop: Crop | None, seed: int, config: Config) -> GeoMap:
    if source == PROCEDURAL:
        # By way of a file, so that positions agree with an index of that file.
        file = bag.with_suffix(".osm")
        write_osm(make_city(seed, config.sim.city_size_m), file)
        return load_map(file, crop, config.map)
    if source.is_dir():
        if crop is not None:
            raise ConfigError(f"--crop was given, but '{source}' is an index with a crop of its own; leave it out")
        return PlaceIndex.load(source).geomap
    if not source.exists():
        raise MapError(f"'{source}' is neither a map file nor an index; give one, or the word procedural")
    return load_map(source, crop, config.map)


def _camera(sim: SimConfig) -> Camera:
    if sim.camera == "pinhole":
        return Camera.pinhole(sim.width, sim.height, float(np.radians(sim.fov_deg)))
    if sim.height > sim.width / 2:
        raise ConfigError(
            f"sim.height {sim.height} is too much for a panorama {sim.width} wide; give at most {sim.width // 2}"
        )
    return Camera.equirectangular(sim.width, sim.height)


def _size_mb(bag: Path) -> float:
    files = [bag] if bag.is_file() else [file for file in bag.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6
