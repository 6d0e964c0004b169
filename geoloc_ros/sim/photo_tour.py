"""A set of photos of one city, in a folder: a database under one condition, queries under several."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import UInt8
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.conditions import ConditionName, condition_of
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.photo_names import PhotoRow, table_rows
from geoloc_ros.sim.photo_places import Places, Views, choose_places, database_views, in_tiles, query_views
from geoloc_ros.sim.renderer import REBUILD_M
from geoloc_ros.sim.visit import Visit, world_of_visit
from geoloc_ros.sim.world import World, edit_map

FOV_DEG = 80.0
TABLE = "photos.csv"
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Stop:
    """Photos of one part of the set, taken on one visit."""

    folder: str
    """Where they go: database, or queries_ and the condition."""
    condition: ConditionName
    visit: int
    """Number of the visit; each has vehicles and people of its own."""
    views: Views
    rows: tuple[PhotoRow, ...]


@dataclass(frozen=True)
class PhotoTour:
    """All that will be taken, drawn from one seed."""

    geomap: GeoMap
    world: World
    noise: WorldNoise
    camera: Camera
    seed: int
    places: Places
    stops: tuple[Stop, ...]

    def __len__(self) -> int:
        """Of photos."""
        return sum(len(stop.views) for stop in self.stops)


def plan_tour(
    geomap: GeoMap, noise: WorldNoise, camera: Camera, seed: int, num_places: int, num_queries: int,
    database: ConditionName, conditions: tuple[ConditionName, ...],
) -> PhotoTour:
    """Both directions of every place for the database, and as many queries under each condition as asked.

    The world is that of a drive of the same seed (`session.plan_session`): buildings edited, so that map != world.

    Raises:
        MapError: If the roads have fewer places.
    """
    world = edit_map(geomap, noise, np.random.default_rng([seed, 0]))
    places = choose_places(world, geomap, num_places, np.random.default_rng([seed, 10]))
    stops = [_stop(geomap, "database", database, 0, database_views(places, np.random.default_rng([seed, 11])))]
    for number, condition in enumerate(conditions if num_queries else (), start=1):
        views = query_views(places, num_queries, np.random.default_rng([seed, 11, number]))
        stops.append(_stop(geomap, f"queries_{condition}", condition, number, views))
    return PhotoTour(geomap, world, noise, camera, seed, places, tuple(stops))


def take_photos(tour: PhotoTour, folder: Path, progress: ProgressCallback) -> int:
    """Render what is not yet in the folder, then write its table; how many were rendered.

    The same tour gives the same bytes, in one go or after an interruption.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
        DatasetError: If the folder cannot be written.
    """
    rendered, done = 0, 0
    try:
        for stop in tour.stops:
            for is_new in _take(tour, stop, folder):
                rendered, done = rendered + is_new, done + 1
                progress("photos", done / len(tour))
        _write_table(tour, folder / TABLE)
    except OSError as error:
        raise DatasetError(f"cannot write photos to '{folder}': {error.strerror}; choose another place") from error
    return rendered


def _stop(geomap: GeoMap, folder: str, condition: ConditionName, visit: int, views: Views) -> Stop:
    return Stop(folder, condition, visit, views, table_rows(geomap.origin, folder, condition, views))


def _take(tour: PhotoTour, stop: Stop, folder: Path) -> Iterator[bool]:
    """One item per photo: whether it had to be rendered."""
    visit: Visit | None = None
    for centre_m, numbers in in_tiles(stop.views, 2.0 * REBUILD_M):
        lacking = [int(number) for number in numbers if not _is_there(folder, stop.rows[number])]
        yield from [False] * (len(numbers) - len(lacking))
        if lacking:
            visit = visit or Visit(_world_of(tour, stop), tour.camera, condition_of(stop.condition))
            visit.settle(centre_m)
        for number in lacking:
            assert visit is not None
            image, label = visit.photo(stop.views, number, np.random.default_rng([tour.seed, 13, stop.visit, number]))
            row = stop.rows[number]
            _write_image(folder / row.label_file, label)
            _write_image(folder / row.file, image[..., ::-1])
            yield True


def _world_of(tour: PhotoTour, stop: Stop) -> World:
    return world_of_visit(
        tour.world, tour.geomap, tour.noise, stop.views.position_m, [tour.seed, 12, stop.visit]
    )


def _is_there(folder: Path, row: PhotoRow) -> bool:
    return (folder / row.file).is_file() and (folder / row.label_file).is_file()


def _write_image(path: Path, image: UInt8) -> None:
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if path.suffix == ".jpg" else []
    _, data = cv2.imencode(path.suffix, image, options)
    with write_beside(path) as partial:
        partial.write_bytes(data.tobytes())


def _write_table(tour: PhotoTour, path: Path) -> None:
    with write_beside(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(PhotoRow.HEADER)
        for stop in tour.stops:
            writer.writerows(row.as_texts() for row in stop.rows)
