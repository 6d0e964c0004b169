from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.errors import ConfigError, ObservationError
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.scan.encoder import HandcraftedEncoder

ENCODER = HandcraftedEncoder(DescriptorConfig(), ScanConfig())
seeds = st.integers(0, 10_000)


def random_scan(seed: int, observed_ratio: float = 1.0) -> SemanticScan:
    rng = np.random.default_rng(seed)
    instance = np.repeat(rng.integers(-1, 9, 36), 10).astype(np.int32)
    range_m = np.where(instance < 0, np.nan, np.repeat(rng.uniform(3.0, 90.0, 36), 10)).astype(np.float32)
    return SemanticScan(range_m, instance, rng.random(360) < observed_ratio)


def rolled(scan: SemanticScan, rays: int) -> SemanticScan:
    return SemanticScan(*(np.roll(part, rays) for part in (scan.range_m, scan.instance, scan.observed)))


def squared_distance(query: SemanticScan, place: SemanticScan) -> float:
    return float(ENCODER.encode_query(query) @ ENCODER.encode(place))


@given(seeds)
def test_a_scan_is_at_distance_zero_from_itself(seed: int) -> None:
    scan = random_scan(seed)
    assert squared_distance(scan, scan) == pytest.approx(0.0, abs=1e-3)


def street(range_m: float) -> SemanticScan:
    return SemanticScan(np.full(360, range_m, np.float32), np.zeros(360, np.int32), np.ones(360, bool))


def test_small_differences_count_with_their_square_and_large_ones_alike() -> None:
    near, twice, far, farther = (
        squared_distance(street(range_m), street(16.0)) for range_m in (4.1**2, 4.2**2, 8.0**2, 9.0**2)
    )
    assert twice == pytest.approx(4.0 * near, rel=0.05)
    assert farther == pytest.approx(far, rel=0.15)
    assert far > 50.0 * near


def test_it_is_the_formula_of_its_docstring() -> None:
    config = DescriptorConfig()
    harmonic = np.array([1.0, 2.0])
    frequency = 2.0 * np.pi / config.range_period * harmonic
    amplitude = 2.0 * np.sqrt(2.0 * np.pi) * config.range_width / config.range_period
    amplitude = amplitude * np.exp(-0.5 * (frequency * config.range_width) ** 2)
    expected = 36 * np.sum(amplitude * (1.0 - np.cos(frequency * (5.0 - 4.0))))
    assert squared_distance(street(25.0), street(16.0)) == pytest.approx(expected, rel=1e-4)


@given(seeds, seeds)
def test_distances_are_not_negative_and_symmetric_where_all_is_observed(first: int, second: int) -> None:
    there = squared_distance(random_scan(first), random_scan(second))
    back = squared_distance(random_scan(second), random_scan(first))
    assert there == pytest.approx(back, abs=1e-3) and there > -1e-3


@given(seeds, seeds, st.integers(1, 35))
def test_turning_both_by_whole_bins_changes_no_distance(first: int, second: int, bins: int) -> None:
    query, place = random_scan(first, 0.7), random_scan(second)
    turned = squared_distance(rolled(query, 10 * bins), rolled(place, 10 * bins))
    assert turned == pytest.approx(squared_distance(query, place), rel=1e-4, abs=1e-2)


@given(seeds)
def test_what_was_not_observed_does_not_count(seed: int) -> None:
    place = replace(random_scan(seed), instance=np.zeros(360, np.int32))
    wrong, observed = place.range_m.copy(), place.observed.copy()
    wrong[100:200] = 1.0
    observed[100:200] = False
    assert squared_distance(replace(place, range_m=wrong, observed=observed), place) == pytest.approx(0.0, abs=1e-3)


@given(seeds)
def test_the_border_of_what_was_observed_is_no_edge(seed: int) -> None:
    one_building = replace(random_scan(seed, 0.8), instance=np.zeros(360, np.int32))
    half_seen = replace(one_building, instance=np.where(one_building.observed, 0, -1).astype(np.int32))
    assert np.array_equal(ENCODER.encode_query(half_seen), ENCODER.encode_query(one_building))


def test_a_scan_that_saw_nothing_is_at_distance_zero_from_every_place() -> None:
    assert np.all(ENCODER.encode_query(random_scan(1, 0.0)) == 0.0)


def test_a_batch_gives_what_its_scans_give() -> None:
    scans = [random_scan(seed, 0.8) for seed in range(4)]
    batch = SemanticScan(*(np.stack([getattr(scan, name) for scan in scans]) for name in
                           ("range_m", "instance", "observed")))
    assert np.allclose(ENCODER.encode(batch), [ENCODER.encode(scan) for scan in scans])
    assert np.allclose(ENCODER.encode_query(batch), [ENCODER.encode_query(scan) for scan in scans])


def test_descriptors_are_compact_and_of_the_promised_dimension() -> None:
    descriptor = ENCODER.encode(random_scan(0))
    assert descriptor.dtype == np.float32
    assert descriptor.shape == (ENCODER.dimension,)


def test_its_name_changes_with_every_setting_that_matters() -> None:
    others = [
        HandcraftedEncoder(DescriptorConfig(edge_weight=0.7), ScanConfig()),
        HandcraftedEncoder(DescriptorConfig(), ScanConfig(max_range_m=50.0)),
    ]
    assert len({ENCODER.encoder_id, *(other.encoder_id for other in others)}) == 3


def test_bins_that_do_not_divide_the_rays_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"num_bins 50 does not divide .* 360"):
        HandcraftedEncoder(DescriptorConfig(num_bins=50), ScanConfig())


def test_a_scan_of_another_number_of_rays_is_refused() -> None:
    scan = random_scan(0)
    short = SemanticScan(scan.range_m[:180], scan.instance[:180], scan.observed[:180])
    with pytest.raises(ObservationError, match="180 rays, the encoder expects 360"):
        ENCODER.encode_query(short)
