"""A scene whose coordinates a network says outright: what landmarks are compared with (VS-Net, §4.3)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ArtifactError, ObservationError

_KIND, _VERSION = "coordinates", 1
_NETWORK_FILE: Final = "network.onnx"


@dataclass(frozen=True)
class CoordinateMap:
    """A network and the camera that it was trained for."""

    name: str
    """Of the scene, for people."""
    network_file: Path
    """ONNX: image (N, 3, H, W), red first, 0 to 1, in; `coordinate` (N, 3, h, w), metres of the scene, out."""
    camera: Camera
    """Ideal pinhole whose images, W x H, the network takes."""
    config: Mapping[str, Any]
    """What it was trained with, as nested dictionaries, for people."""

    def save(self, path: Path) -> None:
        """Write the artifact folder `path`, replacing an older one there.

        Raises:
            ArtifactError: If the network cannot be read, or something else lies at `path`.
        """
        metadata = {"name": self.name, "camera": asdict(self.camera), "config": dict(self.config)}
        with write_artifact(path, _KIND, _VERSION, metadata) as writer:
            try:
                shutil.copyfile(self.network_file, writer.file(_NETWORK_FILE))
            except OSError as error:
                raise ArtifactError(f"cannot take network '{self.network_file}': {error.strerror}") from error

    @staticmethod
    def load(path: Path) -> CoordinateMap:
        """Read an artifact folder.

        Raises:
            ArtifactError: If it is missing, damaged, or of another version.
        """
        metadata = read_artifact(path, _KIND, _VERSION).metadata
        try:
            camera = Camera(**{**metadata["camera"], "distortion": tuple(metadata["camera"]["distortion"])})
            return CoordinateMap(str(metadata["name"]), path / _NETWORK_FILE, camera, dict(metadata["config"]))
        except (KeyError, TypeError, ValueError, ObservationError) as error:
            raise ArtifactError(f"the coordinates '{path}' are incomplete ({error!r}); train again") from error
