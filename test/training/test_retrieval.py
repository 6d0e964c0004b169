from __future__ import annotations

import numpy as np

from geoloc_ros.training.retrieval import judge_retrieval


def test_ranks_are_counted() -> None:
    # The places of three queries are the nearest, the second and the third of 200.
    dissimilarity = np.tile(np.arange(200, dtype=np.float32), (3, 1))
    found = judge_retrieval(dissimilarity, np.array([0, 1, 2]))
    assert (round(found.top1_percent, 3), round(found.recall1_percent, 3)) == (66.667, 33.333)
    assert found.score == (found.top1_percent + found.recall1_percent) / 2.0


def test_a_network_that_tells_nothing_apart_finds_nothing() -> None:
    found = judge_retrieval(np.zeros((5, 300), np.float32), np.arange(5))
    assert found.score == 0.0
