"""`geoloc curate` from a table to a folder, its page, and the collection that is read from it."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.curate import curate_table
from geoloc_ros.datasets.curation import is_curated, load_curated
from geoloc_ros.datasets.curation.row_values import digest
from geoloc_ros.datasets.curation.sky import SkyReader

from .datasets.curation.drives import ORIGIN, straight, write_csv

FILES = ("clusters.csv", "curation.html", "frames.csv", "manifest.json", "problems.csv", "statistics.json")
USERS = {digest(name): name for name in ("ann", "bob", "cy<b>")}
ROAD = np.arange(-100.0, 100.0, 5.0)


def write_table(path: Path, shuffle: np.random.Generator | None = None) -> None:
    """Three users on one street on three days; one of them looks back; and a lone drive to the north."""
    frames = np.concatenate([
        straight("ann", 0, ROAD), straight("bob", 1, ROAD, 3.0), straight("cy<b>", 40, ROAD, -3.0),
        straight("bob", 7, ROAD, 150.0, hour=1.0),
    ])  # fmt: skip
    write_csv(path, frames, USERS, shuffle)


def write_map(path: Path) -> None:
    nodes = ORIGIN.to_geodetic(np.array([(-150.0, 0.0), (150.0, 0.0)]))
    places = enumerate(zip(*nodes, strict=True), start=1)
    lines = [f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}"/>' for number, (lat, lon) in places]
    way = '<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="living_street"/></way>'
    path.write_text(f'<osm version="0.6">{"".join(lines)}{way}</osm>')


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curate")
    write_table(folder / "table.csv")
    with (folder / "table.csv").open("a") as stream:
        stream.write("bad<row>,never,ann,35,135,0,0\n")
    write_map(folder / "map.osm")
    summary = curate_table(folder / "table.csv", folder / "out", folder / "map.osm", None, Config(), no_progress)
    assert (summary.rows, summary.bad_rows, summary.clusters, summary.sequences, summary.frames) == (161, 1, 1, 3, 120)
    return folder / "out"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_folder_holds_tables_statistics_and_a_page(curated: Path) -> None:
    assert sorted(path.name for path in curated.iterdir()) == sorted(FILES)
    assert not [path for path in curated.parent.iterdir() if path.name.startswith(".")]


def test_every_kept_frame_is_a_row_with_its_attributes(curated: Path) -> None:
    rows = rows_of(curated / "frames.csv")
    assert len(rows) == 120 and {row["cluster"] for row in rows} == {"0"}
    assert [int(row["place"]) for row in rows] == [*range(40)] * 3
    assert {(row["facing"], row["frame_facing"], row["road"], row["daylight"]) for row in rows} == {
        ("forward", "forward", "living_street", "")
    }
    assert len({row["date"] for row in rows}) == 3 and abs(float(rows[0]["motion_deg"]) - 90.0) < 0.1


def test_the_cluster_is_told_on_one_line(curated: Path) -> None:
    (row,) = rows_of(curated / "clusters.csv")
    told = [row[name] for name in ("sequences", "frames", "users", "dates", "road")]
    assert told == ["3", "120", "3", "3", "living_street"]
    assert abs(float(row["length_m"]) - 195.0) < 0.1
    assert np.datetime64(row["last_date"]) - np.datetime64(row["first_date"]) == np.timedelta64(40, "D")


def test_bad_rows_and_counts_are_told(curated: Path) -> None:
    assert rows_of(curated / "problems.csv") == [
        {"place": "table.csv:162", "id": "bad<row>", "reason": "time is none", "value": "never"}
    ]
    counts = json.loads((curated / "statistics.json").read_text())
    assert counts["bad_rows"] == {"time is none": 1} and sum(counts["frames"].values()) == 160
    assert counts["frames"]["no other sequence there, looking and moving the same way"] == 40
    assert counts["by_sequence"]["facing"] == {"forward": 3} and counts["by_cluster"]["dates"] == {"3": 1}


def test_the_page_loads_nothing_and_its_elements_are_closed_in_order(curated: Path) -> None:
    page = (curated / "curation.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import""", page)
    assert "cluster 0: 3 sequences, 120 frames, 3 dates" in page and "OpenStreetMap" in page

    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "link", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(page)
    assert checker.open == []


