import json
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.flat_frame import geodetic_to_utm
from geoloc_ros.datasets.photos.split import near_any, write_split

from .trees import put_text, touch


def on_a_street(east_m: list[float], zone: str = "@17@T@") -> list[str]:
    return [f"@{500000 + east:.2f}@4477000.00{zone}.jpg" for east in east_m]


def photos(geodetic_deg: list[tuple[float, float]], position_m: list[tuple[float, float]]) -> PhotoSet:
    return photo_set(
        "made up", Path(), ("",) * len(position_m), np.array(position_m), geodetic_deg=np.array(geodetic_deg)
    )


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Test photos at 0, 50, 99.99, 100.01 and 500 m along a street, queries at 20 and 400 m; training ended at 0 m."""
    touch(*(tmp_path / "all" / "test" / "database" / name for name in on_a_street([0, 50, 99.99, 100.01, 500])))
    touch(*(tmp_path / "all" / "test" / "queries" / name for name in on_a_street([20, 400])))
    touch(*(tmp_path / "all" / "train" / "database" / name for name in on_a_street([-300, 0])))
    return tmp_path / "all"


def test_photos_closer_than_the_distance_are_near(street: Path) -> None:
    training = load_collection(f"{street}@train").database
    assert near_any(load_collection(f"{street}@test").database, [training]).tolist() == [True, True, True, False, False]
    assert near_any(training, []).tolist() == [False, False]


def test_a_split_is_a_source_like_any_other(street: Path, tmp_path: Path) -> None:
    collection = load_collection(f"{street}@test")
    output = tmp_path / "apart.split.json"
    dropped = [collection.database.file[0], collection.queries.file[0]]
    write_split(output, f"{street}@test", "utm", collection, dropped, [f"{street}@train"], 100.0)
    left = load_collection(output)
    assert find_layout(output).kind == "split"
    assert left.database.file == collection.database.file[1:] and left.queries.file == collection.queries.file[1:]
    np.testing.assert_array_equal(left.database.position_m, collection.database.position_m[1:])
    said = json.loads(output.read_text())
    assert said["source"] == "all@test" and said["trained_on"] == ["all@train"]  # both may be moved together
    with pytest.raises(DatasetError, match="has no parts"):
        load_collection(f"{output}@test")


def test_a_split_of_other_data_is_refused(street: Path, tmp_path: Path) -> None:
    output = tmp_path / "apart.split.json"
    write_split(output, f"{street}@test", "utm", load_collection(f"{street}@test"), [], [], 100.0)
    touch(street / "test" / "queries" / on_a_street([450])[0])
    with pytest.raises(DatasetError, match="5 database photos and 3 queries, the split was made of 5 and 2"):
        load_collection(output)


@pytest.mark.parametrize("text", ["{}", "[]", "words", '{"format": "geoloc photo split", "version": 2}'])
def test_other_files_are_no_splits(text: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no split of photos"):
        load_collection(put_text(tmp_path / "x.split.json", text))
    with pytest.raises(DatasetError, match="neither a folder of photos nor a split"):
        load_collection(put_text(tmp_path / "x.json", text))


def test_collections_in_frames_of_their_own_are_compared_on_the_earth() -> None:
    geodetic_deg = [(35.0, 135.75), (35.001, 135.75)]  # 111 m apart
    one = photos(geodetic_deg[:1], [(0.0, 0.0)])
    other = photos(geodetic_deg[1:], [(0.0, 0.0)])
    assert near_any(one, [other]).tolist() == [False] and near_any(one, [other], 112.0).tolist() == [True]
    whole_m = geodetic_to_utm(np.array(geodetic_deg), 53)
    assert np.hypot(*(whole_m[0] - whole_m[1])) == pytest.approx(110.9, abs=0.2)


def test_what_cannot_be_compared_is_refused() -> None:
    known, unknown = photos([(35.0, 135.0)], [(0.0, 0.0)]), photos([(np.nan, np.nan)], [(0.0, 0.0)])
    with pytest.raises(DatasetError, match="no latitude and longitude"):
        near_any(known, [unknown])
    assert near_any(unknown, [unknown]).tolist() == [True]
