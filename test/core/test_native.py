from pathlib import Path

import pytest

import geoloc_ros
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.native import LIBRARY_NAME, NATIVE_ABI_VERSION, check_abi_version, find_native, load_native


def test_the_installed_library_is_of_the_version_these_files_need() -> None:
    assert load_native().geoloc_native_abi_version() == NATIVE_ABI_VERSION


def test_the_library_is_loaded_once() -> None:
    assert load_native() is load_native()


def test_the_first_folder_that_holds_the_library_wins(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("empty", "first", "second")]
    for folder in folders:
        folder.mkdir()
    for folder in folders[1:]:
        (folder / LIBRARY_NAME).touch()
    assert find_native([str(folder) for folder in folders]) == folders[1] / LIBRARY_NAME


def test_a_missing_library_names_the_folders_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=rf"searched: {tmp_path}.*make venv"):
        find_native([str(tmp_path)])


def test_a_library_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=rf"{NATIVE_ABI_VERSION + 1}.*need {NATIVE_ABI_VERSION}; .*make venv"):
        check_abi_version(NATIVE_ABI_VERSION + 1, tmp_path / LIBRARY_NAME)


def test_a_damaged_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / LIBRARY_NAME).write_bytes(b"\x7fELF, but no more")
    monkeypatch.setattr(geoloc_ros, "__path__", [str(tmp_path)])
    with pytest.raises(BackendError, match="cannot load"):
        load_native.__wrapped__()
