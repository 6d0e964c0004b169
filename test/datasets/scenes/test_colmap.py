from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.colmap import is_colmap, load_colmap
from geoloc_ros.datasets.scenes.colmap_binary import read_binary_images, read_binary_points

from .trees import pose, write_colmap_binary, write_colmap_text, write_image

NAMES = ["left/a.png", "left/b.png", "c d.png"]


def put_images(folder: Path, names: list[str]) -> None:
    for name in names:
        write_image(folder / "images" / name, 64, 48)


@pytest.mark.parametrize("inner", [".", "sparse", "sparse/0"])
@pytest.mark.parametrize("write", [write_colmap_text, write_colmap_binary])
def test_poses_are_those_of_the_model_turned_around(tmp_path: Path, inner: str, write: object) -> None:
    put_images(tmp_path, NAMES)
    assert callable(write)
    write(tmp_path / inner, NAMES)
    scene = load_colmap(tmp_path, no_progress)
    assert scene.problems == ()
    assert sorted(scene.train.file) == sorted(NAMES)
    for row, file in enumerate(scene.train.file):
        expected = pose(NAMES.index(file))
        np.testing.assert_allclose(scene.train.scene_from_camera[row].rotation, expected.rotation, atol=1e-7)
        np.testing.assert_allclose(scene.train.scene_from_camera[row].translation_m, expected.translation_m, atol=1e-7)
        assert scene.train.camera[row] == Camera("pinhole", 64, 48, 50.0, 51.0, 32.0, 24.0)


def test_images_of_test_txt_are_kept_apart(tmp_path: Path) -> None:
    put_images(tmp_path, NAMES)
    write_colmap_binary(tmp_path / "sparse", NAMES)
    (tmp_path / "test.txt").write_text("c d.png\nno such.png\n")
    scene = load_colmap(tmp_path, no_progress)
    assert scene.test.file == ("c d.png",)
    assert scene.train.file == ("left/a.png", "left/b.png")
    assert [problem.file for problem in scene.problems] == ["no such.png"]


def test_missing_and_wrongly_sized_images_are_listed(tmp_path: Path) -> None:
    put_images(tmp_path, NAMES[1:])
    write_image(tmp_path / "images" / "c d.png", 63, 48)
    write_colmap_text(tmp_path, NAMES)
    scene = load_colmap(tmp_path, no_progress)
    assert scene.train.file == ("left/b.png",)
    reasons = {problem.file: problem.reason for problem in scene.problems}
    assert reasons == {"left/a.png": "there is no such image", "c d.png": "it has 63x48 pixels, its camera 64x48"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("SIMPLE_PINHOLE 64 48 50 32 24", Camera("pinhole", 64, 48, 50.0, 50.0, 32.0, 24.0)),
        ("SIMPLE_RADIAL 64 48 50 32 24 0.1", Camera("pinhole", 64, 48, 50.0, 50.0, 32.0, 24.0, (0.1, 0.0, 0.0, 0.0))),
        ("RADIAL 64 48 50 32 24 .1 .2", Camera("pinhole", 64, 48, 50.0, 50.0, 32.0, 24.0, (0.1, 0.2, 0.0, 0.0))),
        (
            "OPENCV 64 48 50 51 32 24 .1 .2 .3 .4",
            Camera("pinhole", 64, 48, 50.0, 51.0, 32.0, 24.0, (0.1, 0.2, 0.3, 0.4)),
        ),
        (
            "FULL_OPENCV 64 48 50 51 32 24 1 2 3 4 5 6 7 8",
            Camera("pinhole", 64, 48, 50.0, 51.0, 32.0, 24.0, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)),
        ),
        (
            "OPENCV_FISHEYE 64 48 50 51 32 24 .1 .2 .3 .4",
            Camera("fisheye", 64, 48, 50.0, 51.0, 32.0, 24.0, (0.1, 0.2, 0.3, 0.4)),
        ),
        (
            "SIMPLE_RADIAL_FISHEYE 64 48 50 32 24 .1",
            Camera("fisheye", 64, 48, 50.0, 50.0, 32.0, 24.0, (0.1, 0.0, 0.0, 0.0)),
        ),
    ],
)
def test_camera_models_of_colmap_are_ours(tmp_path: Path, row: str, expected: Camera) -> None:
    put_images(tmp_path, ["a.png"])
    write_colmap_text(tmp_path, ["a.png"], f"1 {row}")
    assert load_colmap(tmp_path, no_progress).train.camera == (expected,)


