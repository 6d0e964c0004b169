from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.types import Float64
from geoloc_ros.maps.geomap import GeoMap, Walls
from geoloc_ros.maps.osm import load_map
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import AVX2, AVX512, PORTABLE, RayCaster, find_solid


def _load_brute_force() -> ModuleType:
    spec = importlib.util.spec_from_file_location("brute_force", Path(__file__).with_name("brute_force.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


brute_force = _load_brute_force()

VARIANTS = [AVX512, AVX2, PORTABLE]


def rings(*outlines: tuple[int, list[tuple[float, float]]]) -> Walls:
    """Walls of closed rings, each with its building."""
    start = [np.array(points, float) for _, points in outlines]
    return Walls(
        np.concatenate(start),
        np.concatenate([np.roll(points, -1, axis=0) for points in start]),
        np.concatenate([np.full(len(points), building, np.int32) for building, points in outlines]),
    )


def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north)]


def assert_right(walls: Walls, poses: Float64, num_rays: int, max_range_m: float, variant: int = AVX512) -> None:
    scan = RayCaster(walls).cast(poses, num_rays, max_range_m, max_variant=variant)
    assert np.array_equal(np.isnan(scan.range_m), scan.instance == -1)
    for pose, range_m in zip(poses, scan.range_m, strict=True):
        _, error_m = brute_force.error(walls, pose, range_m, max_range_m)
        assert error_m.max() < 0.01, f"ray {error_m.argmax()} of a viewer at {pose.tolist()}"


# ---- truths


def test_the_four_walls_of_a_square_room_are_ten_metres_away(square_room: GeoMap) -> None:
    scan = RayCaster(square_room.buildings.walls()).cast(np.zeros((1, 3)), 4, 100.0)
    assert scan.range_m[0] == pytest.approx([10.0] * 4)
    assert scan.instance[0].tolist() == [0, 1, 2, 3]
    assert scan.observed.all()


def test_a_wall_at_45_degrees_is_further_by_the_square_root_of_two(square_room: GeoMap) -> None:
    scan = RayCaster(square_room.buildings.walls()).cast(np.array([[0.0, 0.0, np.pi / 4]]), 4, 100.0)
    assert scan.range_m[0] == pytest.approx([10.0 * np.sqrt(2.0)] * 4, rel=1e-5)


def test_turning_the_viewer_left_rolls_the_scan_right(square_room: GeoMap) -> None:
    caster = RayCaster(square_room.buildings.walls())
    poses = np.array([[3.0, 1.0, 0.3], [3.0, 1.0, 0.3 + np.pi / 180.0]])
    scan = caster.cast(poses, 360, 100.0)
    assert np.roll(scan.range_m[1], 1) == pytest.approx(scan.range_m[0], rel=1e-5)


def test_beyond_the_maximum_range_there_is_nothing(square_room: GeoMap) -> None:
    scan = RayCaster(square_room.buildings.walls()).cast(np.zeros((1, 3)), 360, 9.9)
    assert np.isnan(scan.range_m).all()
    assert (scan.instance == -1).all()


def test_a_courtyard_is_seen_from_within() -> None:
    walls = rings((7, box(-30, -30, 30, 30)), (7, box(-10, -10, 10, 10)[::-1]))
    scan = RayCaster(walls).cast(np.zeros((1, 3)), 4, 100.0)
    assert scan.range_m[0] == pytest.approx([10.0] * 4)
    assert scan.instance[0].tolist() == [7] * 4


def test_a_viewer_inside_of_a_building_sees_its_walls_from_behind() -> None:
    scan = RayCaster(rings((3, box(-5, -5, 5, 5)))).cast(np.zeros((1, 3)), 4, 100.0)
    assert scan.range_m[0] == pytest.approx([5.0] * 4)


def test_an_open_wall_shows_both_sides() -> None:
    walls = Walls(np.array([[5.0, -5.0]]), np.array([[5.0, 5.0]]), np.array([0], np.int32))
    scan = RayCaster(walls).cast(np.array([[0.0, 0.0, 0.0], [10.0, 0.0, np.pi]]), 4, 100.0)
    assert scan.range_m[:, 0] == pytest.approx([5.0, 5.0])


def test_of_touching_buildings_each_ray_names_the_right_one() -> None:
    walls = rings((0, box(10, -10, 20, 0)), (1, box(10, 0, 20, 10)))
    scan = RayCaster(walls).cast(np.array([[0.0, 0.0, 0.01]]), 360, 100.0)
    assert scan.instance[0, 0] == 1
    assert scan.instance[0, -1] == 0
    assert scan.range_m[0, [0, -1]] == pytest.approx([10.0, 10.0], rel=1e-3)