def test_the_order_of_the_rows_changes_no_byte(tmp_path: Path) -> None:
    for name, rng in (("a", None), ("b", np.random.default_rng(1))):
        (tmp_path / name).mkdir()
        write_table(tmp_path / name / "table.csv", rng)
        curate_table(tmp_path / name / "table.csv", tmp_path / name / "out", None, None, Config(), no_progress)
    for name in FILES:
        assert (tmp_path / "a" / "out" / name).read_bytes() == (tmp_path / "b" / "out" / name).read_bytes()


def test_a_table_without_a_usable_row_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,time,user,latitude,longitude,compass,computed_compass\n1,2,3,4,5,x,7\n")
    with pytest.raises(DatasetError, match="no usable row; most often: compass is no number .1 of 1 rows"):
        curate_table(tmp_path / "t.csv", tmp_path / "out", None, None, Config(), no_progress)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_folder_of_images_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder of images"):
        curate_table(tmp_path / "t.csv", tmp_path / "out", None, tmp_path / "images", Config(), no_progress)


def test_a_table_without_clusters_has_a_page_too(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", straight("ann", 0, ROAD), USERS)
    assert curate_table(tmp_path / "t.csv", tmp_path / "out", None, None, Config(), no_progress).clusters == 0
    assert "No cluster" in (tmp_path / "out" / "curation.html").read_text()


def test_a_collection_asks_for_one_sequence_per_cluster_and_keeps_the_others(curated: Path, tmp_path: Path) -> None:
    for row in rows_of(curated / "frames.csv")[1:]:
        (tmp_path / f"{row['id']}.jpg").write_bytes(b"any")
    collection = load_curated(curated, tmp_path)
    assert is_curated(curated) and not is_curated(tmp_path)
    assert len(collection.queries) in (39, 40) and len(collection.queries) + len(collection.database) == 119
    assert len(set(collection.queries.sequence.tolist())) == 1 and len(set(collection.database.sequence.tolist())) == 2
    assert not set(collection.queries.sequence.tolist()) & set(collection.database.sequence.tolist())
    assert set(collection.database.place.tolist()) == {0} and np.allclose(collection.database.yaw_rad, 0.0, atol=1e-3)
    assert np.allclose(np.ptp(collection.queries.position_m, axis=0), [195.0, 0.0], atol=6.0)
    (problem,) = collection.problems
    assert "no such image" in problem.reason
    again = load_curated(curated, tmp_path)
    assert again.queries.file == collection.queries.file


def test_a_collection_without_images_is_refused(curated: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="120 images are missing"):
        load_curated(curated, tmp_path)
    with pytest.raises(DatasetError, match="no curated folder"):
        load_curated(tmp_path)


def test_a_cluster_with_images_of_one_sequence_is_left_out_and_told(tmp_path: Path) -> None:
    south = np.concatenate([straight("ann", 0, ROAD), straight("bob", 1, ROAD)])
    north = straight("ann", 2, ROAD, 150.0), straight("bob", 3, ROAD, 150.0)
    write_csv(tmp_path / "t.csv", np.concatenate([south, *north]), USERS)
    curate_table(tmp_path / "t.csv", tmp_path / "out", None, None, Config(), no_progress)
    (tmp_path / "out" / "images").mkdir()
    for frame in np.concatenate([south, north[0]]):
        (tmp_path / "out" / "images" / f"{frame['digest']}.jpg").write_bytes(b"any")
    collection = load_curated(tmp_path / "out")
    assert (len(collection.queries), len(collection.database), len(collection.problems)) == (40, 40, 80)
    assert sum("one sequence only" in problem.reason for problem in collection.problems) == 40
    files = {*collection.queries.file, *collection.database.file}
    assert files == {f"{frame['digest']}.jpg" for frame in south}


def test_images_tell_day_from_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SkyReader, "__init__", lambda *_: None)
    monkeypatch.setattr(SkyReader, "__call__", lambda _, image: np.ones(image.shape[:2], bool))
    frames = np.concatenate([straight("ann", 0, ROAD), straight("bob", 1, ROAD)])
    write_csv(tmp_path / "t.csv", frames, USERS)
    for frame in frames:
        grey = 10 if frame["user"] == digest("ann") else 200
        cv2.imwrite(str(tmp_path / f"{frame['digest']}.png"), np.full((6, 8, 3), grey, np.uint8))
    curate_table(tmp_path / "t.csv", tmp_path / "out", None, tmp_path, Config(), no_progress)
    rows = rows_of(tmp_path / "out" / "frames.csv")
    assert sorted({(row["sequence"], row["daylight"]) for row in rows}) in (
        [("0", "night"), ("1", "day")], [("0", "day"), ("1", "night")],
    )  # fmt: skip
