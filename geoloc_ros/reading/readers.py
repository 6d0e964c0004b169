"""The readers of images that the configuration names: classes, buildings and depth, each perhaps of another network."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.interfaces import ImageReader
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.core.view import Reading, ReadingKind
from geoloc_ros.reading.described_reader import DescribedReader
from geoloc_ros.reading.street_reader import StreetReader

logger = logging.getLogger(__name__)

SHIPPED_NETWORK = "models/street.onnx"
"""Below the checkout or share/geoloc_ros."""


@dataclass(frozen=True)
class AssignedReader:
    """A reader that is asked for some of the things that it could tell."""

    reader: ImageReader
    provides: frozenset[ReadingKind]
    """As `ImageReader.provides`."""

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.provides))}: {self.reader}"

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        """As `ImageReader.read`, with None for what it is not asked for."""
        reading = self.reader.read(image, camera, base_from_camera)
        return Reading(
            reading.labels if "labels" in self.provides else None,
            reading.instances if "instances" in self.provides else None,
            reading.depth_m if "depth" in self.provides else None,
        )


def make_readers(networks: NetworksConfig, inference: InferenceConfig) -> tuple[ImageReader, ...]:
    """Readers for classes, depth and, where a network tells them, buildings; none tells what another one does.

    A file that is named twice is loaded once. The reader of the classes is the first.

    Raises:
        BackendError: If a network is missing or broken, or cannot tell what it is meant for.
        ConfigError: If a description of a network is wrong.
    """
    readers: dict[Path, ImageReader] = {}

    def reader_of(named: str) -> Path:
        try:
            file = Path(named).expanduser().resolve() if named else shared_file(SHIPPED_NETWORK)
        except RuntimeError as error:  # of a user that is not there
            raise ConfigError(f"network '{named}' is no path here: {error}; give all of it") from error
        if file not in readers:
            readers[file] = _load(file, networks, inference)
        return file

    of_labels = reader_of(networks.segmentation)
    tells_depth = "depth" in readers[of_labels].provides
    of_depth = of_labels if tells_depth and not networks.depth else reader_of(networks.depth)
    of_instances = reader_of(networks.instances) if networks.instances else of_labels
    kinds: dict[Path, set[ReadingKind]] = {file: set() for file in readers}
    kinds[of_labels].add("labels")
    kinds[of_depth].add("depth")
    if networks.instances or "instances" in readers[of_labels].provides:
        kinds[of_instances].add("instances")
    for file, asked in kinds.items():
        if missing := asked - readers[file].provides:
            raise BackendError(
                f"network '{file}' tells {', '.join(sorted(readers[file].provides))}, not "
                f"{', '.join(sorted(missing))}; name another one in networks.*"
            )
    assigned = tuple(AssignedReader(readers[file], frozenset(asked)) for file, asked in kinds.items())
    for one in assigned:
        logger.info("reads images: %s", one)
    return assigned


def _load(file: Path, networks: NetworksConfig, inference: InferenceConfig) -> ImageReader:
    if file.suffix == ".onnx":
        return StreetReader(file, networks, inference)
    if file.suffix in (".yaml", ".yml"):
        return DescribedReader(file, inference)
    raise ConfigError(
        f"network '{file}' ends in '{file.suffix}'; give an .onnx file of ours or a .yaml that describes another one"
    )
