import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.curation import json_table
from geoloc_ros.datasets.curation.row_values import digest
from geoloc_ros.datasets.curation.table import TableChunk, read_table, table_files

HEADER = "id,time,user,latitude,longitude,compass,computed_compass,sequence,file\n"
OBJECT: dict[str, Any] = {
    "id": "17", "captured_at": 1_600_000_000_123, "creator": {"username": "me", "id": "5"},
    "geometry": {"type": "Point", "coordinates": [135.0, 35.0]}, "compass_angle": 10.5,
    "computed_compass_angle": 12.5, "computed_geometry": {"type": "Point", "coordinates": [135.1, 35.1]},
    "sequence": "abc",
}  # fmt: skip


def read(path: Path) -> TableChunk:
    chunks = list(read_table(table_files(path), no_progress))
    return TableChunk(
        np.concatenate([chunk.frames for chunk in chunks]), tuple(text for chunk in chunks for text in chunk.texts),
        tuple(problem for chunk in chunks for problem in chunk.problems),
    )  # fmt: skip


def test_a_csv_row_becomes_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "17,1600000000123,5,35.0,135.0,10.5,12.5,abc,x/17.jpg\n")
    table = read(path)
    (frame,) = table.frames
    assert frame["stamp_ms"] == 1_600_000_000_123 and frame["user"] == digest("5")
    assert (frame["latitude_deg"], frame["longitude_deg"]) == (35.0, 135.0)
    assert (frame["compass_deg"], frame["computed_deg"]) == (10.5, 12.5)
    assert table.texts == (b"17\0x/17.jpg",) and not table.problems


def test_columns_are_found_by_their_names_in_any_order_and_of_the_api(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\ufeffLON,lat,ca,computed_compass_angle,captured_at,creator,key\n135,35,10,12,1600000000123,me,17\n")
    assert read(path).frames["longitude_deg"].tolist() == [135.0]


def test_a_csv_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,time,user,latitude,longitude,compass\n")
    with pytest.raises(DatasetError, match="no column computed_compass or .*first line names: id, time"):
        read(path)


def test_bad_rows_are_listed_with_their_line_and_cost_the_others_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    good = "17,1600000000123,5,35.0,135.0,10.5,12.5,,\n"
    bad = "18,later,5,35,135,1,1,,\n19,1\n\n"
    path.write_bytes(f"{HEADER}{good}{bad}{good}".encode() + b"\xff" + good.encode())
    table = read(path)
    assert len(table.frames) == 2
    assert [(each.place, each.frame, each.reason, each.value) for each in table.problems[:2]] == [
        ("t.csv:3", "18", "time is none", "later"), ("t.csv:4", "19", "too few columns", "2"),
    ]  # fmt: skip
    assert table.problems[2].reason == "id is not UTF-8 text"


@pytest.mark.parametrize(("name", "text"), [
    ("t.json", json.dumps({"data": [OBJECT, OBJECT], "paging": {"next": "x"}})),
    ("t.json", json.dumps({"paging": {"next": [1, 2]}, "count": 12, "data": [OBJECT, OBJECT]}, indent=2)),
    ("t.json", json.dumps([OBJECT, OBJECT])),
    ("t.jsonl", json.dumps(OBJECT) + "\n\n" + json.dumps(OBJECT) + "\n"),
    ("t.geojson", json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": OBJECT["geometry"],
         "properties": {key: value for key, value in OBJECT.items() if key != "geometry"}}] * 2})),
])  # fmt: skip
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_json_of_the_api_becomes_frames_in_all_its_forms(
    tmp_path: Path, name: str, text: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_table, "_BLOCK", block)
    (tmp_path / name).write_text(text)
    table = read(tmp_path / name)
    assert table.frames["latitude_deg"].tolist() == [35.0, 35.0] and not table.problems
    assert table.frames["user"].tolist() == [digest("5")] * 2 and table.texts == (b"17\0", b"17\0")


def test_the_computed_position_is_taken_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([{**OBJECT, "geometry": None}]))
    assert read(tmp_path / "t.json").frames["latitude_deg"].tolist() == [35.1]


def test_a_json_file_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"data": [OBJECT, 5, OBJECT]})[:-60])
    table = read(tmp_path / "t.json")
    assert len(table.frames) == 1
    assert [each.reason for each in table.problems] == ["no object", "no JSON from here on"]
    assert [each.place for each in table.problems] == ["t.json:2", "t.json:3"]


def test_a_line_that_is_no_json_costs_the_others_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(json.dumps(OBJECT) + "\n{oops\n" + json.dumps(OBJECT))
    table = read(tmp_path / "t.jsonl")
    assert len(table.frames) == 2 and [each.place for each in table.problems] == ["t.jsonl:2"]


def test_a_folder_is_all_its_tables(tmp_path: Path) -> None:
    for name in ("b.json", "a.json"):
        (tmp_path / name).write_text(json.dumps([{**OBJECT, "id": name}]))
    (tmp_path / "notes.txt").write_text("nothing")
    assert read(tmp_path).texts == (b"a.json\0", b"b.json\0")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("x")
    for name, words in (("t.txt", "is no table"), ("no.csv", "there is no"), ("", "holds no table")):
        with pytest.raises(DatasetError, match=words):
            table_files(tmp_path / name)
