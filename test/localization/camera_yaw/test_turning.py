import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.evaluation.baselines import PublishedEncoder
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.retrieval import NUM_TURNS, turn_scan
from geoloc_ros.localization.camera_yaw.turning import BinLayout, find_layout, layout_of, turned_left
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.scan.encoder import HandcraftedEncoder
from geoloc_ros.scan.encoders import make_encoder


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


class _Binned:
    """Mean and largest range of each of 36 bins, one after the other, and a one."""

    encoder_id, dimension = "binned", 73

    def encode(self, scan: SemanticScan) -> Float32:
        return self.encode_query(scan)

    def encode_query(self, scan: SemanticScan) -> Float32:
        bins = np.nan_to_num(scan.range_m, nan=100.0).reshape(*scan.range_m.shape[:-1], 36, 10)
        pairs = np.stack([bins.mean(axis=-1), bins.max(axis=-1)], axis=-1).reshape(*scan.range_m.shape[:-1], 72)
        return np.concatenate([pairs, np.ones_like(pairs[..., :1])], axis=-1)


def test_bins_that_turn_with_the_scan_are_recognised_in_either_order(database: PlaceDatabase) -> None:
    config = Config()
    assert find_layout(_Binned(), NUM_TURNS, database.scan) == BinLayout(NUM_TURNS, True)
    masked = HandcraftedEncoder(config.descriptor, config.scan)
    assert find_layout(masked, NUM_TURNS, database.scan) == BinLayout(NUM_TURNS, False)
    assert find_layout(PublishedEncoder(config.descriptor, config.scan), NUM_TURNS, database.scan) is None


def test_in_open_country_nothing_is_recognised() -> None:
    shape = (3, 360)
    nothing = SemanticScan(np.full(shape, np.nan, np.float32), np.full(shape, -1, np.int32), np.ones(shape, bool))
    assert find_layout(_Binned(), NUM_TURNS, nothing) is None


def test_turned_queries_are_those_of_turned_scans(database: PlaceDatabase) -> None:
    config = Config()
    scan = SemanticScan(database.scan.range_m[:5], database.scan.instance[:5], database.scan.range_m[:5] < 40.0)
    turned = turn_scan(scan, 2.0 * np.pi / NUM_TURNS * np.arange(NUM_TURNS))
    for encoder in (_Binned(), HandcraftedEncoder(config.descriptor, config.scan)):
        layout = find_layout(encoder, NUM_TURNS, scan)
        assert layout is not None
        np.testing.assert_allclose(
            layout.turned(encoder.encode_query(scan)), encoder.encode_query(turned), rtol=1e-4, atol=1e-4
        )


def test_the_layout_of_an_encoder_is_found_without_a_city() -> None:
    config = Config()
    assert layout_of(_Binned(), 360) == BinLayout(36, True)
    assert layout_of(make_encoder(config.descriptor, config.scan), 360) == BinLayout(36, True)
    assert layout_of(HandcraftedEncoder(config.descriptor, config.scan), 360) == BinLayout(36, False)


def test_an_encoder_whose_queries_do_not_turn_is_refused() -> None:
    config = Config()
    with pytest.raises(ConfigError, match="queries of encoder '.*' do not turn.*set localizer.camera_yaw=known"):
        layout_of(PublishedEncoder(config.descriptor, config.scan), 360)


def test_what_is_turned_left_was_seen_further_right() -> None:
    scan = SemanticScan(np.arange(8, dtype=np.float32), np.arange(8, dtype=np.int32), np.arange(8) < 3)
    turned = turned_left(scan, 2)
    assert turned.range_m.tolist() == [6, 7, 0, 1, 2, 3, 4, 5]
    assert turned.instance[2] == 0
    assert turned.observed.tolist() == [False, False, True, True, True, False, False, False]
