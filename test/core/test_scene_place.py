import json
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.scene_place import ScenePlace, read_place, write_place
from geoloc_ros.core.types import Pose3

PLACE = ScenePlace(Pose3(rotation_from_rpy(0.1, -0.2, 2.0), np.array([10.0, -4.0, 1.5])), GeoOrigin(48.4, 9.98))


def test_a_place_comes_back_as_it_was(tmp_path: Path) -> None:
    write_place(tmp_path, PLACE)
    read = read_place(tmp_path)
    assert read is not None and read.origin == PLACE.origin
    assert read.map_from_scene.rotation == pytest.approx(PLACE.map_from_scene.rotation)
    assert read.map_from_scene.translation_m == pytest.approx(PLACE.map_from_scene.translation_m)


def test_a_scene_without_the_file_is_nowhere(tmp_path: Path) -> None:
    assert read_place(tmp_path) is None


def test_on_a_map_of_another_origin_a_scene_is_where_it_was() -> None:
    moved = PLACE.on(GeoOrigin(48.39, 9.98))
    assert moved.translation_m[1] - PLACE.map_from_scene.translation_m[1] == pytest.approx(1112.0, abs=1.0)
    assert PLACE.on(PLACE.origin) is PLACE.map_from_scene


def test_a_map_without_origin_is_that_of_who_localizes() -> None:
    here = ScenePlace(PLACE.map_from_scene, None)
    assert here.on(GeoOrigin(1.0, 2.0)) is PLACE.map_from_scene


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({}, "map_from_scene"), ([], "origin"), ({"origin": None, "map_from_scene": "north"}, "no matrix"),
        ({"origin": None, "map_from_scene": np.eye(3).tolist()}, "4 x 4"),
        ({"origin": None, "map_from_scene": np.diag([2.0, 2.0, 2.0, 1.0]).tolist()}, "rotation"),
        ({"origin": None, "map_from_scene": np.diag([1.0, 1.0, -1.0, 1.0]).tolist()}, "mirrored"),
        ({"origin": {"latitude_deg": 1.0}, "map_from_scene": np.eye(4).tolist()}, "longitude_deg"),
        ({"origin": {"latitude_deg": 91, "longitude_deg": 0}, "map_from_scene": np.eye(4).tolist()}, "nowhere"),
        ({"origin": {"latitude_deg": "48", "longitude_deg": 0}, "map_from_scene": np.eye(4).tolist()}, "number"),
        ({"origin": {"latitude_deg": 10**400, "longitude_deg": 0}, "map_from_scene": np.eye(4).tolist()}, "place.json"),
        ({"origin": None, "map_from_scene": [[10**400, 0, 0, 0]]}, "place.json"),
    ],
)
def test_what_is_no_place_is_refused_with_the_reason(tmp_path: Path, entry: object, word: str) -> None:
    (tmp_path / "place.json").write_text(json.dumps(entry))
    with pytest.raises(DatasetError, match=word):
        read_place(tmp_path)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "place.json").write_text("{")
    with pytest.raises(DatasetError, match=r"place\.json"):
        read_place(tmp_path)
