from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection

from .trees import put_text, touch

HEAD = "place_id,year,month,northdeg,city_id,lat,lon,panoid\n"


def put_city(root: Path, city: str = "London") -> None:
    put_text(
        root / "Dataframes" / f"{city}.csv",
        HEAD + f"7,2015,3,90,{city},51.5,0.25,pa\n7,2018,11,180,{city},51.50001,0.250,pb\n"
        f"9,2018,11,0,{city},51.6,0.2,pc\n",
    )
    images = root / "Images" / city
    touch(
        images / f"{city}_0000007_2015_03_090_51.5_0.25_pa.jpg",
        images / f"{city}_0000007_2018_11_180_51.50001_0.25_pb.jpg",
    )


def test_photos_of_one_place_have_one_number(tmp_path: Path) -> None:
    put_city(tmp_path)
    collection = load_collection(tmp_path)
    photos = collection.database
    assert find_layout(tmp_path).kind == "gsv"
    assert len(photos) == 2 and len(collection.queries) == 0
    assert photos.place.tolist() == [0, 0]
    np.testing.assert_allclose(photos.yaw_rad, [0.0, -np.pi / 2], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(np.diff(photos.position_m, axis=0)), 1.11, atol=0.01)  # 1e-5 degrees
    assert photos.stamp_ns[0] == 1425168000 * 10**9  # March 2015


def test_rows_without_files_are_told(tmp_path: Path) -> None:
    put_city(tmp_path)
    (problem,) = load_collection(tmp_path).problems
    assert problem.file.endswith("London_0000009_2018_11_000_51.6_0.2_pc.jpg") and "no such file" in problem.reason


def test_places_of_two_cities_are_two_places(tmp_path: Path) -> None:
    put_city(tmp_path)
    put_city(tmp_path, "Osaka")
    assert load_collection(tmp_path).database.place.tolist() == [0, 0, 1, 1]
    assert len(load_collection(f"{tmp_path}@Osaka").database) == 2
    with pytest.raises(DatasetError, match="no city 'Rome'; it has London, Osaka"):
        load_collection(f"{tmp_path}@Rome")


def test_a_row_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    put_city(tmp_path)
    table = tmp_path / "Dataframes" / "London.csv"
    table.write_text(table.read_text() + "x,2018,11,0,London,51.6,0.2,pd\n")
    assert "pd" in load_collection(tmp_path).problems[-1].file
