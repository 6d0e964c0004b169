from dataclasses import fields, replace

import numpy as np
import pytest

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.scan.augment import ArcsNoise, add_arcs_noise

NONE = ArcsNoise(
    **{field.name: 0.0 for field in fields(ArcsNoise)} | {"shortest_reach_m": 1000.0, "longest_arc_deg": 60.0}
)


@pytest.fixture
def scans() -> SemanticScan:
    """200 times the same street: houses 10 rays wide, 12 m away, on 300 of 360 rays."""
    range_m = np.full((200, 360), 12.0, np.float32)
    range_m[:, 300:] = np.nan
    instance = np.where(np.isnan(range_m), -1, np.arange(360) // 10).astype(np.int32)
    return SemanticScan(range_m, instance, np.ones((200, 360), bool))


def test_no_noise_leaves_ranges_and_observed_as_they_are(scans: SemanticScan) -> None:
    observed = add_arcs_noise(scans, NONE, np.random.default_rng(0))

    np.testing.assert_allclose(observed.range_m, scans.range_m, rtol=1e-6)
    assert observed.observed.all()


def test_no_noise_leaves_the_edges_between_buildings(scans: SemanticScan) -> None:
    observed = add_arcs_noise(scans, NONE, np.random.default_rng(0)).instance

    np.testing.assert_array_equal(
        observed != np.roll(observed, 1, axis=1), scans.instance != np.roll(scans.instance, 1, axis=1)
    )


def test_a_missed_building_is_missed_on_all_of_its_rays(scans: SemanticScan) -> None:
    missed = add_arcs_noise(scans, replace(NONE, missed_ratio=1.0), np.random.default_rng(0))

    gone = np.isnan(missed.range_m[:, :300]).reshape(200, 30, 10)
    assert 0.3 < gone.mean() < 0.7  # severity is uniform from 0 to 1
    np.testing.assert_array_equal(gone.all(axis=2), gone.any(axis=2))


def test_what_is_missed_is_unknown_where_nothing_reads_as_open(scans: SemanticScan) -> None:
    missed = add_arcs_noise(scans, replace(NONE, missed_ratio=1.0), np.random.default_rng(0))

    assert not missed.observed[:, :300][np.isnan(missed.range_m[:, :300])].any()


def test_what_is_missed_reads_as_open_view_in_part(scans: SemanticScan) -> None:
    noise = replace(NONE, missed_ratio=1.0, read_open_ratio=1.0)

    missed = add_arcs_noise(scans, noise, np.random.default_rng(0))

    reads_open = missed.observed[:, :300][np.isnan(missed.range_m[:, :300])]
    assert 0.3 < reads_open.mean() < 0.7


def test_the_range_factor_is_one_per_building(scans: SemanticScan) -> None:
    noisy = add_arcs_noise(scans, replace(NONE, building_range_ratio=0.2), np.random.default_rng(0)).range_m

    per_building = noisy[:, :300].reshape(200, 30, 10)
    np.testing.assert_allclose(per_building, np.broadcast_to(per_building[..., :1], per_building.shape), rtol=1e-5)
    assert per_building[:, :, 0].std() > 0.5


def test_things_in_the_way_hide_no_wall_that_is_nearer_than_they_are(scans: SemanticScan) -> None:
    near = replace(scans, range_m=np.where(np.isnan(scans.range_m), np.nan, 2.0).astype(np.float32))

    hidden = add_arcs_noise(near, replace(NONE, arcs=8.0), np.random.default_rng(0))

    assert not np.isnan(hidden.range_m[:, :300]).any()  # nothing stands nearer than 3 m
    assert not hidden.observed[:, 300:].all()


def test_a_scan_that_saw_nothing_says_nothing_of_instances(scans: SemanticScan) -> None:
    observed = add_arcs_noise(scans, ArcsNoise(), np.random.default_rng(0))

    np.testing.assert_array_equal(observed.instance < 0, np.isnan(observed.range_m))


def test_the_same_generator_makes_the_same_mistakes(scans: SemanticScan) -> None:
    first, second = (add_arcs_noise(scans, ArcsNoise(), np.random.default_rng(3)) for _ in range(2))

    np.testing.assert_array_equal(first.range_m, second.range_m)
    np.testing.assert_array_equal(first.observed, second.observed)


def test_a_narrow_camera_leaves_one_stretch_of_rays_unseen(scans: SemanticScan) -> None:
    narrow = add_arcs_noise(scans, replace(NONE, narrow_share=1.0), np.random.default_rng(0)).observed

    assert (narrow.mean(axis=1) < 0.84).all()
    assert (narrow.mean(axis=1) > 0.16).all()
    np.testing.assert_array_equal((narrow != np.roll(narrow, 1, axis=1)).sum(axis=1), 2)


def test_depth_without_scale_is_off_by_one_factor_of_at_most_two(scans: SemanticScan) -> None:
    unscaled = add_arcs_noise(scans, replace(NONE, unscaled_share=1.0), np.random.default_rng(0)).range_m

    factor = unscaled[:, :300] / 12.0
    np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :1], factor.shape), rtol=1e-5)
    assert 0.5 <= factor.min() < 0.6
    assert 1.7 < factor.max() <= 2.0


def test_a_scan_that_does_not_know_what_it_observed_takes_all_else_for_open_or_for_unknown(scans: SemanticScan) -> None:
    noise = replace(NONE, missed_ratio=1.0, read_open_ratio=0.5, blind_share=1.0)

    blind = add_arcs_noise(scans, noise, np.random.default_rng(0))

    not_hit = np.isnan(blind.range_m)
    share_open = blind.observed.sum(axis=1, where=not_hit) / not_hit.sum(axis=1)
    assert set(share_open) == {0.0, 1.0}
    assert 0.4 < share_open.mean() < 0.6
    assert blind.observed[~not_hit].all()
