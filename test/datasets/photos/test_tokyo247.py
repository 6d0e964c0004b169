from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection

from .test_pittsburgh import put_list
from .trees import put_text, touch


def put_tokyo(root: Path) -> None:
    queries = ["00001.jpg", "00002.jpg", "00003.jpg"]
    put_list(root / "tokyo247.mat", ["03814/a_012_30.jpg", "03814/b_012_0.jpg"], queries)
    touch(root / "tokyo247" / "03814" / "a_012_30.png", root / "tokyo247" / "03814" / "b_012_0.png")
    for number, time in enumerate(("DAY", "Sunset", "n")):
        query = root / "247query_subset_v2" / queries[number]
        touch(query)
        put_text(query.with_suffix(".csv"), f"{query.name},35.66,139.70,0,place,{time}\n")


def test_listed_jpgs_are_pngs_and_queries_know_their_time(tmp_path: Path) -> None:
    put_tokyo(tmp_path)
    collection = load_collection(tmp_path)
    assert find_layout(tmp_path).kind == "tokyo247"
    assert collection.database.file == ("tokyo247/03814/a_012_30.png", "tokyo247/03814/b_012_0.png")
    assert collection.queries.condition == ("day", "sunset", "night")
    assert collection.queries.position_m[0].tolist() == [500001.0, 4477000.0]
    assert abs(collection.database.geodetic_deg[0, 1] - 141.0) < 1e-6  # the middle of zone 54


def test_a_query_without_table_has_no_time_and_a_missing_one_is_told(tmp_path: Path) -> None:
    put_tokyo(tmp_path)
    (tmp_path / "247query_subset_v2" / "00001.csv").unlink()
    (tmp_path / "247query_subset_v2" / "00003.jpg").unlink()
    collection = load_collection(tmp_path)
    assert collection.queries.condition == ("", "sunset")
    assert [problem.file for problem in collection.problems] == ["247query_subset_v2/00003.jpg"]


def test_there_are_no_parts(tmp_path: Path) -> None:
    put_tokyo(tmp_path)
    with pytest.raises(DatasetError, match="no part 'train'"):
        load_collection(f"{tmp_path}@train")
