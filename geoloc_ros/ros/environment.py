"""What ROS expects in the environment of a process, before rclpy starts."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

import geoloc_ros
from geoloc_ros.core.errors import BackendError

# Fast DDS 3 (Kilted) reads the first, Fast DDS 2 (Jazzy, Humble) the second.
PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")

PARENT_VARIABLE = "GEOLOC_PARENT_PID"
"""Whom `end_with_parent` means; set by `geoloc run`."""
_PR_SET_PDEATHSIG = 1


def set_transport_defaults(environment: MutableMapping[str, str]) -> None:
    """Set what any process of ours needs and the user has not set.

    Fast DDS gets the shared memory profile without which whole images are lost, and the wheels of ROS get the prefix
    that their launcher does not set.
    """
    if not any(variable in environment for variable in PROFILE_VARIABLES):
        environment[_profile_variable(_prefixes())] = str(shared_file("config/fastdds.xml"))
    if "AMENT_PREFIX_PATH" not in environment and (Path(sys.prefix) / "share" / "ament_index").is_dir():
        environment["AMENT_PREFIX_PATH"] = sys.prefix


def set_ros_defaults(environment: MutableMapping[str, str]) -> None:
    """The same, and for what runs on one machine as a whole: discovery does not look further."""
    set_transport_defaults(environment)
    environment.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")


def end_with_parent(environment: Mapping[str, str]) -> None:
    """Get SIGTERM when the process that is named as parent ends, however it ends; nothing where none is named."""
    parent = environment.get(PARENT_VARIABLE)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it has ended already
        signal.raise_signal(signal.SIGTERM)


def shared_file(name: str) -> Path:
    """A file that lies beside the package in a checkout and under share/geoloc_ros where it is installed.

    Raises:
        BackendError: If it lies at neither.
    """
    folders = [Path(geoloc_ros.__file__).resolve().parents[1]]
    folders += [prefix / "share" / "geoloc_ros" for prefix in _prefixes()]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise BackendError(f"'{name}' is in none of {', '.join(map(str, folders))}; install geoloc_ros again")


def _prefixes() -> list[Path]:
    """Where ROS packages are installed: what is sourced, and the environment we run in."""
    sourced = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return [*(Path(prefix) for prefix in sourced if prefix), Path(sys.prefix)]


def _profile_variable(prefixes: list[Path]) -> str:
    # Kilted warns in every process if it meets the old name too.
    is_old = any((prefix / "lib" / "libfastrtps.so").exists() for prefix in prefixes)
    return PROFILE_VARIABLES[1 if is_old else 0]
