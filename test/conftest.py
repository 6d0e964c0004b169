"""What every test may ask for. ROS is told here, before anything imports it, to stay on this machine and to itself."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))  # two test runs do not hear each other
os.environ.setdefault("FASTDDS_DEFAULT_PROFILES_FILE", str(ROOT / "config" / "fastdds.xml"))
os.environ.setdefault("AMENT_PREFIX_PATH", sys.prefix)  # the ROS wheels do not set it


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that start nodes where there is no ROS."""
    if item.get_closest_marker("ros") and importlib.util.find_spec("rclpy") is None:
        pytest.skip("rclpy cannot be imported")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real maps and drives beside the checkout; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real maps beside the checkout ({folder})")
    return folder
