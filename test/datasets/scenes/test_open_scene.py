from __future__ import annotations

from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.scenes.open_scene import open_scene

from .trees import write_colmap_text, write_image


def test_the_layout_is_found_by_what_lies_there(tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "a.png", 64, 48)
    write_colmap_text(tmp_path / "sparse", ["a.png"])
    scene = open_scene(str(tmp_path))
    assert scene.name == tmp_path.name and len(scene.train) == 1 and len(scene.test) == 0


def test_what_is_no_scene_is_told_with_all_that_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as told:
        open_scene(tmp_path)
    for sign in ("frame-000000.pose.txt", "dataset_train.txt", "groundtruth.txt", "images.bin"):
        assert sign in str(told.value)


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such folder"):
        open_scene(tmp_path / "nothing")


def test_nothing_usable_is_an_error_with_the_first_problem(tmp_path: Path) -> None:
    write_colmap_text(tmp_path, ["a.png"])
    with pytest.raises(DatasetError, match=r"no image with a pose to learn from; the first of 1 problems: a\.png"):
        open_scene(tmp_path)


def test_a_turned_jpeg_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "images").mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (64, 48)).save(tmp_path / "images" / "a.jpg", exif=turned)
    write_image(tmp_path / "images" / "b.png", 64, 48)
    write_colmap_text(tmp_path, ["a.jpg", "b.png"])
    scene = open_scene(tmp_path)
    assert "orientation 6" in scene.problems[0].reason
