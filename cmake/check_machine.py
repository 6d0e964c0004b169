"""Says in one line why this machine cannot build geoloc_ros with pip, before anything is downloaded."""

import importlib.util
import platform
import shutil
import sys

version, machine = platform.python_version(), platform.machine()
problem = None
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    problem = f"ROS 2 wheels exist for Python 3.10 to 3.13, this is {version}; choose one: make PYTHON=python3.12 venv"
elif sys.platform != "linux" or machine != "x86_64":
    problem = f"ROS 2 wheels exist for Linux on x86-64, this is {sys.platform} on {machine}; see docs/install.md"
elif __name__ == "__main__" and importlib.util.find_spec("ensurepip") is None:
    problem = "this Python cannot create environments; install that part of it: sudo apt-get install python3-venv"
elif shutil.which("g++") is None and shutil.which("c++") is None:
    problem = "there is no C++ compiler; install one: sudo apt-get install g++"
if problem:
    sys.exit("error: " + problem)
