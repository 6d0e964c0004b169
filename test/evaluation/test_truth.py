import numpy as np

from geoloc_ros.evaluation.truth import poses_at

SECOND = 1_000_000_000
START = 1_750_000_000 * SECOND


def test_halfway_between_two_poses_is_their_mean_the_short_way_round() -> None:
    poses = np.array([[0.0, 0.0, 3.0], [2.0, 4.0, -3.0]])
    found = poses_at(np.array([START + SECOND // 2]), START + np.array([0, SECOND]), poses)
    np.testing.assert_allclose(found, [[1.0, 2.0, -np.pi]], atol=1e-9)


def test_stamps_of_today_keep_their_nanoseconds() -> None:
    found = poses_at(START + np.array([0, 1, 2]), START + np.array([0, 2]), np.array([[0.0, 0, 0], [2.0, 0, 0]]))
    np.testing.assert_allclose(found[:, 0], [0.0, 1.0, 2.0], atol=1e-9)


def test_before_and_after_nothing_is_known() -> None:
    found = poses_at(np.array([START - 1, START + 3]), START + np.array([0, 2]), np.zeros((2, 3)))
    assert np.isnan(found).all()


def test_without_truth_nothing_is_known() -> None:
    assert np.isnan(poses_at(np.array([START]), np.zeros(0, np.int64), np.zeros((0, 3)))).all()
