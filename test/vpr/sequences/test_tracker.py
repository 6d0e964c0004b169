import numpy as np
import pytest

from geoloc_ros.vpr.sequences.tracker import SequenceTracker, steps_by_distance

ONE_DRIVE = np.zeros(4, np.int32)
TWO_DRIVES = np.array([0, 0, 0, 5, 5, -1], np.int32)


def test_a_photo_per_photo_moves_the_belief_along_its_drive() -> None:
    tracker = SequenceTracker(TWO_DRIVES, jump=0.0)
    tracker.weigh(np.array([0.0, -99.0, -99.0, -99.0, -99.0, -99.0]))
    tracker.advance(np.array([0.0, 1.0]))
    assert tracker.probability == pytest.approx(np.eye(6)[1])


def test_what_drives_over_the_end_is_anywhere() -> None:
    tracker = SequenceTracker(TWO_DRIVES, jump=0.0)
    tracker.weigh(np.array([-99.0, -99.0, 0.0, -99.0, -99.0, -99.0]))
    tracker.advance(np.array([0.0, 1.0]))
    assert tracker.probability == pytest.approx(np.full(6, 1.0 / 6.0))


def test_odometry_tells_how_many_photos_were_passed() -> None:
    along_m = np.array([0.0, 2.0, 7.0, 0.0, 5.0, 0.0])
    step = steps_by_distance(TWO_DRIVES, along_m, moved_m=5.0, sigma_m=0.5)
    tracker = SequenceTracker(TWO_DRIVES, jump=0.0)
    tracker.weigh(np.array([-99.0, 0.0, -99.0, 0.0, -99.0, -99.0]))
    tracker.advance(step)
    assert tracker.probability[[2, 4]] == pytest.approx([0.5, 0.5], abs=0.02)


def test_a_way_that_leads_past_the_last_photo_leaves_the_drive() -> None:
    step = steps_by_distance(ONE_DRIVE, np.array([0.0, 5.0, 10.0, 15.0]), moved_m=20.0, sigma_m=0.5)
    assert step[0] == pytest.approx(np.zeros(8), abs=1e-9)
    assert step.sum(axis=1).max() < 1e-9
