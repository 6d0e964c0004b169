import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.evaluation.photos.found import Found, find_by_score, find_exactly


@given(st.integers(0, 1000), st.integers(1, 12))
def test_exact_search_is_the_sorted_product(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    queries, database = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(9, 4)).astype(np.float32)
    found = find_exactly(queries, database, count)
    product = queries @ database.T
    assert found.row.tolist() == np.argsort(-product, axis=1)[:, :count].tolist()
    assert found.similarity == pytest.approx(-np.sort(-product, axis=1)[:, :count])


def test_a_query_is_no_answer_to_itself_and_all_lose_one_answer() -> None:
    found = Found(np.array([[4, 2, 7], [4, 2, 7]]), np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1]], np.float32))
    assert found.without(np.array([2, -2])).row.tolist() == [[4, 7], [4, 2]]


def test_low_scores_come_first() -> None:
    assert find_by_score(np.array([[3.0, 1.0, 2.0]], np.float32), 2).row.tolist() == [[1, 2]]
