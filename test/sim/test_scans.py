from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.types import Float64, SemanticScan
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.noise import CONDITIONS, LEVELS, CameraNoise, ImageNoise, NoiseLevel
from geoloc_ros.sim.scans import ScanSimulator

CENTRE = np.zeros((1, 3))
NUM_DRIVES = 400


def in_room(room: GeoMap, image: ImageNoise, count: int = NUM_DRIVES, seed: int = 0) -> SemanticScan:
    """Scans from the middle of the room in as many drives; one building per quarter turn, 10 m and more away."""
    simulator = ScanSimulator(room, NoiseLevel(image=image), seed)
    return simulator.observe(np.tile(CENTRE, (count, 1)), np.arange(count))


def quarters(scan: SemanticScan) -> Float64:
    """Range (N, 4) in the middle of each wall."""
    return scan.range_m[:, [0, 90, 180, 270]]


def test_without_noise_the_scan_is_that_of_the_map(square_room: GeoMap) -> None:
    poses = np.array([(0.0, 0.0, 0.3), (4.0, -3.0, 2.0)])
    seen = ScanSimulator(square_room, LEVELS["none"], 0).observe(poses, np.arange(2))
    cast = RayCaster(square_room.buildings.walls()).cast(poses, 360, 100.0)
    assert np.allclose(seen.range_m, cast.range_m, atol=1e-3)
    assert np.array_equal(seen.instance != np.roll(seen.instance, 1, 1), cast.instance != np.roll(cast.instance, 1, 1))
    assert seen.observed.all()


def test_whole_facades_are_missed_and_half_of_them_read_as_open_view(square_room: GeoMap) -> None:
    scan = in_room(square_room, ImageNoise(missed_ratio=0.3, read_open_ratio=0.5))
    missed = np.isnan(scan.range_m)
    by_wall = np.roll(missed, 44, axis=1).reshape(NUM_DRIVES, 4, 90)[:, :, 4:84]
    assert (by_wall.all(axis=2) | ~by_wall.any(axis=2)).all(), "a façade is missed as a whole"
    assert abs(by_wall[..., 0].mean() - 0.3) < 0.05
    assert abs(scan.observed[missed].mean() - 0.5) < 0.08
    assert scan.observed[~missed].all()


def test_no_missed_facade_reads_as_open_view_if_none_does(square_room: GeoMap) -> None:
    scan = in_room(square_room, ImageNoise(missed_ratio=0.3, read_open_ratio=0.0))
    assert not scan.observed[np.isnan(scan.range_m)].any()


def test_mistakes_about_a_building_last_for_a_drive_and_no_longer(square_room: GeoMap) -> None:
    noise = NoiseLevel(image=ImageNoise(missed_ratio=0.5, depth_building_ratio=0.2))
    simulator = ScanSimulator(square_room, noise, 0)
    poses = np.tile(CENTRE, (30, 1))
    same = quarters(simulator.observe(poses, np.zeros(30, np.int64)))
    other = quarters(simulator.observe(poses, np.arange(30)))
    assert (same == same[0])[:, ~np.isnan(same[0])].all()
    assert len(np.unique(other[:, 0][~np.isnan(other[:, 0])])) > 5
    again = quarters(ScanSimulator(square_room, noise, 0).observe(poses[:1], np.array([17])))
    assert np.array_equal(again[0], other[17], equal_nan=True), "whatever else was asked"


def test_depth_errs_by_building_as_much_as_asked(square_room: GeoMap) -> None:
    factor = np.log(quarters(in_room(square_room, ImageNoise(depth_building_ratio=0.1))) / 10.0)
    assert abs(factor.std() - 0.1) < 0.01
    assert abs(np.corrcoef(factor.T)[0, 1]) < 0.15, "neighbours err independently"


def test_a_wrong_scale_is_one_for_all_rays_and_one_for_each_drive(square_room: GeoMap) -> None:
    scale = quarters(in_room(square_room, ImageNoise(depth_scale_limit=2.0))) / 10.0
    assert np.allclose(scale, scale[:, :1], rtol=1e-4)
    assert 0.5 <= scale.min() < 0.55 and 1.85 < scale.max() <= 2.0


def test_far_walls_lose_their_depth_and_are_not_observed(square_room: GeoMap) -> None:
    far = replace(square_room.buildings, vertices_m=square_room.buildings.vertices_m * 8.0)
    room = replace(square_room, buildings=far)
    scan = in_room(room, ImageNoise(dropout_at_100m=0.5, depth_limit_m=90.0))
    straight, diagonal = scan.observed[:, ::90], scan.observed[:, 45::90]
    assert 0.6 < straight.mean() < 0.95, "80 m: lost in three of ten patches"
    assert not diagonal.any(), "113 m: beyond what has depth"


