from __future__ import annotations

import json
from pathlib import Path

import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.landmarks.coordinate_map import CoordinateMap

CAMERA = Camera("pinhole", 64, 48, 50.0, 50.0, 32.0, 24.0)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    (tmp_path / "n.onnx").write_bytes(b"network")
    CoordinateMap("room", tmp_path / "n.onnx", CAMERA, {"steps": 3}).save(tmp_path / "map")
    return tmp_path / "map"


def test_what_was_saved_is_loaded(saved: Path) -> None:
    found = CoordinateMap.load(saved)
    assert (found.name, found.camera, dict(found.config)) == ("room", CAMERA, {"steps": 3})
    assert found.network_file.read_bytes() == b"network"


def test_a_damaged_network_is_noticed(saved: Path) -> None:
    (saved / "network.onnx").write_bytes(b"other")
    with pytest.raises(ArtifactError, match="damaged"):
        CoordinateMap.load(saved)


def test_a_manifest_without_camera_is_incomplete(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    del manifest["metadata"]["camera"]
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="incomplete"):
        CoordinateMap.load(saved)


def test_a_network_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="none.onnx"):
        CoordinateMap("room", tmp_path / "none.onnx", CAMERA, {}).save(tmp_path / "map")
    assert not (tmp_path / "map").exists()
