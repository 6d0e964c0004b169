"""Files that belong to the package and are no Python modules: configuration, weights."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import geoloc_ros
from geoloc_ros.core.errors import BackendError


def shared_file(name: str) -> Path:
    """A file that lies beside the package in a checkout and under share/geoloc_ros where it is installed.

    Raises:
        BackendError: If it lies at neither.
    """
    package = Path(geoloc_ros.__file__).resolve().parent
    # pip and colcon put modules at different depths below the prefix whose share/ they fill.
    prefixes = [*installation_prefixes(), *package.parents[:5]]
    folders = [package.parent, *dict.fromkeys(prefix / "share" / "geoloc_ros" for prefix in prefixes)]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise BackendError(f"'{name}' is in none of {', '.join(map(str, folders))}; install geoloc_ros again")


def installation_prefixes() -> list[Path]:
    """Where ROS packages are installed: what is sourced, and the environment we run in."""
    sourced = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return [*(Path(prefix) for prefix in sourced if prefix), Path(sys.prefix)]
