from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Pose3
from geoloc_ros.sim.textured.scene_folder import SCENE_FILE, SceneFacts, check_scene_folder, write_scene

FACTS = SceneFacts("a room", "room", 3, Camera.pinhole(40, 30, 1.0), 0.001)
IMAGE, DEPTH = np.full((30, 40, 3), 90, np.uint8), np.full((30, 40), 1500, np.uint16)
POSE = Pose3(np.eye(3), np.array([1.0, 2.0, 3.0]))


def put_scene(folder: Path, views: int = 1) -> None:
    with write_scene(folder) as writer:
        for number in range(views):
            writer.add_view("train", IMAGE, DEPTH, POSE, 7 * number)
        writer.finish(FACTS)


def test_an_older_scene_is_replaced_whole(tmp_path: Path) -> None:
    put_scene(tmp_path / "scene", 2)
    put_scene(tmp_path / "scene", 1)
    described = json.loads((tmp_path / "scene" / SCENE_FILE).read_text())
    assert [row["image"] for row in described["train"]] == ["train/00000.jpg"]
    assert described["train"][0]["scene_from_camera"][1] == [0.0, 1.0, 0.0, 2.0]
    assert sorted(file.name for file in (tmp_path / "scene" / "train").iterdir()) == ["00000.depth.png", "00000.jpg"]
    assert [file.name for file in tmp_path.iterdir()] == ["scene"]


def test_what_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    put_scene(tmp_path / "old", 2)
    for name in ("old", "new"):
        with pytest.raises(KeyboardInterrupt), write_scene(tmp_path / name) as writer:
            writer.add_view("train", IMAGE, DEPTH, POSE, 0)
            raise KeyboardInterrupt
    assert [file.name for file in tmp_path.iterdir()] == ["old"]
    assert len(list((tmp_path / "old" / "train").iterdir())) == 4


def test_folders_of_others_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(DatasetError, match="choose another folder"), write_scene(tmp_path):
        raise AssertionError
    (tmp_path / SCENE_FILE).write_text('{"kind": "theirs"}')
    with pytest.raises(DatasetError, match="choose another folder"):
        check_scene_folder(tmp_path)
    with pytest.raises(DatasetError, match="Not a directory"):
        check_scene_folder(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "mine"
