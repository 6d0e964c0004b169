import math
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.utm_names import condition_of_note, place_of_name, stamp_of

from .trees import put_text, touch

# Heinz Hall, Pittsburgh, in zone 17 T.
NAME = "@0584500.00@4477250.00@17@T@040.44212@-080.00344@pano@03@090@004@@@20190102_030405@day_sideways_sf@.jpg"


def test_a_name_tells_place_heading_time_and_condition(tmp_path: Path) -> None:
    touch(tmp_path / "database" / NAME)
    collection = load_collection(tmp_path)
    photos = collection.database
    assert find_layout(tmp_path).kind == "utm"
    assert photos.position_m.tolist() == [[584500.0, 4477250.0]]
    np.testing.assert_allclose(photos.geodetic_deg, [[40.44212, -80.00344]], atol=2e-3)
    np.testing.assert_allclose(photos.yaw_rad, [0.0], atol=1e-12)  # east
    assert photos.stamp_ns.tolist() == [1546398245 * 10**9]
    assert photos.condition == ("day sideways",)
    assert photos.path(0).name == NAME


def test_empty_fields_are_unknown(tmp_path: Path) -> None:
    touch(tmp_path / "@500000.0@4477250.0@17@T@@@@@@@@@@@.jpg", tmp_path / "@500010@4477250@.jpg")
    photos = load_collection(tmp_path).database
    assert len(photos) == 2
    assert np.isnan(photos.yaw_rad).all() and (photos.stamp_ns == -1).all() and photos.condition == ("", "")
    # Zone 17 has its middle at 81 degrees west, which is where UTM's east is 500 km.
    np.testing.assert_allclose(photos.geodetic_deg[photos.position_m[:, 0] == 500000.0], [[40.446, -81.0]], atol=1e-3)
    assert np.isnan(photos.geodetic_deg[photos.position_m[:, 0] == 500010.0]).all()


def test_query_folders_name_conditions_and_the_database_does_not(tmp_path: Path) -> None:
    for folder in ("database", "queries_night", "queries", "queries_v1"):
        touch(tmp_path / folder / "@1@2@17@T@.jpg")
    collection = load_collection(tmp_path)
    assert collection.queries.condition == ("", "night", "v1")
    assert collection.queries.file[1] == "queries_night/@1@2@17@T@.jpg"
    assert collection.database.condition == ("",)


def test_pictures_beside_the_database_are_none_of_its_photos(tmp_path: Path) -> None:
    touch(tmp_path / "database" / NAME, tmp_path / "sheet.png")
    assert find_layout(tmp_path).kind == "utm"
    assert load_collection(tmp_path).database.file == (f"database/{NAME}",)


def test_a_few_other_names_among_them_do_not_change_the_kind(tmp_path: Path) -> None:
    touch(tmp_path / NAME, *(tmp_path / f"holiday{number}.jpg" for number in range(5)))
    assert find_layout(tmp_path).kind == "utm"


def test_parts_must_be_named_and_are_read_by_their_name(tmp_path: Path) -> None:
    for part, east in (("train", 1), ("val", 2)):
        touch(tmp_path / "images" / part / "database" / f"@{east}@2@17@T@.jpg")
    with pytest.raises(DatasetError, match="several parts: train, val"):
        load_collection(tmp_path)
    with pytest.raises(DatasetError, match="has no part 'test'"):
        load_collection(f"{tmp_path}@test")
    assert load_collection(f"{tmp_path}@val").database.position_m.tolist() == [[2.0, 2.0]]
    assert load_collection(tmp_path / "images" / "val").database.file == ("database/@2@2@17@T@.jpg",)


