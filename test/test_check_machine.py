import platform
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def check(root: Path) -> dict[str, Callable[[], Any]]:
    return runpy.run_path(str(root / "cmake" / "check_machine.py"))


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0)])
def test_a_python_without_wheels_is_refused(
    version: tuple[int, ...], check: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"3\.10 to 3\.13.*make PYTHON="):
        check["require_supported_machine"]()


def test_a_jetson_is_sent_to_the_instructions(
    check: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(SystemExit, match=r"aarch64.*docs/install.md"):
        check["require_supported_machine"]()


def test_a_machine_without_a_compiler_is_told_its_package(
    check: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "g++" in check["missing_packages"]()


def test_only_root_installs(
    check: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"sudo apt-get install g\+\+"):
        check["main"]()
