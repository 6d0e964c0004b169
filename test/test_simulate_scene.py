from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.depth_files import depth_in_image
from geoloc_ros.core.errors import ConfigError, DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.open_scene import open_scene
from geoloc_ros.simulate_scene import SceneOptions, parse_size, simulate_scene


def test_a_room_is_recorded_and_its_depth_lies_on_its_surface(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    arguments = ["simulate", "scene", "room", "-o", str(folder), "--train", "2", "--test", "1", "--size", "64x48"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 views for training, 1 from other walks" in result.output
    scene = open_scene(folder)
    assert (len(scene.train), len(scene.test), scene.problems) == (2, 1, ())
    assert scene.surface is not None
    camera, pose = scene.train.camera[0], scene.train.scene_from_camera[0]
    points_m = pose.apply((camera.rays() * depth_in_image(scene.train, 0)[..., None]).astype(float)).reshape(-1, 3)
    points_m = points_m[np.isfinite(points_m).all(axis=1)][::20]
    away_m = np.linalg.norm(points_m[:, None] - scene.surface.vertices_m[None], axis=2).min(axis=1)
    # Cells are 0.1 m wide, so no point is farther than half a diagonal from one of their corners.
    assert np.quantile(away_m, 0.95) < 0.09


@pytest.mark.parametrize(
    ("scene", "options", "message"),
    [
        ("attic", SceneOptions(1, 1, 0, "64x48"), "no scene 'attic'"),
        ("room", SceneOptions(0, 1, 0, "64x48"), "1 view or more"),
        ("room", SceneOptions(1, -1, 0, "64x48"), "0 or more"),
        ("room", SceneOptions(1, 1, -1, "64x48"), "0 or more"),
        ("room", SceneOptions(1, 1, 0, "64"), "WIDTHxHEIGHT"),
        ("room", SceneOptions(1, 1, 0, "8x8"), "32 to 2048"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_made(
    tmp_path: Path, scene: str, options: SceneOptions, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        simulate_scene(scene, tmp_path / "out", options, no_progress)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="choose another folder"):
        simulate_scene("room", tmp_path, SceneOptions(1, 0, 0, "64x48"), no_progress)


@pytest.mark.parametrize("text", ["", "x", "320", "320x", "-3x4", "320x240x3", "3e2x240", "32O x 240"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_size(text)


def test_a_size() -> None:
    assert parse_size("320x240") == (320, 240)