def test_no_ray_slips_through_a_corner() -> None:
    # A ring of 97 walls round the viewer: every ray must hit.
    angle = 2.0 * np.pi * np.arange(97) / 97
    walls = rings((0, list(zip(20.0 * np.cos(-angle), 20.0 * np.sin(-angle), strict=True))))
    yaw_rad = np.random.default_rng(0).uniform(-20.0, 20.0, 500)
    poses = np.column_stack([np.zeros((500, 2)), yaw_rad])
    for variant in VARIANTS:
        assert np.isfinite(RayCaster(walls).cast(poses, 360, 100.0, max_variant=variant).range_m).all()


def test_a_long_wall_is_seen_where_neither_end_is_near() -> None:
    walls = Walls(np.array([[-400.0, 10.0]]), np.array([[300.0, 10.0]]), np.array([0], np.int32))
    assert RayCaster(walls).cast(np.array([[0.0, 0.0, np.pi / 2]]), 4, 100.0).range_m[0, 0] == pytest.approx(10.0)


# ---- which buildings are solid


def test_only_a_simple_counter_clockwise_ring_is_solid() -> None:
    walls = rings(
        (0, box(0, 0, 1, 1)),
        (1, box(2, 0, 3, 1)[::-1]),  # clockwise
        (2, [(4.0, 0.0), (5.0, 1.0), (5.0, 0.0), (4.0, 1.0)]),  # bow tie
        (3, box(6, 0, 9, 3)),  # with a courtyard
        (3, box(7, 1, 8, 2)[::-1]),
    )
    assert find_solid(walls).tolist() == [True] * 4 + [False] * 16


def test_an_open_ring_is_not_solid() -> None:
    walls = rings((0, box(0, 0, 1, 1)))
    opened = Walls(walls.start_m[:3], walls.end_m[:3], walls.building[:3])
    assert not find_solid(opened).any()


# ---- against float64

coordinate = st.floats(-60.0, 60.0).map(lambda value: round(value, 2))


@st.composite
def towns(draw: st.DrawFn) -> Walls:
    """Up to 12 buildings that may overlap, enclose each other, be wrongly drawn or open."""
    parts = []
    for building in range(draw(st.integers(1, 12))):
        centre = np.array([draw(coordinate), draw(coordinate)])
        sides, turn = draw(st.integers(3, 8)), draw(st.sampled_from([1, -1]))
        radius_m = np.array([draw(st.floats(0.5, 50.0)) for _ in range(sides)])
        angle = 2.0 * np.pi * np.arange(sides) / sides * turn
        ring = centre + radius_m[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        kept = slice(None, draw(st.sampled_from([None, None, None, -1])))
        parts.append((ring[kept], np.roll(ring, -1, axis=0)[kept], np.full(len(ring[kept]), building, np.int32)))
    return Walls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@settings(max_examples=150, deadline=None)
@given(
    walls=towns(),
    poses=st.lists(st.tuples(coordinate, coordinate, st.floats(-10.0, 10.0)), min_size=1, max_size=6),
    num_rays=st.sampled_from([8, 90, 360, 361, 720, 1000]),
    max_range_m=st.sampled_from([5.0, 30.0, 100.0, 250.0]),
    variant=st.sampled_from(VARIANTS),
)
def test_any_town_is_seen_as_in_float64(
    walls: Walls, poses: list[tuple[float, float, float]], num_rays: int, max_range_m: float, variant: int
) -> None:
    array = np.array(poses)
    lines = shapely.linestrings(np.stack([walls.start_m, walls.end_m], axis=1))
    near_m = shapely.distance(shapely.points(array[:, :2])[:, None], lines).min(axis=1)
    array = array[near_m > 1e-3]  # closer than a millimetre, nobody says on which side one is
    if len(array):
        assert_right(walls, array, num_rays, max_range_m, variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_wall_that_passes_close_by_is_right_to_the_end(variant: int) -> None:
    # Its line passes 1 mm to 30 cm from the viewer; ray 77 meets it at a grazing angle, 5 m to 99 m away.
    distance_m, range_m = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e-3, 0.3, 8), np.linspace(5.0, 99.0, 25)))
    angle_rad = 0.7
    wall = np.array([np.cos(angle_rad), np.sin(angle_rad)])
    walls = Walls(wall[None] * 0.2, wall[None] * 120.0, np.array([0], np.int32))
    left = np.array([-wall[1], wall[0]])
    yaw_rad = angle_rad - np.arcsin(distance_m / range_m) - 2.0 * np.pi * 77 / 360
    scan = RayCaster(walls).cast(np.column_stack([distance_m[:, None] * left, yaw_rad]), 360, 100.0, 1, variant)
    assert np.abs(scan.range_m[:, 77] - range_m).max() < 0.01


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_wall_seen_edge_on_hides_nothing(variant: int) -> None:
    # Viewers within a millimetre of the line of a wall, but before its beginning: it covers no more than one ray.
    rng = np.random.default_rng(0)
    angle_rad = 0.7
    wall = np.array([np.cos(angle_rad), np.sin(angle_rad)])
    walls = Walls(wall[None] * 0.0, wall[None] * 10.0, np.array([0], np.int32))
    side_m = rng.choice([-1.0, 1.0], 2000) * 10.0 ** rng.uniform(-7.0, -3.0, 2000)
    where_m = -rng.uniform(20.0, 80.0, 2000)[:, None] * wall + side_m[:, None] * np.array([-wall[1], wall[0]])
    scan = RayCaster(walls).cast(np.column_stack([where_m, rng.uniform(-4.0, 4.0, 2000)]), 360, 100.0, 1, variant)
    assert (scan.instance >= 0).sum(axis=1).max() <= 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_real_city_is_seen_as_in_float64(shared_data: Path, variant: int) -> None:
    city = load_map(shared_data / "osm" / "helsinki_centre.osm.pbf")
    walls, rng = city.buildings.walls(), np.random.default_rng(0)
    on_roads = rng.choice(build_places(city.roads, 10.0).poses(), 12)
    low, high = walls.start_m.min(axis=0), walls.start_m.max(axis=0)
    anywhere = np.column_stack([rng.uniform(low, high, (12, 2)), rng.uniform(-np.pi, np.pi, 12)])
    assert_right(walls, np.concatenate([on_roads, anywhere]), 360, 100.0, variant)


