"""`pip install .`: runs CMakeLists.txt against the ROS wheels of PyPI and packs what it installs."""

import importlib.metadata
import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from setuptools import Command, Distribution, find_packages, setup
from setuptools.command.build import build
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

ROOT = Path(__file__).resolve().parent
NAME = "geoloc_ros"

runpy.run_path(str(ROOT / "cmake" / "check_machine.py"))["require_supported_machine"]()

# What building needs under one ROS distribution only.
BUILD_OF_DISTRO = {
    "kilted": ["ament-cmake-ros-core"],
    "jazzy": [
        "ament-cmake-ros",
        "ament-cmake-gtest",
        "ament-cmake-gmock",
        "ament-cmake-pytest",
        "fastrtps-cmake-module",
    ],
}
# The ROS distribution whose wheels are installed.
ROS_DISTRO = os.environ.get("GEOLOC_ROS_DISTRO", "kilted")
if ROS_DISTRO not in BUILD_OF_DISTRO:
    raise SystemExit(f"GEOLOC_ROS_DISTRO is '{ROS_DISTRO}', PyPI has wheels of: {', '.join(BUILD_OF_DISTRO)}")
ROS_RUN = (
    "rclpy[fastrtps]",
    "std-msgs",
    "std-srvs",
    "sensor-msgs",
    "geometry-msgs",
    "nav-msgs",
    "diagnostic-msgs",
    "visualization-msgs",
    "lifecycle-msgs",
    "action-msgs",
    "rosgraph-msgs",
)
# What CMakeLists.txt needs; fetched into pip's build environment (setup_requires), and for colcon by the extra "dev".
BUILD = [
    "cmake>=3.22",
    "ninja",
    "catkin_pkg",
    "numpy",
    "ros-python-cmake-module",  # has no name of its own for each distribution
    *(
        f"ros-{ROS_DISTRO}-{package}"
        for package in (
            "ament-cmake",
            "ament-cmake-python",
            "ament-cmake-include-directories",
            "ament-package",
            "rosidl-default-generators",
            "rosidl-core-generators",
            "std-msgs",
            "geometry-msgs",
            "action-msgs",
            *BUILD_OF_DISTRO[ROS_DISTRO],
        )
    ),
]
TRAIN = [
    "torch==2.13.0",
    "onnx>=1.16",
    "tensorboard>=2.16",
    "transformers>=4.46",  # backbones of networks for photos
    "pytorch-metric-learning>=2.5",
]
# Other people's networks to ONNX; torchvision, which belongs to one build of torch, only for detectors.
EXPORT = ["torch==2.13.0", "onnx>=1.16", "transformers>=4.46", "safetensors>=0.4"]
TENSORRT_RTX = 'tensorrt-rtx-cu13>=1.5; sys_platform == "linux" and platform_machine == "x86_64"'
EXTRAS = {
    "train": TRAIN,
    "export": EXPORT,
    "gpu": ["onnxruntime-gpu>=1.19"],
    "tensorrt": ["tensorrt>=10.3"],
    "tensorrt-rtx": [TENSORRT_RTX],
    "dev": [
        "pytest>=8",
        "hypothesis>=6.100",
        *TRAIN,  # and small networks for tests
        *EXPORT,
        TENSORRT_RTX,  # builds engines without a GPU; 228 MB, 10 s
        # Linters learn new complaints with every version, and numpy's annotations change what mypy says.
        'mypy==2.4.*; python_version >= "3.11"',
        'numpy==2.4.*; python_version >= "3.11"',
        "ruff==0.17.*",
        "import-linter>=2.0",
        "setuptools>=77",  # to build a wheel without pip's build environment; a new environment may hold an older one
        "colcon-common-extensions",
        f"ros-{ROS_DISTRO}-ament-cmake-pytest",
        *BUILD,
    ],
}


def requirements() -> list[str]:
    """Python dependencies besides ROS, one per line of requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def ros_prefix() -> Path:
    """Folder whose share/ holds the ament build tools: pip's build environment, or the environment we run in."""
    candidates = [Path(folder) for entry in sys.path for folder in Path(entry).parents[2:3]] + [Path(sys.prefix)]
    for candidate in candidates:
        if (candidate / "share" / "ament_cmake" / "package.xml").is_file():
            return candidate
    raise SystemExit(
        "no ROS build tools found. Either let pip fetch them (leave out --no-build-isolation), "
        "or build against an installed ROS 2 with: colcon build"
    )


def is_foreign_package(name: str) -> bool:
    """Is the Python package `name` importable, and not installed by an earlier geoloc_ros?"""
    if importlib.util.find_spec(name) is None:
        return False
    try:
        own_files = importlib.metadata.files(NAME) or []
    except importlib.metadata.PackageNotFoundError:
        return True
    return not any(path.parts[0] == name for path in own_files)


