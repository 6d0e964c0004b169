import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.products import inner_products, inner_products_at, inner_products_many


@pytest.mark.parametrize("portable", [False, True])
@given(st.integers(0, 1000), st.integers(0, 9), st.integers(1, 70))
def test_they_are_those_of_double_precision(portable: bool, seed: int, count: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    rows, query = rng.normal(size=(count, width)).astype(np.float16), rng.normal(size=width).astype(np.float32)
    expected = rows.astype(np.float64) @ query
    assert inner_products(rows, query, portable=portable) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("width", [191, 192, 193, 512, 1031])
def test_long_rows_are_summed_to_their_end(width: int) -> None:
    rng = np.random.default_rng(width)
    rows, query = rng.normal(size=(7, width)).astype(np.float16), rng.normal(size=width).astype(np.float32)
    assert inner_products(rows, query) == pytest.approx(rows.astype(np.float64) @ query, abs=1e-3)


@pytest.mark.parametrize("portable", [False, True])
@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 9), st.integers(0, 40), st.integers(1, 70))
def test_those_of_many_queries_are_those_of_each(
    portable: bool, seed: int, num_queries: int, count: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    rows, queries = rng.normal(size=(count, width)).astype(np.float16), rng.normal(size=(num_queries, width))
    found = inner_products_many(rows, queries.astype(np.float32), portable=portable)
    assert found.shape == (num_queries, count)
    assert found == pytest.approx(queries @ rows.T.astype(np.float64), abs=1e-4)


@pytest.mark.parametrize("portable", [False, True])
def test_every_finite_half_is_read_as_what_it_is(portable: bool) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)][:, None]
    one = np.ones(1, np.float32)
    assert np.array_equal(inner_products(halves, one, portable=portable), halves[:, 0].astype(np.float32))
    wide = np.repeat(halves, 8, axis=1)
    first = np.eye(8, dtype=np.float32)[0]
    assert np.array_equal(inner_products(wide, first, portable=portable), halves[:, 0].astype(np.float32))


def test_a_query_may_have_any_strides() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float16)
    query = np.random.default_rng(1).normal(size=40).astype(np.float32)
    assert np.array_equal(inner_products(rows, query[::2]), inner_products(rows, query[::2].copy()))


@pytest.mark.parametrize("portable", [False, True])
def test_some_rows_are_those_of_all_rows(portable: bool) -> None:
    rng = np.random.default_rng(0)
    rows, query = rng.normal(size=(50, 21)).astype(np.float16), rng.normal(size=21).astype(np.float32)
    chosen = np.array([7, 0, 49, 7])
    some = inner_products_at(rows, chosen, query, portable)
    assert some == pytest.approx(inner_products(rows, query, portable=portable)[chosen], abs=1e-5)
    assert len(inner_products_at(rows, chosen[:0], query)) == 0


def test_products_are_written_where_they_are_wanted() -> None:
    rows, query, out = np.ones((3, 4), np.float16), np.ones(4, np.float32), np.empty(3, np.float32)
    assert inner_products(rows, query, out) is out
    assert np.array_equal(out, [4.0, 4.0, 4.0])
