import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.vpr.sequences.pooling import Pooling, pool_descriptors

AXES = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize(("pooling", "expected"), [
    ("avg", [0.5, 0.5, 0.0]), ("max", [1.0, 1.0, 0.0]), ("cat", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
])  # fmt: skip
def test_two_axes_pool_to_a_diagonal_of_unit_length(pooling: Pooling, expected: list[float]) -> None:
    pooled = pool_descriptors(AXES, np.array([[0, 1]]), pooling)
    assert pooled[0] == pytest.approx(np.array(expected) / np.linalg.norm(expected))


def test_the_largest_of_negative_values_is_the_one_nearest_to_zero() -> None:
    pooled = pool_descriptors(-AXES[:2], np.array([[0, 1]]), "max")
    assert pooled[0].tolist() == [0.0, 0.0, 0.0]


def test_only_concatenation_knows_an_order() -> None:
    there, back = np.array([[0, 1, 2]]), np.array([[2, 1, 0]])
    for pooling in ("avg", "max"):
        assert pool_descriptors(AXES, there, pooling) == pytest.approx(pool_descriptors(AXES, back, pooling))
    assert (pool_descriptors(AXES, there, "cat") != pool_descriptors(AXES, back, "cat")).any()


@given(st.integers(0, 1000), st.sampled_from(["max", "avg", "cat"]), st.integers(1, 4))
def test_a_window_that_repeats_one_photo_is_compared_as_the_photo_is(seed: int, pooling: Pooling, length: int) -> None:
    descriptors = np.random.default_rng(seed).normal(size=(5, 8)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    pooled = pool_descriptors(descriptors, np.repeat(np.arange(5)[:, None], length, axis=1), pooling)
    assert pooled @ pooled.T == pytest.approx(descriptors @ descriptors.T, abs=1e-5)
