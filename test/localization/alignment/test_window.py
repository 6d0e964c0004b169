import numpy as np
import pytest

from geoloc_ros.core.localization_config import AlignConfig
from geoloc_ros.core.types import Observation, Pose2, SemanticScan
from geoloc_ros.localization.alignment.window import ScanWindow


def frame(x_m: float, after_s: float = 0.0, yaw_rad: float = 0.0) -> Observation:
    """A frame of a vehicle that drives along x at a metre a second, and stood for a while before."""
    scan = SemanticScan(np.full(8, 5.0, np.float32), np.zeros(8, np.int32), np.ones(8, bool))
    return Observation(int((x_m + after_s) * 1e9), scan, np.zeros(1, np.float32), Pose2(x_m, 0.0, yaw_rad))


@pytest.fixture
def window() -> ScanWindow:
    return ScanWindow(AlignConfig(window_m=20.0, spacing_m=5.0))


def positions(window: ScanWindow) -> list[float]:
    return [frame.observation.odometry.x_m for frame in window.frames]


def test_new_window_holds_nothing(window: ScanWindow) -> None:
    assert window.frames == ()
    assert window.travelled_m == 0.0


def test_frames_are_kept_every_spacing(window: ScanWindow) -> None:
    kept = [window.add(frame(float(x_m))) for x_m in range(11)]
    assert kept == [x_m % 5 == 0 for x_m in range(11)]
    assert positions(window) == [0.0, 5.0, 10.0]


def test_newest_frame_is_always_the_last(window: ScanWindow) -> None:
    for x_m in (0.0, 5.0, 7.0):
        window.add(frame(x_m))
    assert positions(window) == [0.0, 5.0, 7.0]
    window.add(frame(8.0))
    assert positions(window) == [0.0, 5.0, 8.0]


def test_what_is_farther_back_than_the_window_is_forgotten(window: ScanWindow) -> None:
    for x_m in range(0, 41, 5):
        window.add(frame(float(x_m)))
    assert positions(window) == [20.0, 25.0, 30.0, 35.0, 40.0]
    assert window.travelled_m == 20.0
    np.testing.assert_array_equal(window.driven_m, [20.0, 25.0, 30.0, 35.0, 40.0])


def test_distance_is_that_of_the_drive_and_not_of_its_ends(window: ScanWindow) -> None:
    for x_m in (0.0, 6.0, 0.0):
        window.add(frame(x_m))
    assert window.travelled_m == 12.0


def test_vehicle_that_stands_keeps_one_frame(window: ScanWindow) -> None:
    assert [window.add(frame(0.0, after_s)) for after_s in (0.0, 1.0, 2.0)] == [True, False, False]
    assert len(window.frames) == 2  # the key frame, and the newest


def test_what_a_gyroscope_drifts_while_the_vehicle_stands_is_left_out(window: ScanWindow) -> None:
    window.add(frame(0.0))
    window.add(frame(1.0))
    for after_s in range(1, 601):
        window.add(frame(1.0, float(after_s), 0.002 * after_s))
    window.add(frame(2.0, 600.0, 1.2))
    newest = window.frames[-1]
    assert newest.path.yaw_rad == pytest.approx(0.0, abs=1e-12)
    assert newest.moving_s == pytest.approx(2.0)
    assert newest.driven_m == pytest.approx(2.0)


def test_turn_on_the_spot_is_no_drift(window: ScanWindow) -> None:
    window.add(frame(0.0))
    window.add(frame(0.0, 1.0, 0.5))
    assert window.frames[-1].path.yaw_rad == pytest.approx(0.5)


def test_reset_forgets_everything(window: ScanWindow) -> None:
    window.add(frame(3.0))
    window.reset()
    assert window.frames == ()
    assert window.add(frame(4.0))
    np.testing.assert_array_equal(window.driven_m, [0.0])
