"""Rebuilds libgeoloc_native.so alone and puts it into the installed package: `make native`."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from cmake import CMAKE_BIN_DIR

ROOT = Path(__file__).resolve().parent.parent
CMAKE = Path(CMAKE_BIN_DIR) / "cmake"
BUILD = ROOT / "build" / f"native-{sys.implementation.cache_tag}"
DESTINATION = Path(sysconfig.get_path("purelib")) / "geoloc_ros"
QUIET = "-DCMAKE_MESSAGE_LOG_LEVEL=WARNING"

# Under `make native` the inner make would talk about its folders.
environment = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
configure = [CMAKE, "-S", ROOT / "src", "-B", BUILD, f"-DGEOLOC_NATIVE_DESTINATION={DESTINATION}", QUIET]
for command in (configure, [CMAKE, "--build", BUILD, "--parallel"], [CMAKE, "--install", BUILD]):
    subprocess.run(command, check=True, env=environment)
