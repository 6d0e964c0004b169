"""A picture to look at: the same views under every condition."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.types import UInt8
from geoloc_ros.sim.conditions import ConditionName, condition_of
from geoloc_ros.sim.photo_places import query_views
from geoloc_ros.sim.photo_tour import PhotoTour
from geoloc_ros.sim.visit import Visit, world_of_visit

NUM_VIEWS = 6
_GAP_PX, _HEAD_PX = 4, 20


def write_sheet(tour: PhotoTour, conditions: tuple[ConditionName, ...], path: Path) -> None:
    """One column per condition, one row per view; vehicles and people are those of different days.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
    """
    views = query_views(tour.places, min(NUM_VIEWS, 2 * len(tour.places)), np.random.default_rng([tour.seed, 14]))
    columns = []
    for number, condition in enumerate(conditions):
        world = world_of_visit(tour.world, tour.geomap, tour.noise, views.position_m, [tour.seed, 15, number])
        visit = Visit(world, tour.camera, condition_of(condition))
        photos = [visit.photo(views, k, np.random.default_rng([tour.seed, 16, k]))[0] for k in range(len(views))]
        columns.append(_column(condition, photos))
    sheet = np.concatenate(columns, axis=1)
    _, data = cv2.imencode(path.suffix, sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    with write_beside(path) as partial:
        partial.write_bytes(data.tobytes())


def _column(title: str, photos: list[UInt8]) -> UInt8:
    width = photos[0].shape[1]
    head = np.full((_HEAD_PX, width, 3), 255, np.uint8)
    cv2.putText(head, title, (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    gap = np.full((_GAP_PX, width, 3), 255, np.uint8)
    stacked = np.concatenate([head, *(part for photo in photos for part in (photo, gap))])
    return np.pad(stacked, ((0, 0), (0, _GAP_PX), (0, 0)), constant_values=255)
