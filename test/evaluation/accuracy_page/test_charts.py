import re

import numpy as np
import pytest

from geoloc_ros.evaluation.accuracy_page.charts import Axis, Bars, Line, bar_chart, line_chart, round_ticks
from geoloc_ros.evaluation.accuracy_page.sources import Estimate


def test_on_a_logarithmic_axis_ten_is_half_way_from_one_to_a_hundred() -> None:
    axis = Axis("x", 1.0, 100.0, (), logarithmic=True)
    np.testing.assert_allclose(axis.ratio(np.array([1.0, 10.0, 100.0])), [0.0, 0.5, 1.0], atol=1e-12)


def test_what_lies_below_a_logarithmic_axis_is_drawn_at_its_end() -> None:
    assert Axis("x", 0.1, 10.0, (), logarithmic=True).ratio(np.zeros(1)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("high", "ticks"), [(4.3, (0, 1, 2, 3, 4)), (100.0, (0, 20, 40, 60, 80, 100)), (0.0, (0,)), (27.0, (0, 10, 20))]
)
def test_ticks_are_round_and_within(high: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(high) == pytest.approx(ticks)


def test_a_bar_of_twice_the_value_is_twice_as_long() -> None:
    chart = bar_chart([Bars("a", ((1, Estimate(20.0)), (2, Estimate(40.0))))], "bars", 5)
    short, long = (float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)"', chart))
    assert long == pytest.approx(2.0 * short, abs=0.2)


def test_what_was_not_measured_has_no_bar() -> None:
    assert "<rect" not in bar_chart([Bars("a", ((1, Estimate(float("nan"))),))], "bars", 5)


def test_labels_and_names_are_escaped() -> None:
    bars = bar_chart([Bars("<b>", ((1, Estimate(1.0)),), note="a & b")], "<i>", 5)
    rising = Line("<u>", np.arange(2.0), np.arange(2.0), 1)
    lines = line_chart([rising], Axis("<x>", 0, 1, ()), Axis("<y>", 0, 1, ()), "")
    assert not re.search(r"<[biuxy]>", bars + lines) and "a &amp; b" in bars and "&lt;u&gt;" in lines
