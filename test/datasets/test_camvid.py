import numpy as np

from geoloc_ros.datasets.camvid import classes_of_camvid


def test_poles_signs_and_fences_of_camvid_are_other_and_what_it_does_not_know_is_ignored() -> None:
    theirs = np.array([0, 1, 2, 6, 7, 9, 10, 11, 200], np.uint8)
    assert classes_of_camvid(theirs).tolist() == [5, 1, 0, 0, 0, 7, 7, 255, 255]
