"""What ROS finds in the environment."""

import sys
from pathlib import Path

import pytest

from geoloc_ros.ros.environment import PROFILE_VARIABLES, set_ros_defaults, set_transport_defaults


def test_what_the_user_has_set_is_left_alone() -> None:
    environment = {
        "FASTDDS_DEFAULT_PROFILES_FILE": "mine.xml", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
        "AMENT_PREFIX_PATH": "/opt/ros",
    }
    before = dict(environment)
    set_ros_defaults(environment)
    assert environment == before


def test_discovery_is_narrowed_only_where_everything_runs_on_one_machine(root: Path) -> None:
    one_node: dict[str, str] = {}
    set_transport_defaults(one_node)
    assert [one_node[name] for name in PROFILE_VARIABLES if name in one_node] == [str(root / "config" / "fastdds.xml")]
    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" not in one_node
    stack: dict[str, str] = {}
    set_ros_defaults(stack)
    assert stack["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert stack.get("AMENT_PREFIX_PATH", sys.prefix) == sys.prefix


def test_the_profile_goes_by_the_name_that_the_installed_fast_dds_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    kilted: dict[str, str] = {}
    set_transport_defaults(kilted)
    assert "FASTDDS_DEFAULT_PROFILES_FILE" in kilted and "FASTRTPS_DEFAULT_PROFILES_FILE" not in kilted
    (tmp_path / "lib" / "libfastrtps.so").touch()
    jazzy: dict[str, str] = {}
    set_transport_defaults(jazzy)
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" in jazzy and "FASTDDS_DEFAULT_PROFILES_FILE" not in jazzy
