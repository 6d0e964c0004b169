from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.image_files import FolderNames, image_files, some_images

from .trees import touch


def test_images_are_found_in_order_and_other_files_are_not(tmp_path: Path) -> None:
    others = ("notes.txt", ".cache/d.jpg", "jpg", ".e.jpg")
    touch(*(tmp_path / name for name in ("b.JPG", "a/z.png", "a/b/c.jpeg", *others)))
    assert list(image_files(tmp_path, tmp_path)) == ["a/b/c.jpeg", "a/z.png", "b.JPG"]
    assert list(image_files(tmp_path / "a", tmp_path)) == ["a/b/c.jpeg", "a/z.png"]


def test_a_link_back_to_a_folder_above_ends(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "z.png")
    (tmp_path / "a" / "loop").symlink_to("..")
    (tmp_path / "other").symlink_to("a")
    assert list(image_files(tmp_path, tmp_path)) == ["a/z.png", "other/z.png"]


def test_some_images_are_found_however_deep(tmp_path: Path) -> None:
    assert some_images(tmp_path, 3) == []
    touch(tmp_path / "a" / "b" / "c.png", tmp_path / "readme.md")
    assert some_images(tmp_path, 3) == ["c.png"]
    touch(*(tmp_path / f"{number}.png" for number in range(5)))
    assert len(some_images(tmp_path, 3)) == 3


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        list(image_files(tmp_path / "x", tmp_path))


def test_folders_are_asked_once(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "b.jpg")
    names = FolderNames(tmp_path)
    assert names.holds("a/b.jpg") and not names.holds("a/c.jpg") and not names.holds("x/y.jpg")
    touch(tmp_path / "a" / "c.jpg")
    assert not names.holds("a/c.jpg")
