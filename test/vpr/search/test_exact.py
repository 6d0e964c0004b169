from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import IndexMismatchError
from geoloc_ros.vpr.search import exact
from geoloc_ros.vpr.search.exact import ExactSearch

from .places import make_places, seen_again


@settings(deadline=None)  # threads of BLAS may wait for each other
@given(st.integers(0, 700), st.integers(0, 70), st.integers(0, 12), st.integers(1, 40), st.integers(0, 9))
def test_the_nearest_are_those_of_a_sorted_list(
    count: int, num_queries: int, k: int, dimension: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, dimension)).astype(np.float16)
    queries = rng.standard_normal((num_queries, dimension)).astype(np.float32)
    similarity, row = ExactSearch(rows).search(queries, k)
    products = queries.astype(float) @ rows.T.astype(float)
    assert similarity.shape == row.shape == (num_queries, min(k, count))
    assert similarity == pytest.approx(-np.sort(-products, axis=1)[:, : min(k, count)], abs=1e-3)
    assert np.take_along_axis(products, row, axis=1) == pytest.approx(similarity, abs=1e-3)
    assert all(len(set(found)) == len(found) for found in row.tolist())


def test_many_passes_over_many_pieces_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    places = make_places(3000, 24)
    queries = seen_again(places, 50)
    whole = ExactSearch(places).search(queries, 10)
    monkeypatch.setattr(exact, "_QUERIES", 7)
    monkeypatch.setattr(exact, "_FEWEST_ROWS", 300)
    monkeypatch.setattr(exact, "_PRODUCTS", 1)
    pieces = ExactSearch(places).search(queries, 10)
    assert np.array_equal(whole[1], pieces[1])
    assert pieces[0] == pytest.approx(whole[0], abs=1e-6)


def test_descriptors_may_stay_in_their_file(tmp_path: Path) -> None:
    places = make_places(500, 24)
    np.save(tmp_path / "places.npy", places)
    mapped = np.load(tmp_path / "places.npy", mmap_mode="r")
    queries = seen_again(places, 5)
    assert np.array_equal(ExactSearch(mapped).search(queries, 10)[1], ExactSearch(places).search(queries, 10)[1])


def test_of_equal_photos_the_first_comes_first() -> None:
    places = np.repeat(make_places(1, 8), 1000, axis=0)
    assert ExactSearch(places).search(places[:1].astype(np.float32), 5)[1].tolist() == [[0, 1, 2, 3, 4]]


def test_a_query_of_no_numbers_finds_nothing() -> None:
    similarity, row = ExactSearch(make_places(20, 8)).search(np.full((1, 8), np.nan, np.float32), 3)
    assert row.tolist() == [[-1, -1, -1]] and np.all(np.isneginf(similarity))


def test_queries_of_another_network_are_refused() -> None:
    with pytest.raises(IndexMismatchError, match=r"\(2, 9\).*8-d"):
        ExactSearch(make_places(20, 8)).search(np.ones((2, 9), np.float32), 3)


def test_it_says_what_it_is() -> None:
    search = ExactSearch(make_places(20, 8))
    assert (search.name, search.num_bytes, len(search)) == ("exact", 20 * 8 * 2, 20)
