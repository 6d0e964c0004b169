"""Says in one line why this machine cannot build geoloc_ros with pip, before anything is downloaded. Runs on any Python 3."""

import importlib.util
import platform
import shutil
import sys

problem = None
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    problem = "the ROS 2 wheels exist for Python 3.10 to 3.13, this is %s; choose another: make PYTHON=python3.12 venv" % (
        platform.python_version()
    )
elif sys.platform != "linux" or platform.machine() != "x86_64":
    problem = "the ROS 2 wheels exist for Linux on x86-64, this is %s on %s; build with colcon: docs/install.md" % (
        sys.platform,
        platform.machine(),
    )
elif importlib.util.find_spec("ensurepip") is None:
    problem = "Python cannot create environments; install that part of it: sudo apt-get install python3-venv"
elif shutil.which("g++") is None and shutil.which("c++") is None:
    problem = "no C++ compiler; install one: sudo apt-get install g++"
if problem:
    sys.exit("error: " + problem)