def run_cmake(source: Path, build: Path, stage: Path) -> None:
    """Configure, build and install the CMake project `source` into `stage`, as it would lie under sys.prefix."""
    from cmake import CMAKE_BIN_DIR  # the wheel: a Debian 11 or Ubuntu 20.04 cmake is too old

    prefix = ros_prefix()
    cmake = str(Path(CMAKE_BIN_DIR) / "cmake")
    environment = {
        **os.environ,
        "AMENT_PREFIX_PATH": str(prefix),
        "CMAKE_PREFIX_PATH": str(prefix),
        "LD_LIBRARY_PATH": os.pathsep.join([str(prefix / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]),
        "PATH": os.pathsep.join([str(prefix / "bin"), str(Path(sys.prefix) / "bin"), os.environ.get("PATH", "")]),
    }
    options = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_INSTALL_PREFIX": str(stage),
        "CMAKE_PROJECT_INCLUDE": str(ROOT / "cmake" / "pip_wheel_ros.cmake"),
        "Python3_EXECUTABLE": sys.executable,
        "CMAKE_INSTALL_MESSAGE": "NEVER",
        "BUILD_TESTING": "OFF",
    }
    definitions = [f"-D{key}={value}" for key, value in options.items()]
    for command in (
        [cmake, "-S", str(source), "-B", str(build), "-G", "Ninja", *definitions],
        [cmake, "--build", str(build)],
        [cmake, "--install", str(build)],
    ):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{done.stdout}\nfailed: {' '.join(command)}")


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below `folder`, in a fixed order."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


class CleanBuildPy(build_py):
    """Python modules as usual, without those that were deleted since the last build."""

    def run(self) -> None:
        """Empty `build_lib` first."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildNative(Command):
    """What CMake makes: interfaces, native library, share/, node executables."""

    user_options: list[tuple[str, str, str]] = []

    def initialize_options(self) -> None:
        """As setuptools wants it (setuptools.command.build.SubCommand)."""
        self.editable_mode = False
        self.build_lib: str | None = None

    def finalize_options(self) -> None:
        """Write beside the Python modules."""
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        """Build into `build_lib`; what lies outside of site-packages becomes data files below sys.prefix."""
        # The distribution keeps the folder alive until the data files are copied.
        self.distribution.native_scratch = tempfile.TemporaryDirectory(prefix="geoloc_ros_build_")
        scratch = Path(self.distribution.native_scratch.name)
        run_cmake(ROOT, scratch / "build", scratch / "stage")
        if not is_foreign_package("tf2_msgs"):  # no wheel holds it; see cmake/tf2_msgs
            run_cmake(ROOT / "cmake" / "tf2_msgs", scratch / "build_tf2_msgs", scratch / "stage")
        self._collect(scratch / "stage")

    def _collect(self, stage: Path) -> None:
        site = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        (staged_site,) = stage.glob("**/*-packages")
        for path in files_below(staged_site):
            relative = path.relative_to(staged_site)
            if (ROOT / relative).exists() or relative.parts[0].endswith(".egg-info") or path.suffix == ".c":
                continue  # our own modules, which build_py has, and leftovers of the generators
            if self.editable_mode:
                # The checkout is on sys.path; beside it, site-packages holds only what is generated.
                self._add_data(site / relative, path)
            else:
                target = Path(self.build_lib) / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                self.copy_file(str(path), str(target))
        for path in [*stage.glob("lib/*.so"), *files_below(stage / "share"), *files_below(stage / "lib" / NAME)]:
            self._add_data(path.relative_to(stage), path)

    def _add_data(self, target: Path, source: Path) -> None:
        self.distribution.data_files.append((str(target.parent), [str(source)]))

    def get_source_files(self) -> list[str]:
        """Nothing that MANIFEST.in does not name."""
        return []

    def get_outputs(self) -> list[str]:
        """Not needed: the wheel takes the whole of `build_lib`."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """Nothing is used from the checkout in place."""
        return {}


class BuildAll(build):
    """The usual build with CMake's part."""

    sub_commands = [*build.sub_commands, ("build_native", None)]


class EditableByPath(editable_wheel):
    """`pip install -e .` puts the checkout on sys.path, where geoloc_ros/__init__.py finds the generated half."""

    def initialize_options(self) -> None:
        """Choose the .pth file over an import hook, which the generated half in site-packages would shadow."""
        super().initialize_options()
        self.mode = "compat"


class BinaryDistribution(Distribution):
    """Marks the wheel as made for one platform and one Python, although setuptools compiles nothing itself."""

    def has_ext_modules(self) -> bool:
        """Yes: CMake makes them."""
        return True

    def has_data(self) -> bool:
        """Yes; setuptools' editable_wheel asks for this name before it installs the data files."""
        return True


def version() -> str:
    """`__version__` of the package, read without importing it."""
    lines = (ROOT / NAME / "__init__.py").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("__version__"))


setup(
    name=NAME,
    version=version(),
    description="Localization without GPS for ROS 2: semantic descriptors matched against OpenStreetMap",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["**/*.html", "**/*.js", "**/*.css", "**/*.svg", "py.typed"]},
    data_files=[(f"share/{NAME}", ["LICENSE"])],
    install_requires=[*requirements(), *(f"ros-{ROS_DISTRO}-{package}" for package in ROS_RUN)],
    extras_require=EXTRAS,
    setup_requires=BUILD,
    entry_points={"console_scripts": ["geoloc = geoloc_ros.cli:main"]},
    cmdclass={
        "build": BuildAll,
        "build_py": CleanBuildPy,
        "build_native": BuildNative,
        "editable_wheel": EditableByPath,
    },
    distclass=BinaryDistribution,
)
