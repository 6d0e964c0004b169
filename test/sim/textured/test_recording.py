from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.types import Float32, Pose3
from geoloc_ros.sim.textured.light import Lighting
from geoloc_ros.sim.textured.recording import Place, record_scene, walk_lengths
from geoloc_ros.sim.textured.rectangles import Brush
from geoloc_ros.sim.textured.scene_folder import SCENE_FILE
from geoloc_ros.sim.textured.world import TexturedWorld, looking


def speckled(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    return np.random.default_rng(0).random((*shape, 3)).astype(np.float32)


def small_world(seed: int) -> TexturedWorld:
    walls = Brush(0.1).box((5.0, 0.0), (2.0, 2.0, 2.0), 0.0, 0.0, speckled)
    return TexturedWorld(f"box {seed}", tuple(walls), Lighting((), np.ones(3), np.ones(3), 1.0), 1.0, 0.001, 10.0, 0.5)


def small_walk(count: int, number: int, rng: np.random.Generator) -> list[Pose3]:
    return [looking(0.0, 0.0, 0.0, (0.1 * k, float(number), 1.0)) for k in range(count)]


BOX = Place(small_world, small_walk)


def record(folder: Path, progress: list[float]) -> None:
    record_scene(BOX, "room", 4, 51, 3, (32, 32), folder, lambda stage, ratio: progress.append(ratio))


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    progress: list[float] = []
    for name in ("a", "b"):
        record(tmp_path / name, progress)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 2 * 54 + 2
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert progress[-1] == 1.0


def test_tests_come_from_other_walks(tmp_path: Path) -> None:
    record(tmp_path / "scene", [])
    described = json.loads((tmp_path / "scene" / SCENE_FILE).read_text())
    walks = {
        part: {row["scene_from_camera"][1][3] for row in described[part]} for part in ("train", "test")
    }
    assert walks == {"train": {0.0, 1.0}, "test": {2.0}}
    stamps = [row["stamp_ns"] for part in ("train", "test") for row in described[part]]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize(("count", "lengths"), [(0, []), (1, [1]), (50, [50]), (51, [26, 25]), (150, [50, 50, 50])])
def test_views_are_dealt_out_to_walks(count: int, lengths: list[int]) -> None:
    assert walk_lengths(count) == lengths
