import numpy as np

from geoloc_ros.evaluation.landmarks.landmark_evaluation import chosen_views


def test_chosen_views_go_from_the_best_to_the_worst() -> None:
    assert chosen_views(np.array([3.0, np.inf, 1.0, 2.0, 9.0]), 3) == [2, 0, 1]
    assert chosen_views(np.array([1.0, 0.5]), 5) == [1, 0]
    assert chosen_views(np.zeros(0), 3) == []

