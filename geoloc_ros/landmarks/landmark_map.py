"""A scene that was learnt: its landmarks, a prototype for each, and the network that finds them in images."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import Artifact, peek_artifact, read_artifact, write_artifact
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ArtifactError, IndexMismatchError, ObservationError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Float32, Float64

LANDMARK_MAP_KIND = "landmarks"
LANDMARK_MAP_VERSION = 1
LANDMARK_FEATURES = "1"
"""`geoloc_features` of a network of `geoloc_kind` `landmarks`: what its input and outputs are."""
INPUT_NAME = "image"
OUTPUT_NAMES = ("embedding", "direction")
_NETWORK_FILE = "network.onnx"
# Of unit vectors that were kept in single precision.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class SceneOutline:
    """What can be told of a learnt scene before it is loaded."""

    path: Path
    name: str
    place: ScenePlace | None
    camera_position_m: Float64
    """(m, 3), where it was trained from, frame of the scene."""
    num_landmarks: int
    num_bytes: int
    """Of all its files."""
    num_pixels: int
    """Of an image as the network takes it."""


@dataclass(frozen=True)
class LandmarkMap:
    """n landmarks of a scene with what is needed to find them in an image."""

    name: str
    """Of the scene, for people."""
    landmarks: Landmarks
    prototype: Float32
    """(n + 1, D), unit length; row k is landmark k, row 0 what shows none (VS-Net, §3.2)."""
    network_file: Path
    """ONNX: image (N, 3, H, W), red first, 0 to 1, in; `embedding` (N, D, h, w) and `direction` (N, 2, h, w) out."""
    camera: Camera
    """Ideal pinhole whose images, W x H, the network takes."""
    place: ScenePlace | None
    """Where the scene lies on a map; None where nobody said."""
    camera_position_m: Float64
    """(m, 3), where it was trained from, frame of the scene."""
    variance_factor: float
    """What votes say of their variance is to be multiplied with it, so that covariances say how wrong poses are."""
    config: Mapping[str, Any]
    """What it was trained with, as nested dictionaries, for people."""
    map_id: str = "unsaved"
    """Hash of the artifact."""

    def __post_init__(self) -> None:
        """Raises ArtifactError if parts do not belong together."""
        if complaint := self._complaint():
            raise ArtifactError(f"landmarks '{self.name}' {complaint}; train the scene again")

    @property
    def dimension(self) -> int:
        """D of a prototype."""
        return int(self.prototype.shape[1])

    def save(self, path: Path) -> None:
        """Write the artifact folder `path`, replacing an older one there; the same map gives the same bytes.

        Raises:
            ArtifactError: If the network cannot be read, or something else lies at `path`.
        """
        metadata = {
            "name": self.name, "landmarks": len(self.landmarks), "dimension": self.dimension,
            "patch_m": self.landmarks.patch_m, "camera": asdict(self.camera),
            "place": None if self.place is None else self.place.as_json(),
            "variance_factor": self.variance_factor, "config": dict(self.config),
            "units": "metres in the frame of the scene; landmark k is row k - 1, its prototype row k",
        }
        with write_artifact(path, LANDMARK_MAP_KIND, LANDMARK_MAP_VERSION, metadata) as writer:
            writer.add_array("landmark.position_m", self.landmarks.position_m)
            writer.add_array("landmark.normal", self.landmarks.normal)
            writer.add_array("prototype", self.prototype)
            writer.add_array("camera_position_m", self.camera_position_m)
            try:
                shutil.copyfile(self.network_file, writer.file(_NETWORK_FILE))
            except OSError as error:
                raise ArtifactError(f"cannot take network '{self.network_file}': {error.strerror}") from error

    @staticmethod
    def load(path: Path) -> LandmarkMap:
        """Read an artifact folder; its arrays stay on the disk until they are used.

        Raises:
            ArtifactError: If it is missing, damaged, or of another version.
        """
        artifact = read_artifact(path, LANDMARK_MAP_KIND, LANDMARK_MAP_VERSION)
        try:
            metadata, place = artifact.metadata, _place(artifact)
            camera = Camera(**{**metadata["camera"], "distortion": tuple(metadata["camera"]["distortion"])})
            landmarks = Landmarks(
                _numbers(artifact, "landmark.position_m", np.float64),
                _numbers(artifact, "landmark.normal", np.float32), float(metadata["patch_m"]),
            )
            return LandmarkMap(
                str(metadata["name"]), landmarks, _numbers(artifact, "prototype", np.float32), path / _NETWORK_FILE,
                camera, place, _numbers(artifact, "camera_position_m", np.float64),
                float(metadata["variance_factor"]), dict(metadata["config"]), artifact.artifact_id,
            )
        except (KeyError, TypeError, ValueError, ObservationError) as error:
            raise _incomplete(path, error) from error

    def stride_of(self, network: Network) -> int:
        """Pixels of the input per cell of its outputs, across and down, once `network` is seen to be that of this map.

        Args:
            network: With the outputs OUTPUT_NAMES, in that order.

        Raises:
            IndexMismatchError: If it takes other images, or its embeddings cannot be compared with the prototypes.
        """
        kind = network.metadata.get("geoloc_kind"), network.metadata.get("geoloc_features")
        if kind != (LANDMARK_MAP_KIND, LANDMARK_FEATURES):
            raise self._unfit(network, f"is of kind {kind}, expected {(LANDMARK_MAP_KIND, LANDMARK_FEATURES)}")
        height, width = self.camera.height, self.camera.width
        if network.input_shape != (3, height, width):
            raise self._unfit(network, f"takes {network.input_shape}, its camera makes {(3, height, width)}")
        cells = network.output_shapes[0][1:]
        stride = height // max(1, cells[0])
        wanted = tuple((size, height // stride, width // stride) for size in (self.dimension, 2))
        if network.output_shapes != wanted or (cells[0] * stride, cells[1] * stride) != (height, width):
            raise self._unfit(network, f"gives {network.output_shapes}, expected {wanted}")
        return stride

    def _unfit(self, network: Network, complaint: str) -> IndexMismatchError:
        return IndexMismatchError(
            f"network '{network.file}' of the landmarks '{self.name}' {complaint}; train the scene again"
        )

    def _complaint(self) -> str:
        """What is wrong with it; empty where nothing is."""
        count, camera_m = len(self.landmarks), self.camera_position_m
        shapes = (self.landmarks.position_m.shape, self.landmarks.normal.shape, self.prototype.shape[:1])
        if count == 0 or shapes != ((count, 3), (count, 3), (count + 1,)) or self.prototype.ndim != 2:
            return f"has positions, normals and prototypes {shapes} that do not belong together"
        lengths = np.linalg.norm(self.prototype, axis=1)
        if not np.isfinite(self.landmarks.position_m).all() or not np.abs(lengths - 1.0).max() < _ROUNDING:
            return "has positions that are no numbers, or prototypes that are not of unit length"
        if self.camera.model != "pinhole" or self.camera.distortion:
            return "was trained for a camera that is no ideal pinhole"
        if camera_m.ndim != 2 or camera_m.shape[1:] != (3,) or not len(camera_m) or not np.isfinite(camera_m).all():
            return "does not say where it was trained from"
        return "" if self.variance_factor > 0.0 else f"has a variance factor of {self.variance_factor}"


def outline_of(path: Path) -> SceneOutline:
    """What the manifest of an artifact says; quick, and without looking whether all of it is whole.

    Raises:
        ArtifactError: If there is no such artifact.
    """
    artifact = peek_artifact(path, LANDMARK_MAP_KIND, LANDMARK_MAP_VERSION)
    try:
        camera_position_m = np.array(_numbers(artifact, "camera_position_m", np.float64)).reshape(-1, 3)
        camera = artifact.metadata["camera"]
        num_bytes = sum(file.stat().st_size for file in path.iterdir())
        return SceneOutline(
            path, str(artifact.metadata["name"]), _place(artifact), camera_position_m,
            int(artifact.metadata["landmarks"]), num_bytes, int(camera["width"]) * int(camera["height"]),
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise _incomplete(path, error) from error


def _place(artifact: Artifact) -> ScenePlace | None:
    entry = artifact.metadata["place"]
    return None if entry is None else ScenePlace.from_json(entry)


def _numbers(artifact: Artifact, name: str, dtype: type[np.float32] | type[np.float64]) -> NDArray[Any]:
    array = artifact.array(name)
    if array.dtype != dtype:
        raise ValueError(f"'{name}' holds {array.dtype}, not {np.dtype(dtype)}")
    return array


def _incomplete(path: Path, error: Exception) -> ArtifactError:
    return ArtifactError(f"the landmarks '{path}' are incomplete ({error!r}); train the scene again")