def test_far_from_the_origin_nothing_changes(square_room: GeoMap) -> None:
    here, walls = np.array([[1.0, 2.0, 0.5]]), square_room.buildings.walls()
    offset = np.array([[250_000.0, -90_000.0]])
    moved = Walls(walls.start_m + offset, walls.end_m + offset, walls.building)
    there = here + np.column_stack([offset, [0.0]])
    ranges = [RayCaster(w).cast(p, 360, 100.0).range_m for w, p in ((walls, here), (moved, there))]
    assert ranges[0] == pytest.approx(ranges[1], rel=1e-5)


# ---- use


def test_scans_do_not_depend_on_threads_or_on_who_asks(tiny_city: GeoMap) -> None:
    caster = RayCaster(tiny_city.buildings.walls())
    poses = build_places(tiny_city.roads, 1.0).poses()
    once = caster.cast(poses, 360, 100.0, num_threads=1)
    with ThreadPoolExecutor(3) as pool:
        scans = list(pool.map(lambda threads: caster.cast(poses, 360, 100.0, threads), [1, 2, 3]))
    for scan in scans:
        assert np.array_equal(scan.range_m, once.range_m, equal_nan=True)
        assert np.array_equal(scan.instance, once.instance)


def test_a_world_without_walls_is_empty() -> None:
    nothing = Walls(np.empty((0, 2)), np.empty((0, 2)), np.empty(0, np.int32))
    assert np.isnan(RayCaster(nothing).cast(np.zeros((2, 3)), 360, 100.0).range_m).all()


def test_no_viewer_sees_nothing(square_room: GeoMap) -> None:
    assert RayCaster(square_room.buildings.walls()).cast(np.empty((0, 3)), 360, 100.0).range_m.shape == (0, 360)


def test_a_few_houses_far_apart_do_not_fill_the_memory() -> None:
    walls = rings((0, box(0, 0, 10, 10)), (1, box(3e7, 3e7, 3e7 + 10, 3e7 + 10)))
    assert RayCaster(walls).cast(np.array([[-10.0, 5.0, 0.0]]), 360, 100.0).range_m[0, 0] == pytest.approx(10.0)


def test_walls_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(MapError, match="no number"):
        RayCaster(Walls(np.array([[0.0, np.nan]]), np.zeros((1, 2)), np.zeros(1, np.int32)))


def test_poses_that_are_no_numbers_are_refused(square_room: GeoMap) -> None:
    with pytest.raises(ValueError, match="finite"):
        RayCaster(square_room.buildings.walls()).cast(np.array([[np.nan, 0.0, 0.0]]), 360, 100.0)