@pytest.mark.parametrize(("noise", "low", "high"), [
    (ImageNoise(merged_ratio=0.5), 1.7, 2.3), (ImageNoise(split_ratio=0.5), 5.6, 6.4), (ImageNoise(), 4.0, 4.0),
])  # fmt: skip
def test_merging_leaves_fewer_borders_and_splitting_more(
    square_room: GeoMap, noise: ImageNoise, low: float, high: float
) -> None:
    scan = in_room(square_room, noise)
    borders = (scan.instance != np.roll(scan.instance, 1, axis=1)).sum(axis=1)
    assert low <= borders.mean() <= high


def test_half_of_the_turn_is_hidden_by_heavy_vehicles(square_room: GeoMap) -> None:
    scan = in_room(square_room, CONDITIONS["occluded50"].image)
    clear = in_room(square_room, CONDITIONS["paper"].image)
    assert 0.4 < scan.observed.mean() / clear.observed.mean() < 0.6


def test_nothing_is_seen_outside_of_the_field_of_view(square_room: GeoMap) -> None:
    level = NoiseLevel(camera=CameraNoise(fov_deg=90.0))
    for family in ("streets", "planes"):
        scan = ScanSimulator(square_room, level, 0, family).observe(CENTRE, np.zeros(1, np.int64))  # type: ignore[arg-type]
        assert np.flatnonzero(scan.observed[0]).tolist() == [*range(46), *range(315, 360)]
        assert np.isnan(scan.range_m[0, 46:315]).all()


def hidden_rays(room: GeoMap, tree_m: tuple[float, float]) -> list[int]:
    """Rays from the middle that are not observed if a tree of the map stands there; ray 90 looks north."""
    simulator = ScanSimulator(replace(room, tree_m=np.array([tree_m])), NoiseLevel(), 0)
    return np.flatnonzero(~simulator.observe(CENTRE, np.zeros(1, np.int64)).observed[0]).tolist()


def test_a_wall_is_seen_below_the_crown_of_a_tree_but_not_behind_its_trunk(square_room: GeoMap) -> None:
    assert 90 in (hidden := hidden_rays(square_room, (0.0, 6.0)))
    assert min(hidden) >= 88 and max(hidden) <= 92, "a trunk of 0.3 m, 6 m away, is 3 degrees wide"


def test_the_crown_of_a_tree_far_away_hides_open_view(square_room: GeoMap) -> None:
    gone = replace(square_room.buildings, vertices_m=square_room.buildings.vertices_m + [0.0, 2000.0])
    room = replace(square_room, buildings=gone)
    assert len(hidden_rays(room, (0.0, 30.0))) <= 1, "the crown is higher than where open view is looked for"
    hidden = hidden_rays(room, (0.0, 100.0))
    assert 2 <= len(hidden) <= 6, "a crown of 2 to 8 m"
    assert abs(np.mean(hidden) - 90.0) < 0.6


def test_families_differ_but_have_similar_strength(tiny_city: GeoMap) -> None:
    rng = np.random.default_rng(0)
    nodes = tiny_city.roads.node_m[rng.integers(len(tiny_city.roads.node_m), size=200)]
    poses = np.column_stack([nodes, rng.uniform(0.0, 6.0, 200)])
    scans = {
        family: ScanSimulator(tiny_city, CONDITIONS["paper"], 0, family).observe(poses, np.arange(200))  # type: ignore[arg-type]
        for family in ("streets", "planes")
    }
    shares = {family: (scan.observed.mean(), (scan.instance >= 0).mean()) for family, scan in scans.items()}
    assert np.allclose(shares["streets"], shares["planes"], atol=0.2)
    for scan in scans.values():
        hit = ~np.isnan(scan.range_m)
        assert np.array_equal(hit, scan.instance >= 0)
        assert scan.observed[hit].all()
        assert scan.range_m.dtype == np.float32 and scan.instance.dtype == np.int32


def test_other_mistakes_in_the_same_world(tiny_city: GeoMap) -> None:
    simulator = ScanSimulator(tiny_city, LEVELS["paper"], 3)
    assert simulator.with_level(CONDITIONS["fov90"]).world is simulator.world
    fresh = ScanSimulator(tiny_city, CONDITIONS["fov90"], 3).observe(CENTRE, np.zeros(1, np.int64))
    shared = simulator.with_level(CONDITIONS["fov90"]).observe(CENTRE, np.zeros(1, np.int64))
    assert np.array_equal(fresh.range_m, shared.range_m, equal_nan=True)
    with pytest.raises(ValueError, match="different worlds"):
        simulator.with_level(CONDITIONS["stale30"])
