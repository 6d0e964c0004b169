from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.cambridge import load_cambridge

from .trees import pose, words, write_colmap_text, write_image, wxyz

TITLE = "Visual Landmark Dataset V1\nImageFile, Camera Position [X Y Z W P Q R]\n\n"


def row(name: str, number: int) -> str:
    """The table has the camera's centre, and the rotation that turns the scene into the camera."""
    return f"{name} {words(pose(number).translation_m)} {words(wxyz(pose(number).rotation.T))}\n"


def put_tables(folder: Path, extra: str = "") -> None:
    for name in ("seq1/a.png", "seq1/b.png", "seq2/c.png"):
        write_image(folder / name, 64, 48)
    (folder / "dataset_train.txt").write_text(TITLE + row("seq1/a.png", 1) + row("seq1/b.png", 2) + extra)
    (folder / "dataset_test.txt").write_text(TITLE + row("seq2/c.png", 3))


def put_nvm(folder: Path) -> None:
    rows = "".join(f"seq{k}/{name}.jpg 70.5 1 0 0 0 0 0 0 0.02 0\n" for k, name in ((1, "a"), (1, "b"), (2, "c")))
    (folder / "reconstruction.nvm").write_text(f"NVM_V3 \n\n3\n{rows}\n0\n")


def test_poses_and_parts_are_those_of_the_tables(tmp_path: Path) -> None:
    put_tables(tmp_path)
    put_nvm(tmp_path)
    scene = load_cambridge(tmp_path, no_progress)
    assert scene.train.file == ("seq1/a.png", "seq1/b.png") and scene.test.file == ("seq2/c.png",)
    assert scene.problems == () and scene.surface is None
    np.testing.assert_allclose(scene.test.scene_from_camera[0].rotation, pose(3).rotation, atol=1e-7)
    np.testing.assert_allclose(scene.test.scene_from_camera[0].translation_m, pose(3).translation_m, atol=1e-7)


def test_focal_lengths_come_from_the_nvm(tmp_path: Path) -> None:
    put_tables(tmp_path)
    put_nvm(tmp_path)
    camera = load_cambridge(tmp_path, no_progress).train.camera[0]
    assert camera == Camera("pinhole", 64, 48, 70.5, 70.5, 32.0, 24.0, (-0.02, 0.0, 0.0, 0.0))


def test_or_from_a_colmap_model_beside(tmp_path: Path) -> None:
    put_tables(tmp_path)
    write_colmap_text(tmp_path / "sparse", ["seq1/a.jpg", "seq2/c.jpg"])
    scene = load_cambridge(tmp_path, no_progress)
    assert scene.train.camera == (Camera("pinhole", 64, 48, 50.0, 51.0, 32.0, 24.0),)
    assert [(problem.file, problem.reason) for problem in scene.problems] == [("seq1/b.png", "it has no camera")]


def test_without_any_camera_it_is_told_what_is_missing(tmp_path: Path) -> None:
    put_tables(tmp_path)
    with pytest.raises(DatasetError, match=r"put reconstruction\.nvm, a COLMAP model \(sparse/\) or a camera\.yaml"):
        load_cambridge(tmp_path, no_progress)


def test_rows_that_are_no_pose_are_listed_and_cut_rows_are_an_error(tmp_path: Path) -> None:
    put_tables(tmp_path, "seq1/a.png 0 0 0 9 0 0 0\nseq1/b.png nan 0 0 1 0 0 0\n")
    put_nvm(tmp_path)
    scene = load_cambridge(tmp_path, no_progress)
    assert len(scene.train) == 2 and len(scene.problems) == 2
    put_tables(tmp_path, "seq1/a.png 0 0 0 1\n")
    with pytest.raises(DatasetError, match="line 6 of"):
        load_cambridge(tmp_path, no_progress)


def test_a_cut_nvm_is_an_error(tmp_path: Path) -> None:
    put_tables(tmp_path)
    put_nvm(tmp_path)
    whole = (tmp_path / "reconstruction.nvm").read_text()
    for end in (0, 6, 10, 40):
        (tmp_path / "reconstruction.nvm").write_text(whole[:end])
        with pytest.raises(DatasetError, match="VisualSfM"):
            load_cambridge(tmp_path, no_progress)
