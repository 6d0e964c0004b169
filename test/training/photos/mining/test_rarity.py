from __future__ import annotations

from collections import Counter

import numpy as np

from geoloc_ros.training.photos.mining.rarity import RareFirst


def test_each_condition_is_drawn_as_often_however_rare_it_is() -> None:
    condition = ("day",) * 960 + ("night",) * 30 + ("day sideways",) * 10
    drawn = RareFirst(np.arange(1000), condition).draw(9000, np.random.default_rng(0))
    number = Counter(condition[row] for row in drawn)
    # Three standard deviations of a binomial of 9000 and 1/3 are 134.
    assert all(abs(number[name] - 3000) < 134 for name in ("day", "night", "day sideways"))


def test_only_the_rows_given_are_drawn_and_all_of_one_condition_equally() -> None:
    drawn = RareFirst(np.array([2, 5]), ("",) * 9).draw(4000, np.random.default_rng(0))
    number = Counter(drawn.tolist())
    assert set(number) == {2, 5} and abs(number[2] - 2000) < 95
