import numpy as np
import pytest

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.scan.features import NUM_NETWORK_CHANNELS, network_features, paper_features


@pytest.fixture
def scan() -> SemanticScan:
    """A wall 20 m away over half the turn, open view over a quarter, and a quarter that was not observed."""
    range_m = np.full(360, np.nan, np.float32)
    range_m[:180] = 20.0
    instance = np.where(np.arange(360) < 180, 7, -1).astype(np.int32)
    return SemanticScan(range_m, instance, np.arange(360) < 270)


def test_a_ray_that_was_not_observed_is_zero_in_all_channels(scan: SemanticScan) -> None:
    features = network_features(scan)

    assert features.shape == (NUM_NETWORK_CHANNELS, 360)
    assert not features[:, 270:].any()


def test_hit_and_open_view_have_a_channel_each(scan: SemanticScan) -> None:
    hit, is_open = network_features(scan)[:2]

    np.testing.assert_array_equal(hit, np.arange(360) < 180)
    np.testing.assert_array_equal(is_open, (np.arange(360) >= 180) & (np.arange(360) < 270))


def test_a_range_of_twenty_metres_has_logarithm_zero(scan: SemanticScan) -> None:
    np.testing.assert_allclose(network_features(scan)[2], 0.0)


def test_an_edge_to_what_was_not_observed_is_none(scan: SemanticScan) -> None:
    edge = network_features(scan)[7]

    assert edge[179] == 1.0  # wall to open view
    assert edge[269] < 1e-6  # open view to nothing known
    assert edge[0] < 1e-6


def test_turning_the_scan_turns_the_features(scan: SemanticScan) -> None:
    turned = SemanticScan(*(np.roll(part, 40) for part in (scan.range_m, scan.instance, scan.observed)))

    np.testing.assert_allclose(network_features(turned), np.roll(network_features(scan), 40, axis=-1), atol=1e-6)


def test_a_batch_is_its_scans_one_by_one(scan: SemanticScan) -> None:
    batch = SemanticScan(*(np.stack([part, part[::-1]]) for part in (scan.range_m, scan.instance, scan.observed)))

    features = network_features(batch)

    assert features.shape == (2, NUM_NETWORK_CHANNELS, 360)
    np.testing.assert_array_equal(features[0], network_features(scan))


def test_the_published_input_reads_a_miss_as_one_and_a_wall_at_a_fifth_as_a_fifth(scan: SemanticScan) -> None:
    features = paper_features(scan, 100.0)

    assert features.shape == (2, 360)
    np.testing.assert_allclose(features[0, :180], 0.2)
    np.testing.assert_allclose(features[0, 180:], 1.0)
    assert features[1, 179] == 1.0
