from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.training.paper_augment import PaperNoise, augment_buildings

NOTHING = PaperNoise(
    split_ratio=0.0, merge_ratio=0.0, shorter_ratio=0.0, longer_ratio=0.0, building_range_ratio=0.0, ray_range_ratio=0.0
)


def scan_of(*stretches: tuple[int, float, int], count: int = 1) -> SemanticScan:
    """`count` equal scans of stretches (building or -1, range, rays), one after the other."""
    instance = np.repeat([s[0] for s in stretches], [s[2] for s in stretches]).astype(np.int32)
    range_m = np.repeat([s[1] for s in stretches], [s[2] for s in stretches]).astype(np.float32)
    range_m[instance < 0] = np.nan
    shape = (count, len(instance))
    return SemanticScan(np.tile(range_m, (count, 1)), np.tile(instance, (count, 1)), np.ones(shape, bool))


def turned(scan: SemanticScan, rays: int) -> SemanticScan:
    return replace(scan, range_m=np.roll(scan.range_m, rays, 1), instance=np.roll(scan.instance, rays, 1))


def augmented(scan: SemanticScan, noise: PaperNoise, seed: int = 0) -> SemanticScan:
    return augment_buildings(scan, 100.0, noise, np.random.default_rng(seed))


def edges(scan: SemanticScan) -> list[int]:
    """Rays of the first scan that differ in building from the next."""
    return np.flatnonzero(scan.instance[0] != np.roll(scan.instance[0], -1)).tolist()


def is_edge(scan: SemanticScan) -> np.ndarray:
    return scan.instance != np.roll(scan.instance, -1, axis=1)


ONE = scan_of((7, 10.0, 20), (-1, 0.0, 40))


@st.composite
def scans(draw: st.DrawFn) -> SemanticScan:
    stretch = st.tuples(st.integers(-1, 3), st.floats(1.0, 99.0), st.integers(1, 9))
    scan = scan_of(*draw(st.lists(stretch, min_size=1, max_size=9)), count=draw(st.integers(1, 3)))
    return turned(scan, draw(st.integers(0, scan.num_rays - 1)))


@given(scans())
def test_without_noise_a_scan_keeps_ranges_and_edges(scan: SemanticScan) -> None:
    same = augmented(scan, NOTHING)
    assert np.array_equal(same.range_m, scan.range_m, equal_nan=True)
    assert np.array_equal(is_edge(same), is_edge(scan))
    assert np.array_equal(same.instance < 0, scan.instance < 0)


@given(scans(), st.integers(0, 99))
def test_a_ray_sees_a_building_exactly_where_it_has_a_range(scan: SemanticScan, seed: int) -> None:
    noisy = augmented(scan, replace(PaperNoise(), resize_by=0.5), seed)
    assert np.array_equal(noisy.instance < 0, np.isnan(noisy.range_m))
    assert noisy.range_m.dtype == np.float32 and noisy.instance.dtype == np.int32
    assert not (noisy.range_m > 100.0).any()


@pytest.mark.parametrize("rays", [1, 7, 19])
def test_the_circle_has_no_seam(rays: int) -> None:
    """The wall goes on over ray 0, the order of what is seen from there on does not change."""
    scan, noise = scan_of((1, 10.0, 10), (2, 30.0, 15), (-1, 0.0, 25), (1, 10.0, 30)), replace(NOTHING, split_ratio=1.0)
    scan = turned(scan, 10)
    for seed in range(5):
        assert edges(augmented(turned(scan, rays), noise, seed)) == edges(turned(augmented(scan, noise, seed), rays))


def test_a_split_building_has_one_edge_more_inside() -> None:
    cuts = {tuple(edges(augmented(ONE, replace(NOTHING, split_ratio=1.0), seed))) for seed in range(30)}
    assert {inside for inside, *_ in cuts} <= set(range(3, 16)) and len(cuts) > 5
    assert {tuple(rest) for _, *rest in cuts} == {(19, 59)}


def test_merged_neighbours_have_no_edge_between_them() -> None:
    scan = scan_of((1, 10.0, 20), (2, 20.0, 20), (-1, 0.0, 20), (3, 10.0, 20), (4, 10.0, 20))
    merged = augmented(scan, replace(NOTHING, merge_ratio=1.0))
    assert edges(merged) == [39, 59]  # over the end of the circle too
    assert np.array_equal(merged.range_m, scan.range_m, equal_nan=True)


def test_a_ring_of_merged_buildings_has_no_edge_at_all() -> None:
    scan = scan_of((1, 10.0, 20), (2, 20.0, 20), (3, 30.0, 20))
    assert edges(augmented(scan, replace(NOTHING, merge_ratio=1.0))) == []


def test_a_shorter_building_loses_a_fifth_of_its_rays_at_one_end() -> None:
    ends = {tuple(edges(augmented(ONE, replace(NOTHING, shorter_ratio=1.0), seed))) for seed in range(20)}
    assert ends == {(15, 59), (3, 19)}


def test_a_longer_building_grows_by_a_fifth_at_one_end() -> None:
    ends = {tuple(edges(augmented(ONE, replace(NOTHING, longer_ratio=1.0), seed))) for seed in range(20)}
    assert ends == {(23, 59), (19, 55)}


def test_a_longer_building_hides_what_is_farther_and_not_what_is_nearer() -> None:
    scan = scan_of((1, 10.0, 20), (2, 30.0, 20), (3, 10.0, 20))
    for seed in range(9):
        range_m = augmented(scan, replace(NOTHING, longer_ratio=1.0), seed).range_m[0]
        assert set(range_m[:20]) == set(range_m[40:]) == {10.0}
        assert (range_m[20:40] == 10.0).sum() in (0, 4, 8)


def test_the_error_of_range_is_one_factor_per_building_and_one_per_ray() -> None:
    scan = scan_of((7, 10.0, 20), (-1, 0.0, 10), (9, 30.0, 40))
    per_building = augmented(scan, replace(NOTHING, building_range_ratio=0.1)).range_m[0] / scan.range_m[0]
    assert np.ptp(per_building[:20]) < 1e-6 and 0.9 <= per_building[0] <= 1.1 and per_building[0] != per_building[30]
    per_ray = augmented(scan, replace(NOTHING, ray_range_ratio=0.05)).range_m[0] / scan.range_m[0]
    assert np.ptp(per_ray[:20]) > 0.02 and np.nanmin(per_ray) >= 0.95 and np.nanmax(per_ray) <= 1.05


def test_what_seems_beyond_the_reach_is_not_seen() -> None:
    far = augmented(scan_of((1, 99.9, 36), count=50), replace(NOTHING, ray_range_ratio=0.05))
    assert 0.4 < np.isnan(far.range_m).mean() < 0.6


@pytest.mark.parametrize("ratio", ["split_ratio", "merge_ratio", "shorter_ratio", "longer_ratio"])
def test_as_many_buildings_change_as_the_probability_says(ratio: str) -> None:
    scan = scan_of((1, 10.0, 30), (2, 10.0, 2), (-1, 0.0, 30), count=2000)
    changed = augmented(scan, replace(NOTHING, **{ratio: 0.3}))
    share = (is_edge(scan) != is_edge(changed)).any(axis=1).mean()
    # One pair of neighbours; two buildings to split, of which the second is too small to be resized.
    assert share == pytest.approx(1.0 - 0.7**2 if ratio == "split_ratio" else 0.3, abs=0.04)
