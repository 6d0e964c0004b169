import numpy as np
import pytest

from geoloc_ros.evaluation.condition_figures import ConditionFigure, condition_figures, figure_text
from geoloc_ros.evaluation.judged import Condition, JudgedDrive

from .evaluations import FRAMES, drive


def figures(*drives: JudgedDrive) -> dict[str, ConditionFigure]:
    return {figure.name: figure for figure in condition_figures(Condition("sun", drives), 0)}


def test_figures_of_a_drive_that_can_be_told_by_hand() -> None:
    found = figures(drive("a", np.full(FRAMES, 2.0), first=10))
    told = {name: found[name].value for name in ("found", "first_fix_m", "first_fix_s", "availability", "r1m", "r3m")}
    assert told == pytest.approx(
        {"found": 100.0, "first_fix_m": 100.0, "first_fix_s": 10.0, "availability": 75.0, "r1m": 0.0, "r3m": 75.0}
    )
    assert found["median_error_m"].value == pytest.approx(2.0) and found["nees_mean"].value == pytest.approx(4.0)
    assert found["ellipse95_coverage"].value == 100.0 and found["ellipse50_coverage"].value == 0.0


def test_a_single_drive_has_no_interval_and_two_span_theirs() -> None:
    near, far = drive("a", np.full(FRAMES, 1.0)), drive("b", np.full(FRAMES, 5.0))
    assert figures(near)["median_error_m"].interval is None
    assert figures(near, far)["median_error_m"].interval == pytest.approx((1.0, 5.0))


def test_the_first_fix_of_drives_of_which_most_have_none_is_never() -> None:
    never = [drive(name, np.zeros(FRAMES), first=FRAMES) for name in "ab"]
    found = figures(*never, drive("c", np.zeros(FRAMES)))
    assert np.isinf(found["first_fix_m"].value) and found["found"].value == pytest.approx(100.0 / 3.0)
    assert np.isnan(figures(*never)["false_fix_rate"].value)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(2.345, "m", "2.35 m"), (82.84, "m", "82.8 m"), (0.04, "%", "0.0 %"), (1234.5, "", "1234"), (np.inf, "m", "never"),
     (np.nan, "%", "–")],
)  # fmt: skip
def test_values_for_people(value: float, unit: str, text: str) -> None:
    assert figure_text(value, unit) == text


def test_false_fixes_are_counted_over_fixes() -> None:
    error_m = np.where(np.arange(FRAMES) < 20, 100.0, 1.0)
    assert figures(drive("a", error_m, first=10))["false_fix_rate"].value == pytest.approx(100.0 * 10 / 30)


def test_the_same_seed_gives_the_same_intervals_whatever_else_is_asked() -> None:
    drives = (drive("a", np.linspace(0.0, 4.0, FRAMES)), drive("b", np.linspace(1.0, 9.0, FRAMES)))
    assert figures(*drives) == figures(*drives)
