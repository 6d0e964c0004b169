from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.depth_files import depth_in_image
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.open_scene import open_scene
from geoloc_ros.datasets.scenes.simulated import is_simulated, load_simulated

from .trees import write_image

CAMERA = {"model": "pinhole", "width": 64, "height": 48, "fx": 50.0, "fy": 50.0, "cx": 32.0, "cy": 24.0,
          "distortion": []}
PLY = """ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 5
0 1 5
1 0 5
3 0 1 2
"""


def row(folder: Path, part: str, number: int) -> dict[str, Any]:
    image, depth = f"{part}/{number:05d}.jpg", f"{part}/{number:05d}.depth.png"
    write_image(folder / image, 64, 48)
    write_image(folder / depth, 64, 48, dtype=np.uint16)
    pose = [[1.0, 0.0, 0.0, float(number)], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    return {"image": image, "depth": depth, "stamp_ns": 100 * number, "scene_from_camera": pose}


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "surface.ply").write_text(PLY)
    return {
        "kind": "simulated_scene", "format_version": 1, "title": "a room", "depth_unit_m": 0.002,
        "surface": "surface.ply", "camera": CAMERA, "train": [row(tmp_path, "train", k) for k in range(3)],
        "test": [row(tmp_path, "test", 9)],
    }


def put(folder: Path, described: object) -> None:
    (folder / "scene.json").write_text(json.dumps(described))


def test_views_surface_and_depth_are_read(tmp_path: Path, described: dict[str, Any]) -> None:
    put(tmp_path, described)
    assert is_simulated(tmp_path)
    scene = open_scene(tmp_path)
    assert (scene.name, len(scene.train), len(scene.test), scene.problems) == ("a room", 3, 1, ())
    assert scene.test.file == ("test/00009.jpg",)
    np.testing.assert_array_equal(scene.train.scene_from_camera[2].translation_m, [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(scene.train.stamp_ns, [0, 100, 200])
    assert scene.train.depth_unit_m == 0.002
    assert depth_in_image(scene.train, 0).shape == (48, 64)
    assert scene.surface is not None
    # Towards the cameras, which look along +z.
    np.testing.assert_allclose(scene.surface.normal, np.tile([0.0, 0.0, -1.0], (3, 1)))


def test_views_that_cannot_be_used_are_listed(tmp_path: Path, described: dict[str, Any]) -> None:
    described["train"][0]["scene_from_camera"][0][0] = -1.0
    (tmp_path / described["train"][1]["image"]).unlink()
    put(tmp_path, described)
    scene = load_simulated(tmp_path, no_progress)
    assert len(scene.train) == 1
    assert [problem.file for problem in scene.problems] == ["train/00000.jpg", "train/00001.jpg"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "cannot be read"), (b"[1]", "cannot be read"), (b"\xff", "cannot be read"),
        (b'{"kind": "tent"}', "is a tent"), (b'{"kind": "simulated_scene", "format_version": 9}', "format 9"),
        (b'{"kind": "simulated_scene", "format_version": 1}', "not as simulated scenes are"),
    ],
)
def test_a_broken_description_is_told(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "scene.json").write_bytes(text)
    with pytest.raises(DatasetError, match=message):
        load_simulated(tmp_path, no_progress)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("camera", {**CAMERA, "distortion": [0.1]}), ("camera", 3), ("train", [{}]), ("test", 5), ("depth_unit_m", "x"),
        ("camera", {**CAMERA, "width": float("inf")}), ("camera", {**CAMERA, "fx": 0.0}),
        ("camera", {**CAMERA, "cy": float("nan")}),
    ],
)
def test_wrong_values_are_told(tmp_path: Path, described: dict[str, Any], name: str, value: object) -> None:
    put(tmp_path, {**described, name: value})
    with pytest.raises(DatasetError, match="not as simulated scenes are"):
        load_simulated(tmp_path, no_progress)


@pytest.mark.parametrize("stamp_ns", [10**30, float("inf"), "noon", None])
def test_a_stamp_that_is_none_is_told(tmp_path: Path, described: dict[str, Any], stamp_ns: object) -> None:
    described["train"][1]["stamp_ns"] = stamp_ns
    put(tmp_path, described)
    with pytest.raises(DatasetError, match="not as simulated scenes are"):
        load_simulated(tmp_path, no_progress)


def test_a_scene_without_its_surface_is_told(tmp_path: Path, described: dict[str, Any]) -> None:
    put(tmp_path, described)
    (tmp_path / "surface.ply").unlink()
    with pytest.raises(DatasetError, match="surface.ply"):
        load_simulated(tmp_path, no_progress)
