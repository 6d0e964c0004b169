"""pip and colcon make the same package from the same sources."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ros]

SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
NOT_SOURCES = shutil.ignore_patterns(".git", ".venv", "build", "install", "log", "demo", "*.egg-info", ".*_cache")
USE = """
import geoloc_ros, os, sys
from pathlib import Path
from ament_index_python.packages import get_package_share_directory
from rclpy.serialization import deserialize_message, serialize_message
from geoloc_ros.action import IndexMap
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.native import load_native
from geoloc_ros.msg import SemanticScan
from geoloc_ros.srv import LoadMap
prefix, site = Path(sys.argv[1]), Path(sys.argv[2])
assert Path(geoloc_ros.__path__[0]) == site / "geoloc_ros", geoloc_ros.__path__
assert Path(load_native()._name).parent == site / "geoloc_ros"
scan = SemanticScan(encoder_id="e", range_m=[1.0, 2.0])
assert deserialize_message(serialize_message(scan), SemanticScan) == scan
share = Path(get_package_share_directory("geoloc_ros"))
assert share == prefix / "share" / "geoloc_ros", share
assert (share / "config" / "fastdds.xml").is_file()
assert shared_file("models/README.md") == share / "models" / "README.md"
for node in ("localizer", "map_server", "perception"):
    assert os.access(prefix / "lib" / "geoloc_ros" / node, os.X_OK), node
"""


@pytest.fixture
def sources(root: Path, tmp_path: Path) -> Path:
    """A copy of the checkout, as a clone would be."""
    return Path(shutil.copytree(root, tmp_path / "workspace" / "src" / "geoloc_ros", ignore=NOT_SOURCES))


def use_package(prefix: Path, site: Path) -> None:
    """Import what was built from elsewhere, in a fresh process."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "AMENT_PREFIX_PATH": os.pathsep.join([str(prefix), sys.prefix]),
        "LD_LIBRARY_PATH": os.pathsep.join([str(prefix / "lib"), os.environ["LD_LIBRARY_PATH"]]),
    }
    command = [sys.executable, "-c", USE, str(prefix), str(site)]
    done = subprocess.run(command, env=environment, cwd=prefix, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_colcon_builds_the_package(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("colcon_core", reason="colcon is not installed: make dev")
    workspace = sources.parent.parent
    monkeypatch.setenv("CMAKE_PREFIX_PATH", sys.prefix)
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin:{os.environ['PATH']}")
    mended = sources / "cmake" / "pip_wheel_ros.cmake"
    options = [f"-DCMAKE_PROJECT_INCLUDE={mended}", f"-DPython3_EXECUTABLE={sys.executable}"]
    command = [f"{sys.prefix}/bin/colcon", "build", "--cmake-args", *options]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    built = sorted(path.name for path in (workspace / "build").iterdir() if path.is_dir())
    assert built == ["geoloc_ros"]  # and no tf2_msgs, which would shadow that of an apt ROS
    prefix = workspace / "install" / "geoloc_ros"
    use_package(prefix, prefix / SITE)


def test_pip_builds_the_package(sources: Path, tmp_path: Path) -> None:
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("geoloc_ros-*.whl")
    site = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (prefix,) = site.glob("*.data/data")
    for path in (prefix / "lib" / "geoloc_ros").iterdir():
        path.chmod(0o755)  # zipfile forgets the mode that pip restores
    use_package(prefix, site)
    assert (site / "tf2_msgs" / "msg" / "__init__.py").is_file()
    assert not list(site.rglob("*.c"))
