import numpy as np
import pytest

from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.evaluation.run_figures import MEASURES, RunFigure, figures, is_found
from geoloc_ros.evaluation.scan_runs import MAX_MODES, ScanRun

NONE, FIX = LocalizationStatus.INITIALIZING, LocalizationStatus.INITIALIZED


def run_of(error_m: list[float], status: list[LocalizationStatus], jump_m: float = 0.0) -> ScanRun:
    """Ten metres east every second, errors to the north, two modes, a covariance of 4 m^2; a jump at half way."""
    count = len(error_m)
    x_m = 10.0 * np.arange(count) + jump_m * (np.arange(count) >= count // 2)
    truth = np.column_stack([x_m, np.zeros(count), np.zeros(count)])
    modes = np.full((count, MAX_MODES, 4), np.nan, np.float32)
    modes[:, :3, 3] = 0.4, 0.3, 0.1
    return ScanRun(
        1_000_000_000 * np.arange(count), truth, truth + np.column_stack([np.zeros(count), error_m, np.zeros(count)]),
        np.tile(4.0 * np.eye(3), (count, 1, 1)), np.array(status, np.uint8), np.full(count, 0.9, np.float32),
        np.zeros(count), modes, np.ones(count, np.float32), np.ones(count, np.float32),
    )  # fmt: skip


def figure(name: str, *runs: ScanRun) -> RunFigure:
    return figures(runs, [name])[0]


def test_errors_are_of_fixes_and_recall_of_all_frames_since_the_first_fix() -> None:
    run = run_of([0.5, 500.0, 0.5, 2.0, 2.0], [NONE, NONE, FIX, FIX, NONE])
    assert figure("median_error_m", run).value == 1.25
    assert figure("r1m", run).value == pytest.approx(100.0 / 3.0)
    assert figure("r3m", run).value == pytest.approx(200.0 / 3.0), "a frame without a fix is a miss"
    assert figure("availability", run).value == pytest.approx(200.0 / 3.0)
    assert figure("first_fix_m", run).value == 20.0


def test_a_path_is_right_whatever_the_localizer_calls_it() -> None:
    run = run_of([500.0] * 8 + [5.0] * 8 + [500.0] * 20, [NONE] * 36)
    assert [figure(name, run).value for name in ("path80", "path160", "path320")] == [100.0, 0.0, 0.0]
    assert figure("path320", run, run_of([5.0] * 36, [NONE] * 36)).value == 50.0


def test_a_drive_is_found_if_its_end_is_and_it_was_not_lost_much_before() -> None:
    assert is_found(run_of([300.0] * 5 + [5.0] * 15, [NONE] * 5 + [FIX] * 15))
    assert is_found(run_of([300.0] * 2 + [5.0] * 18, [FIX] * 20))
    assert not is_found(run_of([300.0] * 3 + [5.0] * 17, [FIX] * 20)), "wrong fixes before the first right one count"
    assert not is_found(run_of([5.0] * 19 + [11.0], [FIX] * 20))
    assert not is_found(run_of([5.0] * 20, [FIX] * 19 + [NONE]))
    assert not is_found(run_of([5.0] * 5 + [50.0] * 10 + [5.0] * 5, [FIX] * 20))
    assert not is_found(run_of([5.0] * 10 + [50.0] * 4 + [5.0] * 6, [FIX] * 20, jump_m=50.0))


def test_without_a_fix_the_first_one_is_infinitely_far_and_errors_are_nothing() -> None:
    run = run_of([0.0] * 3, [NONE] * 3)
    assert figure("first_fix_m", run).value == np.inf
    assert figure("median_error_m", run).n == 0 and np.isnan(figure("false_fix_rate", run).value)
    assert figure("outside_fix_rate", run).value == 0.0


def test_false_fixes_are_counted_among_fixes_alone() -> None:
    run = run_of([100.0, 26.0, 24.0, 0.0, 0.0], [NONE, FIX, FIX, FIX, FIX])
    assert figure("false_fix_rate", run).value == 25.0
    assert figure("overconfidence", run).value == pytest.approx(90.0 - 75.0)


def test_an_ellipse_of_two_metres_sigma_holds_an_error_of_four_but_not_of_five() -> None:
    """sqrt(5.99) = 2.45 standard deviations."""
    run = run_of([4.0, 5.0], [FIX, FIX])
    assert figure("ellipse95_coverage", run).value == 50.0
    assert figure("nees_median", run).value == pytest.approx((16.0 / 4.0 + 25.0 / 4.0) / 2.0)


def test_a_teleport_is_noticed_when_the_wrong_fix_goes_and_made_good_by_a_right_one() -> None:
    error_m = [1.0] * 10 + [700.0] * 6 + [300.0] * 2 + [1.0] * 2
    run = run_of(error_m, [FIX] * 13 + [NONE] * 6 + [FIX], jump_m=700.0)
    assert figure("lost_detect_s", run).value == 3.0
    assert figure("recover_m", run).value == 90.0
    assert figure("found", run).value == 100.0, "what was before the teleport is another drive"
    assert figure("lost_detect_s", run_of([1.0] * 20, [FIX] * 20)).n == 0, "it was never carried"
    blind = run_of(error_m, [NONE] * 20, jump_m=700.0)
    assert figure("lost_detect_s", blind).n == 0, "it had nothing to lose"
    again = run_of(error_m, [FIX] * 13 + [NONE] * 2 + [FIX] + [NONE] * 3 + [FIX], jump_m=700.0)
    assert figure("lost_detect_s", again).value == 6.0, "a wrong fix that comes back was not noticed before"
    stubborn = run_of(error_m[:18] + [300.0] * 2, [FIX] * 20, jump_m=700.0)
    assert figure("lost_detect_s", stubborn).value == np.inf == figure("recover_m", stubborn).value


def test_modes_count_that_are_at_least_half_as_probable_as_the_best() -> None:
    assert figure("modes", run_of([0.0], [NONE])).value == 2.0


def test_intervals_are_over_drives() -> None:
    good, bad = run_of([0.0] * 50, [FIX] * 50), run_of([90.0] * 50, [FIX] * 50)
    low, high = figure("false_fix_rate", good, bad).interval
    assert (low, high) == (0.0, 100.0)


def test_every_figure_can_be_made_of_any_drive() -> None:
    for run in (run_of([0.0] * 4, [FIX] * 4, 500.0), run_of([50.0] * 4, [NONE] * 4, 500.0)):
        assert [one.name for one in figures([run], list(MEASURES))] == list(MEASURES)