def test_a_camera_that_nobody_here_knows_is_told_with_the_way_out(tmp_path: Path) -> None:
    put_images(tmp_path, ["a.png"])
    write_colmap_text(tmp_path, ["a.png"], "1 FOV 64 48 50 51 32 24 0.9")
    with pytest.raises(DatasetError, match=r"a\.png: its model FOV is not known here; undistort the images"):
        load_colmap(tmp_path, no_progress)


def test_a_quaternion_of_another_length_is_listed(tmp_path: Path) -> None:
    put_images(tmp_path, NAMES)
    write_colmap_text(tmp_path, NAMES)
    text = (tmp_path / "images.txt").read_text().splitlines()
    text[1] = "1 2 0 0 0 0 0 0 1 left/a.png"
    (tmp_path / "images.txt").write_text("\n".join(text) + "\n")
    scene = load_colmap(tmp_path, no_progress)
    assert [problem.reason for problem in scene.problems] == ["its quaternion has length 2 instead of 1"]


def test_sparse_points_serve_as_surface_and_it_is_said(tmp_path: Path) -> None:
    put_images(tmp_path, NAMES)
    write_colmap_text(tmp_path, NAMES)
    grid = [f"{n} {n % 12} {n // 12} 5 0 0 0 0.1 1 2" for n in range(144)]
    (tmp_path / "points3D.txt").write_text("# Points\n" + "\n".join(grid) + "\n")
    scene = load_colmap(tmp_path, no_progress)
    assert scene.surface is not None and scene.surface.vertices_m.shape == (144, 3)
    # A plane z = 5, seen from below.
    np.testing.assert_allclose(scene.surface.normal, np.tile([0.0, 0.0, -1.0], (144, 1)), atol=1e-6)
    assert "144 points are taken as the surface" in scene.problems[0].reason


def test_points_without_a_camera_that_saw_them_are_no_surface(tmp_path: Path) -> None:
    put_images(tmp_path, NAMES)
    write_colmap_text(tmp_path / "sparse", NAMES, "1 PINHOLE 64 48 0 0 32 24")
    lines = [f"{number} {number} 0 1 9 9 9 0.5" for number in range(200)]
    (tmp_path / "sparse" / "points3D.txt").write_text("\n".join(lines))
    with pytest.raises(DatasetError, match="holds no image with a pose.*its numbers make no camera"):
        load_colmap(tmp_path, no_progress)


def test_binary_points_are_read(tmp_path: Path) -> None:
    rows = b"".join(
        struct.pack("<Q3d3BdQ", n, n, 2.0 * n, 3.0 * n, 1, 2, 3, 0.5, n) + b"\0" * 8 * n for n in range(4)
    )
    (tmp_path / "points3D.bin").write_bytes(struct.pack("<Q", 4) + rows)
    points_m = read_binary_points(tmp_path / "points3D.bin")
    np.testing.assert_allclose(points_m, np.outer(np.arange(4), [1, 2, 3]))


@pytest.fixture(scope="module")
def binary_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    put_images(folder, NAMES)
    write_colmap_binary(folder, NAMES)
    return folder


def test_every_truncated_file_is_an_error(binary_model: Path, tmp_path: Path) -> None:
    whole = (binary_model / "images.bin").read_bytes()
    for end in range(len(whole)):
        (tmp_path / "images.bin").write_bytes(whole[:end])
        with pytest.raises(DatasetError):
            read_binary_images(tmp_path / "images.bin")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_byte_is_a_problem_or_an_error_never_more(binary_model: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(["images.bin", "cameras.bin"]))
    whole = (binary_model / file).read_bytes()
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    (binary_model / file).write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
    try:
        load_colmap(binary_model, no_progress)
    except DatasetError:
        pass
    finally:
        (binary_model / file).write_bytes(whole)


def test_a_folder_without_a_model_is_none(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text("")
    assert not is_colmap(tmp_path)
