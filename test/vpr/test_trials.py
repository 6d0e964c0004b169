from pathlib import Path

import numpy as np

from geoloc_ros.vpr.photo_table import own_frame
from geoloc_ros.vpr.trials import spread_rows, try_index

from .photo_street import make_street


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def test_rows_are_spread_evenly_and_are_all_where_there_are_few() -> None:
    assert spread_rows(3, 10).tolist() == [0, 1, 2]
    assert spread_rows(101, 5).tolist() == [0, 25, 50, 75, 100]


def test_where_another_visit_looks_alike_an_index_learns_to_be_sure(tmp_path: Path) -> None:
    photos, _, _ = own_frame(make_street(tmp_path, 60, 2))
    rng = np.random.default_rng(0)
    places = np.tile(rng.normal(size=(60, 32)), (2, 1))
    descriptors = unit(places + rng.normal(0.0, 0.1, places.shape))
    confidence = try_index(photos, descriptors)
    assert confidence.num_trials == 240
    assert confidence.probabilities(np.array([5.5]))[0] > 0.6 > 0.3 > confidence.probabilities(np.array([2.0]))[0]
    assert confidence.sigma_m == 4.0  # as small as is believed: the visits took photos at the same places


def test_where_photos_look_like_anything_no_likeness_is_believed(tmp_path: Path) -> None:
    photos, _, _ = own_frame(make_street(tmp_path, 60, 2))
    descriptors = unit(np.random.default_rng(0).normal(size=(120, 32)))
    confidence = try_index(photos, descriptors)
    assert confidence.probabilities(np.array([2.5, 2.4, 2.3])).sum() < 0.3


def test_photos_of_the_same_drive_are_no_witnesses(tmp_path: Path) -> None:
    photos, _, _ = own_frame(make_street(tmp_path, 60, 1))
    # All alike along the drive: each photo is that of the next one.
    angle = np.linspace(0.0, 3.0, 60)
    descriptors = unit(np.column_stack([np.cos(angle), np.sin(angle)]))
    assert try_index(photos, descriptors).num_trials == 0
