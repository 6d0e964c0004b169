from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, photo_set
from geoloc_ros.training.photos.mining.triplets import PlaceRelations
from geoloc_ros.training.photos.training_photos import TrainingPhotos, join_collections


def on_a_line(database_m: list[float], queries_m: list[float], yaw_deg: float = 0.0) -> TrainingPhotos:
    """Rows of the database come first; queries look `yaw_deg` to the left of them."""
    sets = []
    for east_m, yaw_rad in ((database_m, 0.0), (queries_m, np.deg2rad(yaw_deg))):
        position_m = np.column_stack([east_m, np.zeros(len(east_m))])
        sets.append(photo_set("line", Path(), ("",) * len(east_m), position_m, yaw_rad=np.full(len(east_m), yaw_rad)))
    return join_collections([PhotoCollection(sets[0], sets[1], ())])


def test_positives_are_within_ten_metres_and_negatives_beyond_twenty_five() -> None:
    relations = PlaceRelations(on_a_line([0.0, 9.0, 11.0, 24.0, 26.0, 300.0], [0.0]))
    assert relations.query.tolist() == [6]
    assert relations.positives(6).tolist() == [0, 1]
    assert relations.negatives_among(6, np.arange(6)).tolist() == [4, 5]
    assert set(relations.draw_negatives(6, 20, np.random.default_rng(0)).tolist()) == {4, 5}


def test_queries_without_a_positive_are_left_out() -> None:
    assert PlaceRelations(on_a_line([0.0, 500.0], [5.0, 250.0, 505.0])).query.tolist() == [2, 4]


def test_photos_that_look_elsewhere_are_no_positives() -> None:
    with pytest.raises(DatasetError, match="no query of 'line' has a photo within 10 m that looks the same way"):
        PlaceRelations(on_a_line([0.0, 500.0], [5.0], yaw_deg=90.0))


def test_a_photo_is_not_its_own_positive_where_all_are_queries() -> None:
    relations = PlaceRelations(on_a_line([0.0, 5.0, 500.0, 505.0], []))
    assert [relations.positives(row).tolist() for row in range(4)] == [[1], [0], [3], [2]]


def test_neighbours_on_the_same_drive_are_no_positives() -> None:
    training = on_a_line([0.0, 5.0, 500.0], [1.0, 2.0])
    sequence = np.array([3, 4, -1, 3, -1], np.int32)
    relations = PlaceRelations(replace(training, photos=replace(training.photos, sequence=sequence)))
    assert [relations.positives(row).tolist() for row in (3, 4)] == [[1], [0, 1]]


def test_photos_of_one_place_are_refused() -> None:
    with pytest.raises(DatasetError, match="all photos lie within 50 m"):
        PlaceRelations(on_a_line([0.0, 50.0], [0.0]))
