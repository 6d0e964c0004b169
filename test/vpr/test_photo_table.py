from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.vpr.photo_table import add_photos, is_same_view, own_frame, read_photos

from .photo_street import ORIGIN, make_street


def test_photos_come_into_a_frame_at_their_middle_in_metres(tmp_path: Path) -> None:
    street = make_street(tmp_path, 3, 1)
    photos, origin, lost = own_frame(street)
    assert origin is not None and not lost
    assert photos.position_m == pytest.approx(np.array([[-10.0, 0.0], [0.0, 0.0], [10.0, 0.0]]), abs=0.01)
    assert ORIGIN.to_map(*photos.geodetic_deg.T)[2] == pytest.approx([20.0, 0.0], abs=1e-3)


def test_photos_that_know_no_place_on_earth_are_listed_where_others_do(tmp_path: Path) -> None:
    street = make_street(tmp_path, 3, 1)
    street.geodetic_deg[1] = np.nan
    photos, _, lost = own_frame(street)
    assert [problem.file for problem in lost] == [street.file[1]] and len(photos) == 2


def test_a_collection_without_latitude_keeps_its_metres_and_has_no_origin(tmp_path: Path) -> None:
    street = make_street(tmp_path, 3, 1)
    nowhere = replace(street, geodetic_deg=np.full((3, 2), np.nan))
    photos, origin, lost = own_frame(nowhere)
    assert origin is None and not lost and photos is nowhere


def test_no_photos_are_no_index(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no photo to index"):
        own_frame(make_street(tmp_path, 3, 1).take(np.empty(0, np.int64)))


def test_a_table_comes_back_as_it_was_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    street = make_street(tmp_path / "street", 3, 2)
    with write_artifact(tmp_path / "a", "test", 1, {}) as writer:
        add_photos(writer, street)
    read = read_photos(read_artifact(tmp_path / "a", "test", 1))
    assert (read.file, read.condition, read.name, read.root) == (
        street.file, street.condition, street.name, street.root
    )
    for name in ("position_m", "geodetic_deg", "yaw_rad", "stamp_ns", "sequence", "place"):
        assert np.array_equal(getattr(read, name), getattr(street, name), equal_nan=name == "yaw_rad")
    with write_artifact(tmp_path / "b", "test", 1, {}) as writer:
        add_photos(writer, street)
        writer.add_array("photo.yaw_rad", np.zeros(2))
    with pytest.raises(ArtifactError, match="differ in length"):
        read_photos(read_artifact(tmp_path / "b", "test", 1))
    with write_artifact(tmp_path / "c", "test", 1, {}):
        pass
    with pytest.raises(ArtifactError, match="names no photos"):
        read_photos(read_artifact(tmp_path / "c", "test", 1))


def test_the_same_view_is_near_and_looks_that_way_or_nobody_knows_which(tmp_path: Path) -> None:
    photos = make_street(tmp_path, 4, 1)
    photos.yaw_rad[:] = [0.0, np.pi, np.nan, 0.0]
    assert is_same_view(photos, 0, 25.0, 0.5).tolist() == [True, False, True, False]
