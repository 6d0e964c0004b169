import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import ConfigError, DatasetError, IndexMismatchError
from geoloc_ros.core.types import UInt8
from geoloc_ros.evaluate_photos import evaluate_photos, parse_protocol
from geoloc_ros.evaluation.photos.second_look import SecondLook
from geoloc_ros.index_photos import index_photos

from .vpr.photo_network import write_photo_network

COLOURS = ((250, 10, 10), (10, 250, 10), (10, 10, 250), (200, 200, 10), (10, 200, 200))
"""Of the left halves of photos 100 m apart; right halves are white."""


def _photo(left: tuple[int, int, int], light: float = 1.0) -> UInt8:
    image = np.full((12, 16, 3), 255.0)
    image[:, :8] = left
    return (light * image).astype(np.uint8)


def _write(folder: Path, image: UInt8, east_m: float, note: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"@{500_000 + east_m:.2f}@3868596.90@53@S@34.95@{135.0 + east_m / 91_200:.7f}@@@90@@@@@{note}@.jpg"
    cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 100])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Five places; queries of three of them by night, and one of nowhere."""
    folder = tmp_path / "town"
    for place, colour in enumerate(COLOURS):
        _write(folder / "database", _photo(colour), 100.0 * place)
    for place in (0, 2, 4):
        _write(folder / "queries_night", _photo(COLOURS[place], light=0.5), 100.0 * place + 10.0, "night")
    _write(folder / "queries_day", _photo(COLOURS[0]), 5000.0, "day")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Config:
    network = write_photo_network(tmp_path / "photo.onnx", parameters="12")
    return load_config(None, (f"photo.model={network}",))


def test_queries_are_found_by_their_colour_at_half_the_light(town: Path, config: Config, tmp_path: Path) -> None:
    summary = evaluate_photos(str(town), tmp_path / "out", config, None, "plain")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"results.json", "queries.csv", "photos.html"}
    tree = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (tree["recall"][0]["asked"], tree["recall"][0]["judged"], tree["recall"][0]["r1"]["share"]) == (4, 3, 1.0)
    assert tree["costs"]["parameters"] == 12.0 and tree["costs"]["dimension"] == 6
    assert "3 of 4 judged" in summary.as_text()


def test_an_index_is_searched_as_the_database_is(town: Path, config: Config, tmp_path: Path) -> None:
    index_photos(str(town), tmp_path / "town.photos", config)
    evaluate_photos(str(town), tmp_path / "out", config, tmp_path / "town.photos", "plain")
    tree = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (tree["recall"][0]["judged"], tree["recall"][0]["r1"]["share"]) == (3, 1.0)
    assert "town.photos" in tree["facts"]["index"]


def test_photos_without_queries_are_searched_among_each_other(config: Config, tmp_path: Path) -> None:
    for place, colour in enumerate(COLOURS):
        for metres in (0.0, 10.0):
            _write(tmp_path / "folder", _photo(colour, 1.0 - metres / 50.0), 100.0 * place + metres)
    for index in (None, tmp_path / "folder.photos"):
        if index is not None:
            index_photos(str(tmp_path / "folder"), index, config)
        evaluate_photos(str(tmp_path / "folder"), tmp_path / "out", config, index, "plain")
        tree = json.loads((tmp_path / "out" / "results.json").read_text())
        whole = tree["recall"][0]
        assert (whole["judged"], whole["r1"]["share"]) == (10, 1.0)
        assert whole["r1"]["chance"] == pytest.approx(1 / 10, abs=0.02)


def test_a_second_look_follows_the_search_and_is_told(town: Path, config: Config, tmp_path: Path) -> None:
    evaluate_photos(str(town), tmp_path / "out", config, None, "plain", SecondLook(crops=True, rerank=3))
    tree = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (tree["recall"][0]["judged"], tree["recall"][0]["r1"]["share"]) == (3, 1.0)
    assert tree["facts"]["second look"] == "nearest of six views, best 3 compared by local features"


def test_an_index_of_another_network_is_refused(town: Path, config: Config, tmp_path: Path) -> None:
    index_photos(str(town), tmp_path / "town.photos", config)
    other = load_config(None, (f"photo.model={write_photo_network(tmp_path / 'other.onnx', method='another')}",))
    with pytest.raises(IndexMismatchError, match="photo.model"):
        evaluate_photos(str(town), tmp_path / "out", other, tmp_path / "town.photos", "plain")


def test_photos_of_another_place_and_a_file_as_folder_are_refused(
    town: Path, config: Config, tmp_path: Path
) -> None:
    for file in (town / "database").iterdir():
        file.rename(file.with_name(file.name.replace("@3868596.90", "@3968596.90").replace("@34.95", "@35.95")))
    with pytest.raises(DatasetError, match=r"none of 4 queries has a right photo .*\(their middles are 1\d\d\.\d km"):
        evaluate_photos(str(town), tmp_path / "out", config, None, "plain")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="cannot write to"):
        evaluate_photos(str(town), tmp_path / "file", config, None, "plain")


def test_a_broken_query_is_told_and_one_photo_is_too_few(town: Path, config: Config, tmp_path: Path) -> None:
    broken = next((town / "queries_night").iterdir())
    broken.write_bytes(broken.read_bytes()[:100])
    summary = evaluate_photos(str(town), tmp_path / "out", config, None, "plain")
    assert [problem.file for problem in summary.evaluation.problems] == [f"queries_night/{broken.name}"]
    for photo in sorted((town / "database").iterdir())[1:]:
        photo.unlink()
    with pytest.raises(DatasetError, match="1 photo to search in"):
        evaluate_photos(str(town), tmp_path / "out", config, None, "plain")


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ConfigError, match="plain or sls"):
        parse_protocol("best")
