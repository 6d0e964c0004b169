"""Rebuilds libgeoloc_native.so alone and puts it into the installed package: `make native`."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from cmake import CMAKE_BIN_DIR

ROOT = Path(__file__).resolve().parent.parent
CMAKE = Path(CMAKE_BIN_DIR) / "cmake"
BUILD = ROOT / "build" / f"native-{sys.implementation.cache_tag}"
DESTINATION = Path(sysconfig.get_path("purelib")) / "geoloc_ros"

subprocess.run(
    [CMAKE, "-S", ROOT / "src", "-B", BUILD, f"-DGEOLOC_NATIVE_DESTINATION={DESTINATION}", "-DCMAKE_MESSAGE_LOG_LEVEL=WARNING"],
    check=True,
)
subprocess.run([CMAKE, "--build", BUILD], check=True)
subprocess.run([CMAKE, "--install", BUILD], check=True)
