import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.localization.products import inner_products


@pytest.mark.parametrize("portable", [False, True])
@given(st.integers(0, 1000), st.integers(0, 9), st.integers(1, 70))
def test_they_are_those_of_double_precision(portable: bool, seed: int, count: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    rows, query = rng.normal(size=(count, width)).astype(np.float16), rng.normal(size=width).astype(np.float32)
    expected = rows.astype(np.float64) @ query
    assert inner_products(rows, query, portable) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("portable", [False, True])
def test_every_finite_half_is_read_as_what_it_is(portable: bool) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)][:, None]
    assert np.array_equal(inner_products(halves, np.ones(1, np.float32), portable), halves[:, 0].astype(np.float32))
    wide = np.repeat(halves, 8, axis=1)
    first = np.eye(8, dtype=np.float32)[0]
    assert np.array_equal(inner_products(wide, first, portable), halves[:, 0].astype(np.float32))


def test_a_query_may_have_any_strides() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float16)
    query = np.random.default_rng(1).normal(size=40).astype(np.float32)
    assert np.array_equal(inner_products(rows, query[::2]), inner_products(rows, query[::2].copy()))
