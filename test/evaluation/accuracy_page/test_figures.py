import re

import numpy as np
import pytest

from geoloc_ros.evaluation.accuracy_page.figures import ingredient_bars, learning_curves, recall_curves
from geoloc_ros.evaluation.accuracy_page.sources import Curve, Estimate, Row
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails


def drawn(chart: str, series: int) -> np.ndarray:
    """Points (N, 2) of the curve of a colour."""
    (data,) = re.findall(rf'<path d="M([^"]*)" class="line series-{series}"', chart)
    return np.array([point.split(",") for point in data.split("L")], float)


def test_recall_begins_at_the_best_place_and_ends_at_all_of_them(details: RetrievalDetails) -> None:
    chart = recall_curves(details)
    ours, handcrafted = drawn(chart, 1), drawn(chart, 3)
    floor, ceiling = 344.0, 10.0  # of 0 and of 100 %
    assert ours[0, 1] == pytest.approx((floor + ceiling) / 2, abs=0.1)  # two of four are first of 100
    assert handcrafted[0, 1] == pytest.approx(floor - (floor - ceiling) / 4, abs=0.1)
    assert ours[-1, 1] == handcrafted[-1, 1] == ceiling
    assert (np.diff(ours[:, 0]) >= 0.0).all() and (np.diff(ours[:, 1]) <= 0.0).all()


def test_chance_is_named(details: RetrievalDetails) -> None:
    assert ">chance</text>" in recall_curves(details)


def test_a_curve_that_rises_is_drawn_rising_to_the_end_of_the_longest_training() -> None:
    short = Curve("short", np.array([0.0, 5.0]), np.array([10.0, 20.0]))
    long = Curve("long", np.array([0.0, 10.0]), np.array([20.0, 60.0]))
    chart = learning_curves([short, long])
    first, second = drawn(chart, 1), drawn(chart, 2)
    assert first[1, 1] < first[0, 1] == pytest.approx(344.0 - (344.0 - 10.0) * 10.0 / 63.0, abs=0.1)
    assert second[1, 0] - second[0, 0] == pytest.approx(2.0 * (first[1, 0] - first[0, 0]), abs=0.2)


def test_only_what_was_left_out_is_among_what_was_left_out() -> None:
    rows = [
        Row("kyoto", condition, "ours", 9, 9, 0, "a", {"top1": Estimate(value)})
        for condition, value in (("none", 90.0), ("paper", 40.0), ("only_trees", 80.0), ("without_trees", 50.0))
    ]
    assert re.findall(r">([\d.]+)</text>", ingredient_bars(rows, "without")) == ["90.0", "40.0", "50.0"]
    assert re.findall(r">([\d.]+)</text>", ingredient_bars(rows, "only")) == ["90.0", "40.0", "80.0"]
