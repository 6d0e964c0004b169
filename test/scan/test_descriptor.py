import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.scan.descriptor import edge_proximity, is_edge, paper_descriptor

instances = arrays(np.int32, 24, elements=st.integers(-1, 3))


def scan_of(instance: np.ndarray, range_m: float = 20.0) -> SemanticScan:
    instance = instance.astype(np.int32)
    ranges = np.where(instance < 0, np.nan, range_m).astype(np.float32)
    return SemanticScan(ranges, instance, np.ones(instance.shape, bool))


def test_without_any_edge_the_edge_channel_is_zero() -> None:
    descriptor = paper_descriptor(scan_of(np.full(360, 7)), 100.0, 5.0)
    assert np.all(descriptor[:, 1] == 0.0)


def test_a_ray_that_hits_nothing_has_the_maximum_range() -> None:
    descriptor = paper_descriptor(scan_of(np.full(360, -1)), 100.0, 5.0)
    assert np.all(descriptor[:, 0] == 100.0)


def test_edge_channel_is_the_gaussian_of_the_paper() -> None:
    instance = np.zeros(360, np.int32)
    instance[100:] = 1  # edges at rays 99 and, round the circle, 359
    proximity = paper_descriptor(scan_of(instance), 100.0, 5.0)[:, 1]
    assert proximity[99] == proximity[359] == 1.0
    assert proximity[102] == pytest.approx(np.exp(-0.5 / 5.0 * 3**2))
    assert proximity[1] == pytest.approx(np.exp(-0.5 / 5.0 * 2**2))


def test_a_building_beside_nothing_is_an_edge() -> None:
    instance = np.full(360, -1)
    instance[10:20] = 4
    assert np.flatnonzero(is_edge(instance.astype(np.int32))).tolist() == [9, 19]


def test_width_of_the_edge_is_an_angle_and_not_a_number_of_bins() -> None:
    fine, coarse = np.zeros(360, bool), np.zeros(90, bool)
    fine[0] = coarse[0] = True
    assert edge_proximity(coarse, 5.0) == pytest.approx(edge_proximity(fine, 5.0)[::4])


@given(instances, st.integers(0, 23))
def test_turning_the_vehicle_rolls_the_descriptor(instance: np.ndarray, turn: int) -> None:
    turned = paper_descriptor(scan_of(np.roll(instance, -turn)), 100.0, 5.0)
    assert np.array_equal(turned, np.roll(paper_descriptor(scan_of(instance), 100.0, 5.0), -turn, axis=0))


@given(instances)
def test_proximity_counts_the_shorter_way_round(instance: np.ndarray) -> None:
    edges = np.flatnonzero(is_edge(instance))
    proximity = edge_proximity(is_edge(instance), 5.0 * 15**2)  # 24 bins are 15 times wider: sigma^2 is 5 bins^2
    for ray in range(24):
        around = [min((ray - edge) % 24, (edge - ray) % 24) for edge in edges]
        expected = np.exp(-0.5 / 5.0 * min(around) ** 2) if around else 0.0
        assert proximity[ray] == pytest.approx(expected, abs=1e-6)


@given(arrays(np.int32, (3, 24), elements=st.integers(-1, 3)))
def test_a_batch_gives_what_its_scans_give(instance: np.ndarray) -> None:
    batch = paper_descriptor(scan_of(instance), 100.0, 5.0)
    singles = [paper_descriptor(scan_of(row), 100.0, 5.0) for row in instance]
    assert np.array_equal(batch, np.stack(singles))
