from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.msls import part_of_city

from .trees import put_text, touch


def put_half(half: Path, keys: str, lat: float, lon: float, easting: float) -> None:
    """Photos called by letters, 10 m apart to the north, on one drive, listed the other way round."""
    listed = list(reversed(list(enumerate(keys))))
    touch(*(half / "images" / f"{key}.jpg" for key in keys))
    put_text(
        half / "raw.csv",
        ",key,lon,lat,ca,captured_at,pano\n"
        + "".join(f"{row},{key},{lon},{lat},90.0,2017-03-04,False\n" for row, (_, key) in enumerate(listed)),
    )
    put_text(
        half / "postprocessed.csv",
        ",key,easting,northing,unique_cluster,control_panel,night,view_direction\n"
        + "".join(
            f"{row},{key},{easting},{6000000 + 10 * at},5,False,"
            f"{key == 'b'},{'Sideways' if key == 'b' else 'Forward'}\n"
            for row, (at, key) in enumerate(listed)
        ),
    )
    put_text(
        half / "seq_info.csv",
        ",key,sequence_key,frame_number\n" + "".join(f"{row},{key},s,{at}\n" for row, (at, key) in enumerate(listed)),
    )


def put_city(city: Path, lat: float = 54.14, lon: float = 9.0, easting: float = 500000.0) -> Path:
    put_half(city / "database", "abc", lat, lon, easting)
    put_half(city / "query", "x", lat, lon, easting)
    return city


def test_drives_are_in_order_with_night_and_view(tmp_path: Path) -> None:
    put_city(tmp_path / "train_val" / "cph")
    collection = load_collection(tmp_path)
    photos = collection.database
    assert find_layout(tmp_path).kind == "msls" and find_layout(tmp_path / "train_val" / "cph").kind == "msls"
    assert [file.rpartition("/")[2] for file in photos.file] == ["a.jpg", "b.jpg", "c.jpg"]
    np.testing.assert_allclose(photos.position_m, [[500000.0, 6000000.0 + 10 * row] for row in range(3)])
    np.testing.assert_allclose(photos.geodetic_deg[0], [54.14, 9.0], atol=0.02)
    np.testing.assert_allclose(photos.yaw_rad, 0.0, atol=1e-9)
    assert photos.condition == ("day", "night sideways", "day")
    assert len(set(photos.sequence.tolist())) == 1 and len(set(photos.place.tolist())) == 1
    assert collection.queries.sequence[0] != photos.sequence[0] or collection.queries.file != photos.file
    assert photos.stamp_ns[0] == 1488585600 * 10**9


def test_cities_of_other_zones_are_far_away(tmp_path: Path) -> None:
    put_city(tmp_path / "train_val" / "boston", 54.14, -70.0)
    put_city(tmp_path / "train_val" / "zurich", 54.14, 9.0)
    photos = load_collection(tmp_path).database
    assert len(photos) == 6
    assert photos.place.tolist() == [0, 0, 0, 1, 1, 1]  # both call theirs 5
    assert photos.sequence[0] != photos.sequence[3]
    assert np.ptp(photos.position_m[:3, 0]) == 0.0
    assert abs(photos.position_m[0, 0] - photos.position_m[3, 0]) > 1_000_000.0


def test_parts_are_the_published_cities(tmp_path: Path) -> None:
    put_city(tmp_path / "train_val" / "sf")
    put_city(tmp_path / "train_val" / "goa")
    assert (part_of_city("sf"), part_of_city("goa"), part_of_city("miami")) == ("val", "train", "test")
    with pytest.raises(DatasetError, match="several parts: train, val"):
        load_collection(tmp_path)
    assert all("/sf/" in file for file in load_collection(f"{tmp_path}@val").database.file)
    assert all("/goa/" in file for file in load_collection(f"{tmp_path}@goa").queries.file)
    with pytest.raises(DatasetError, match="has no part 'paris'"):
        load_collection(f"{tmp_path}@paris")


def test_test_cities_have_no_positions(tmp_path: Path) -> None:
    for half in ("database", "query"):
        put_text(tmp_path / "test" / "miami" / half / "seq_info.csv", ",key,sequence_key,frame_number\n0,a,s,0\n")
    with pytest.raises(DatasetError, match="positions are not published"):
        load_collection(tmp_path)


def test_panoramas_and_missing_files_are_told(tmp_path: Path) -> None:
    city = put_city(tmp_path / "cph")
    raw = city / "database" / "raw.csv"
    raw.write_text(raw.read_text().replace(",a,9.0,54.14,90.0,2017-03-04,False", ",a,9.0,54.14,90.0,2017-03-04,True"))
    raw.write_text(raw.read_text().replace(",b,9.0,", ",b,east,"))
    (city / "query" / "images" / "x.jpg").unlink()
    collection = load_collection(tmp_path)
    assert [problem.file.rpartition("/")[2] for problem in collection.problems] == ["a.jpg", "b.jpg", "x.jpg"]
    assert "panorama" in collection.problems[0].reason and "lon is 'east'" in collection.problems[1].reason
    assert len(collection.database) == 1 and len(collection.queries) == 0


def test_a_folder_of_anything_else_is_none_of_its_cities(tmp_path: Path) -> None:
    (tmp_path / "database").mkdir()
    with pytest.raises(DatasetError, match="holds no city"):
        load_collection(tmp_path, "msls")
