import math
from itertools import combinations

import numpy as np
import pytest

from geoloc_ros.datasets.photos.positives import Positives
from geoloc_ros.evaluation.photos.recall import DEPTHS, first_right, measure_recall

RIGHT = Positives(np.array([0, 2, 2, 3, 4]), np.array([3, 5, 0, 1]))
"""Of four queries: photos 3 and 5; none; 0; 1."""
FOUND = np.array([[1, 5, 3], [0, 1, 2], [0, 1, 2], [5, 4, 3]])
ALONE = np.full(4, -1, np.int32)


def test_the_first_right_photo_counts_and_queries_without_any_do_not() -> None:
    rank = first_right(FOUND, RIGHT)
    assert rank[[0, 2, 3]].tolist() == [1.0, 0.0, math.inf]
    assert math.isnan(rank[1])


def test_recall_is_the_share_of_those_that_can_be_judged() -> None:
    recall = measure_recall("all", "", first_right(FOUND, RIGHT), RIGHT, 6, ALONE, seed=0)
    assert (recall.asked, recall.judged) == (4, 3)
    assert recall.share == pytest.approx((1 / 3, 2 / 3, 2 / 3, 2 / 3))


def test_chance_is_that_of_drawing_without_putting_back() -> None:
    one = Positives(RIGHT.start[:2], RIGHT.row[:2])
    recall = measure_recall("all", "", first_right(FOUND[:1], one), one, 6, ALONE[:1], seed=0)
    draws = list(combinations(range(6), 5))
    assert recall.chance[0] == pytest.approx(2 / 6)
    assert recall.chance[DEPTHS.index(5)] == pytest.approx(np.mean([bool({3, 5} & set(draw)) for draw in draws]))
    assert recall.chance[DEPTHS.index(10)] == 1.0


def test_nothing_to_judge_is_no_number() -> None:
    nothing = Positives(np.zeros(5, np.int64), np.zeros(0, np.int64))
    recall = measure_recall("all", "", first_right(FOUND, nothing), nothing, 6, ALONE, seed=0)
    assert recall.judged == 0
    assert math.isnan(recall.share[0]) and math.isnan(recall.chance[0]) and math.isnan(recall.interval[0][0])


def test_photos_in_a_row_are_drawn_again_together() -> None:
    """Stretches of ten that fail or succeed as a whole: the interval is that of four values, not of forty."""
    rank = np.repeat([0.0, np.inf, 0.0, np.inf], 10)
    right = Positives(np.arange(41), np.zeros(40, np.int64))
    alone, driven = (
        measure_recall("all", "", rank, right, 6, np.full(40, number, np.int32), seed=0).interval[0]
        for number in (-1, 3)
    )
    assert driven == pytest.approx((0.0, 1.0))
    assert alone[1] - alone[0] < 0.4
