"""A small square city and a drive along one of its streets, made by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Pose3, SemanticScan
from geoloc_ros.evaluation.report.scene import CameraMount, Figure, Scene, View
from geoloc_ros.evaluation.trace import Trace, most_probable
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, PlaceGraph, RoadGraph

BLOCK_M = 60.0
BLOCKS = 5
FRAMES = 40
RAYS = 72

# Columns are where the optical axes point in the base: x right, y down, z forward.
BASE_FROM_CAMERA = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([0.0, 0.0, 2.0]))


@pytest.fixture(scope="session")
def square_city() -> GeoMap:
    """Square houses of 30 m in a grid of 60 m, a two-way street north of each row; the first house has a courtyard."""
    houses = [(column, row) for row in range(BLOCKS) for column in range(BLOCKS)]
    square = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 30.0], [0.0, 30.0]])
    rings = [np.array([column, row]) * BLOCK_M + square for column, row in houses]
    courtyard = np.array([[10.0, 10.0], [10.0, 20.0], [20.0, 20.0], [20.0, 10.0]])
    rings.insert(1, courtyard)
    length_m = BLOCK_M * BLOCKS
    streets = [np.array([[-20.0, y], [length_m, y]]) for y in 45.0 + BLOCK_M * np.arange(BLOCKS)]
    lines = [line for street in streets for line in (street, street[::-1])]
    edges = np.arange(len(lines), dtype=np.int32)
    return GeoMap(
        origin=GeoOrigin(48.0, 11.0),
        bounds_m=(-20.0, -20.0, length_m, length_m),
        buildings=Buildings(
            vertices_m=np.concatenate(rings),
            ring_start=4 * np.arange(len(rings) + 1),
            ring_building=np.array([0, 0, *range(1, len(houses))], np.int32),
            height_m=np.full(len(houses), 9.0, np.float32),
            base_m=np.zeros(len(houses), np.float32),
            osm_id=np.zeros(len(houses), np.int64),
        ),
        roads=RoadGraph(
            node_m=np.concatenate(streets),
            edge_from=edges, edge_to=edges ^ 1, edge_reverse=edges ^ 1,
            point_m=np.concatenate(lines), point_start=2 * np.arange(len(lines) + 1),
        ),
        tree_m=np.array([[100.0, 40.0]]),
        source=MapSource("square", "0" * 64, "2026-01-01", "© OpenStreetMap contributors"),
    )


@pytest.fixture(scope="session")
def street_places() -> PlaceGraph:
    """A place every 10 m of every street, looking east and west."""
    along = np.arange(0.0, BLOCK_M * BLOCKS, 10.0)
    position = np.array([[x, 45.0 + BLOCK_M * row] for row in range(BLOCKS) for x in along])
    count = len(position)
    return PlaceGraph(
        position_m=position,
        viewpoint_place=np.repeat(np.arange(count), 2).astype(np.int32),
        viewpoint_yaw_rad=np.tile([0.0, np.pi], count),
        viewpoint_edge=np.zeros(2 * count, np.int32),
        viewpoint_along_m=np.zeros(2 * count),
        successor_start=np.zeros(2 * count + 1, np.int64),
        successor=np.zeros(0, np.int32),
        successor_distance_m=np.zeros(0, np.float32),
    )


@pytest.fixture(scope="session")
def street_scene(square_city: GeoMap, street_places: PlaceGraph) -> Scene:
    """A drive east along the second street; found after 10 frames; the last quarter of the turn is never observed."""
    truth = np.column_stack([np.linspace(5.0, 200.0, FRAMES), np.full(FRAMES, 105.0), np.zeros(FRAMES)])
    return Scene(
        title="Drive through square", subtitle="made by hand", geomap=square_city, places=street_places,
        trace=_trace(truth, street_places), truth=truth,
        mount=CameraMount(Camera.equirectangular(480, 240), BASE_FROM_CAMERA), thumbnail_size=(480, 240),
        views=tuple(_view(frame, truth[frame]) for frame in range(0, FRAMES, 2)),
        figures=(Figure("found", "yes", "at last", tile=True, good=True), Figure("median error", "0.50 m", tile=True)),
        facts=(("map", "square <made by hand>"),), configuration="map:\n  place_spacing_m: 10.0\n",
    )


def _trace(truth: Float64, places: PlaceGraph) -> Trace:
    frames = len(truth)
    beliefs = []
    for frame in range(frames):
        distance_m = np.hypot(*(places.poses()[:, :2] - truth[frame, :2]).T)
        belief = np.exp(-(distance_m / (300.0 / (1.0 + frame))) ** 2)
        beliefs.append(most_probable(belief / belief.sum()))
    found = np.arange(frames) >= 10
    return Trace(
        stamp_ns=1_000_000_000 + 200_000_000 * np.arange(frames),
        pose=truth + np.where(found, 0.5, 80.0)[:, None] * [0.6, 0.8, 0.0],
        covariance=np.tile(np.diag([1.0, 4.0, 0.01]), (frames, 1, 1)),
        status=np.where(found, 3, 2).astype(np.uint8),
        probability=np.where(found, 0.9, 0.1).astype(np.float32),
        chance=np.where(found, 1e-4, 1.0).astype(np.float32),
        belief_start=np.cumsum([0, *(len(rows) for rows, _ in beliefs)]),
        belief_viewpoint=np.concatenate([rows for rows, _ in beliefs]),
        belief_probability=np.concatenate([values for _, values in beliefs]),
    )


def _view(frame: int, pose: Float64) -> View:
    """Walls 15 m to both sides, wherever the vehicle is."""
    angle_rad = 2.0 * np.pi * np.arange(RAYS) / RAYS
    range_m = (15.0 / np.maximum(np.abs(np.sin(angle_rad)), 1e-6)).astype(np.float32)
    gap = np.mod(pose[0] + range_m * np.cos(angle_rad), BLOCK_M) > 30.0
    range_m[gap | (range_m > 60.0)] = np.nan
    house = np.floor((pose[0] + np.nan_to_num(range_m) * np.cos(angle_rad)) / BLOCK_M).astype(np.int32) * 2
    instance = np.where(np.isnan(range_m), -1, 10 + house + (np.sin(angle_rad) > 0.0)).astype(np.int32)
    observed = np.arange(RAYS) < RAYS * 3 // 4
    image = np.full((240, 480, 3), (200, 190, 170), np.uint8)
    image[120:] = 120
    _, jpeg = cv2.imencode(".jpg", image)
    _, labels = cv2.imencode(".png", image[::2, ::2])
    scan = SemanticScan(range_m, instance, observed)
    return View(frame, jpeg.tobytes(), labels.tobytes(), scan, range_m + np.float32(0.5))
