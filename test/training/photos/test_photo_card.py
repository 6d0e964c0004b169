from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.photos import PhotoProblem
from geoloc_ros.training.loop import TrainingResult
from geoloc_ros.training.photos.networks.spec import NetworkSpec
from geoloc_ros.training.photos.photo_card import PhotoCard, write_photo_card


def card(tmp_path: Path, broken: int) -> str:
    (tmp_path / "net.onnx").write_bytes(b"weights")
    problems = tuple(PhotoProblem(f"/somewhere/{number}.jpg", "broken") for number in range(broken))
    made = PhotoCard(
        NetworkSpec(height_px=96, width_px=128), "By places.", "geoloc train photo", ("`a`: 3", "`b`: 4"), "`c`: 5",
        7, "abc", "", TrainingResult((), 50.0, 80, 100, 3.0), "R@1 50 %", problems,
    )  # fmt: skip
    write_photo_card(made, tmp_path / "net.onnx", tmp_path / "net.md")
    return (tmp_path / "net.md").read_text()


def test_a_card_says_what_the_file_is_and_what_it_learned_from(tmp_path: Path) -> None:
    text = card(tmp_path, 0)
    assert hashlib.sha256(b"weights").hexdigest() in text and "(N, 3, 96, 128)" in text
    assert "- `a`: 3\n- `b`: 4\n" in text and "| first weights | random |" in text and "weights of step 80" in text
    assert "grey" not in text


def test_a_card_tells_of_photos_that_could_not_be_read_without_their_folders(tmp_path: Path) -> None:
    text = card(tmp_path, 7)
    assert "7 photos could not be read" in text and "`4.jpg`, …." in text and "/somewhere" not in text
