from pathlib import Path

import pytest

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.files import shared_file


def test_a_file_of_the_checkout_is_found(root: Path) -> None:
    assert shared_file("config/fastdds.xml") == root / "config" / "fastdds.xml"


def test_an_installed_file_is_found_by_the_ament_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "share" / "geoloc_ros" / "launch" / "mine.launch.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert shared_file("launch/mine.launch.py") == installed


def test_a_file_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(BackendError, match="no such"):
        shared_file("no such")
