from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.training.photos.place_classes import ClassGroup, find_groups


def photos(rows: list[tuple[float, float, float]]) -> PhotoSet:
    values = np.array(rows)
    return photo_set("made up", Path(), ("",) * len(rows), values[:, :2], yaw_rad=np.deg2rad(values[:, 2]))


def classes(groups: tuple[ClassGroup, ...]) -> list[list[list[int]]]:
    return [[rows.tolist() for rows in group.rows] for group in groups]


def test_cells_five_apart_and_headings_two_apart_are_of_one_group() -> None:
    groups = find_groups(photos([(5.0, 5.0, 10.0), (55.0, 5.0, 10.0), (5.0, 5.0, 70.0), (105.0, 55.0, 70.0)]), 1)
    assert classes(groups) == [[[0], [2], [1], [3]]]


def test_neighbours_are_never_told_apart_by_one_classifier() -> None:
    rng = np.random.default_rng(0)
    made = photos([tuple(row) for row in rng.uniform((0.0, 0.0, 0.0), (300.0, 300.0, 360.0), (3000, 3))])
    for group in find_groups(made, 1):
        cells = [np.floor(made.position_m[rows[0]] / 10.0) for rows in group.rows]
        headings = [np.floor(np.rad2deg(made.yaw_rad[rows[0]]) / 30.0) for rows in group.rows]
        for one in range(0, len(group), 7):
            for other in range(one):
                apart = np.abs(cells[one] - cells[other]).max()
                assert apart >= 5 or (apart == 0 and abs(headings[one] - headings[other]) >= 2)


def test_small_classes_are_left_out_and_nothing_left_is_refused() -> None:
    made = photos([(5.0, 5.0, 0.0), (6.0, 5.0, 0.0), (55.0, 5.0, 0.0), (56.0, 5.0, 0.0), (105.0, 5.0, 0.0)])
    assert classes(find_groups(made, 2)) == [[[0, 1], [2, 3]]]
    with pytest.raises(DatasetError, match="0 cells of 10 m and 30 degrees with 3 photos"):
        find_groups(made, 3)


def test_a_heading_just_below_zero_is_of_the_last_class() -> None:
    made = photos([(5.0, 5.0, -1.0), (55.0, 5.0, 359.0), (5.0, 5.0, -61.0)])
    assert classes(find_groups(made, 1)) == [[[2], [0], [1]]]
