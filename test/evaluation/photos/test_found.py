import numpy as np

from geoloc_ros.evaluation.photos.found import Found, find, find_by_score
from geoloc_ros.vpr.search.exact import ExactSearch


def test_more_queries_than_are_searched_at_once_keep_their_order() -> None:
    database = np.eye(30, dtype=np.float16)
    at = np.random.default_rng(0).integers(0, 30, 600)
    found = find(ExactSearch(database), np.eye(30, dtype=np.float32)[at], np.full(600, -1))
    assert (found.row[:, 0] == at).all() and found.row.shape == (600, 21)


def test_a_query_is_no_answer_to_itself_and_all_lose_one_answer() -> None:
    found = Found(np.array([[4, 2, 7], [4, 2, 7]]), np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1]], np.float32))
    assert found.without(np.array([2, -2])).row.tolist() == [[4, 7], [4, 2]]


def test_low_scores_come_first() -> None:
    assert find_by_score(np.array([[3.0, 1.0, 2.0]], np.float32)).row.tolist() == [[1, 2, 0]]


def test_of_few_photos_all_are_found_but_the_query_itself() -> None:
    search, queries = ExactSearch(np.eye(3, dtype=np.float16)), np.eye(3, dtype=np.float32)
    assert find(search, queries, np.full(3, -1)).row.shape == (3, 3)
    assert sorted(find(search, queries, np.arange(3)).row[1].tolist()) == [0, 2]
