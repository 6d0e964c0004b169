import numpy as np

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.baselines import PublishedEncoder

ENCODER = PublishedEncoder(DescriptorConfig(), ScanConfig(num_rays=8))


def _scan(range_m: float, building: int, observed: bool = True) -> SemanticScan:
    ranges = np.full(8, np.nan, np.float32)
    ranges[:3] = range_m
    instance = np.full(8, -1, np.int32)
    instance[:3] = building
    return SemanticScan(ranges, instance, np.full(8, observed))


def test_the_product_is_the_squared_distance_of_ranges_over_reach() -> None:
    query, place = _scan(20.0, 4), _scan(50.0, 7)
    # The same edges, and three rays that differ by 0.3 of R_max.
    product = ENCODER.encode_query(query) @ ENCODER.encode(place)
    np.testing.assert_allclose(product, 3 * 0.3**2, atol=1e-5)
    assert ENCODER.encode(place).shape == (ENCODER.dimension,)


def test_a_ray_that_was_not_observed_sees_nothing() -> None:
    nothing = SemanticScan(np.full(8, np.nan, np.float32), np.full(8, -1, np.int32), np.ones(8, bool))
    np.testing.assert_array_equal(
        ENCODER.encode_query(_scan(20.0, 4, observed=False)), ENCODER.encode_query(nothing)
    )


def test_without_edges_and_hits_the_descriptor_is_ones_and_zeros() -> None:
    nothing = SemanticScan(np.full(8, np.nan, np.float32), np.full(8, -1, np.int32), np.ones(8, bool))
    np.testing.assert_array_equal(ENCODER.encode(nothing), [1.0] * 8 + [0.0] * 8 + [8.0, 1.0])
