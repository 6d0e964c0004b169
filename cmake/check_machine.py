"""What a machine needs before pip can build geoloc_ros: `make venv` runs this first, and setup.py asks it.

Root on Debian or Ubuntu (a container, CI) gets missing packages installed; anybody else is told which.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig


def require_supported_machine() -> None:
    """Exit with one line where no ROS wheels exist."""
    version, machine = platform.python_version(), platform.machine()
    if sys.platform != "linux" or machine != "x86_64":
        sys.exit(f"error: ROS 2 wheels exist for x86-64 Linux, this is {machine} {sys.platform}; see docs/install.md")
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        way_out = "choose one: make PYTHON=python3.12 venv"
        sys.exit(f"error: ROS 2 wheels exist for Python 3.10 to 3.13, this is {version}; {way_out}")


def missing_packages() -> list[str]:
    """Names of the Debian packages that building needs and that are not there."""
    python = "python3" if sys.executable.endswith("/python3") else f"python3.{sys.version_info.minor}"
    found = {
        "g++": shutil.which("g++") or shutil.which("c++"),
        f"{python}-dev": os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")),
        f"{python}-venv": sys.prefix != sys.base_prefix or importlib.util.find_spec("ensurepip"),
    }
    return [name for name, is_there in found.items() if not is_there]


def main() -> None:
    """Install what is missing, as root, or say what to install."""
    require_supported_machine()
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("error: the build needs a few packages; install them: sudo apt-get install " + " ".join(missing))
    print("installing with apt-get: " + " ".join(missing), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", *command], check=True, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
