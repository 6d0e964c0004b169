"""What ROS expects in the environment of a process, before rclpy starts."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from geoloc_ros.core.files import installation_prefixes, shared_file

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
        environment[_profile_variable(installation_prefixes())] = str(shared_file("config/fastdds.xml"))
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


def _profile_variable(prefixes: list[Path]) -> str:
    # Kilted warns in every process if it meets the old name too.
    is_old = any((prefix / "lib" / "libfastrtps.so").exists() for prefix in prefixes)
    return PROFILE_VARIABLES[1 if is_old else 0]