def test_names_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    bad = (
        "@x@2@17@T@.jpg", "@nan@2@17@T@.jpg", "@1@2@17@T@95.0@0.0@.jpg", "holiday.jpg",
        "@1@2@17@T@1@1@@@north@@@@@@.jpg",
    )
    touch(tmp_path / "@1@2@17@T@.jpg", *(tmp_path / name for name in bad))
    collection = load_collection(tmp_path)
    assert collection.database.file == ("@1@2@17@T@.jpg",)
    reasons = {problem.file: problem.reason for problem in collection.problems}
    assert set(reasons) == set(bad)
    assert "no numbers" in reasons[bad[0]] and "not on the globe" in reasons[bad[2]] and "heading" in reasons[bad[4]]


def test_nothing_but_problems_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path / "@x@y@.jpg")
    with pytest.raises(DatasetError, match=r"no photo that can be used; the first of 1 problems: @x@y@.jpg"):
        load_collection(tmp_path)


def test_the_table_beside_wins_over_the_name(tmp_path: Path) -> None:
    file = f"database/{NAME}"
    touch(tmp_path / file, tmp_path / "labels" / "database" / NAME.replace(".jpg", ".png"))
    put_text(
        tmp_path / "photos.csv",
        "file,label_file,part,condition,place,sequence,stamp_ns,latitude_deg,longitude_deg,yaw_deg\n"
        f"{file},labels/database/{NAME.replace('.jpg', '.png')},database,rain_sunset,12,b,7,40.5,-81.0,60\n",
    )
    photos = load_collection(tmp_path).database
    assert len(photos) == 1
    assert photos.condition == ("rain_sunset",) and photos.place.tolist() == [0] and photos.sequence.tolist() == [0]
    assert photos.stamp_ns.tolist() == [7] and photos.yaw_rad.tolist() == [math.radians(60.0)]
    np.testing.assert_allclose(photos.geodetic_deg, [[40.5, -81.0]], atol=1e-9)
    np.testing.assert_allclose(photos.position_m[:, 0], 500000.0, atol=1e-3)  # the middle of zone 17
    assert (photos.root / photos.label_file[0]).is_file()


def test_labels_among_the_photos_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path / NAME, tmp_path / "labels" / NAME)
    put_text(tmp_path / "photos.csv", f"file,label_file\n{NAME},labels/{NAME}\n")
    assert load_collection(tmp_path).database.file == (NAME,)


def test_a_wrong_table_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / NAME)
    put_text(tmp_path / "photos.csv", "name\nx\n")
    with pytest.raises(DatasetError, match="no column file"):
        load_collection(tmp_path)


@pytest.mark.parametrize(
    ("column", "value"),
    [("yaw_deg", "north"), ("yaw_deg", "1e400"), ("stamp_ns", "noon"), ("stamp_ns", "9" * 30), ("latitude_deg", "x")],
)
def test_a_wrong_line_of_the_table_costs_its_photo_only(tmp_path: Path, column: str, value: str) -> None:
    other = NAME.replace(".jpg", "b.jpg")
    touch(tmp_path / NAME, tmp_path / other)
    put_text(tmp_path / "photos.csv", f"file,{column}\n{other},\n{NAME},{value}\n")
    collection = load_collection(tmp_path)
    assert collection.database.file == (other,)
    (problem,) = collection.problems
    assert problem.file == NAME and f"line 3 of photos.csv: {column} is" in problem.reason


def test_later_parts_of_a_time_may_be_missing() -> None:
    assert stamp_of("1970") == stamp_of("19700101") == 0
    assert stamp_of("197001") == 0 and stamp_of("19700101_01") == 3600 * 10**9
    assert stamp_of("") == stamp_of("soon") == stamp_of("20230231") == -1


def test_only_notes_of_mapillary_tell_conditions() -> None:
    assert condition_of_note("night_forward_cph") == "night"
    assert condition_of_note("pitch1_yaw2") == "" and condition_of_note("") == ""


def test_south_of_the_equator_the_band_tells() -> None:
    assert place_of_name("@1@2@56@H@.jpg").zone == -56
    assert place_of_name("@1@2@10@S@.jpg").zone == 10  # a band, not "south"
    assert math.isnan(place_of_name("@1@2@56@H@.jpg").latitude_deg)
