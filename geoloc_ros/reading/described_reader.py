"""Reads images with anybody's network, of which a description says what it gets and gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError, ConfigError, ObservationError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.types import Float32, Pose3, UInt8, UInt16
from geoloc_ros.core.view import Reading, ReadingKind
from geoloc_ros.inference.load import load_network
from geoloc_ros.reading.building_instances import merge_at_seams, number_apart, spread_over_columns
from geoloc_ros.reading.cutting import Cutting, Faces, WholeImage
from geoloc_ros.reading.decoders.choose import make_decoder
from geoloc_ros.reading.decoders.decoded import Decoded
from geoloc_ros.reading.network_description import InputDescription, load_description

# The cameras of a rig.
_CUTTINGS_REMEMBERED = 8


class DescribedReader:
    """A network and its description; implements `core.interfaces.ImageReader`."""

    def __init__(self, file: Path, inference: InferenceConfig) -> None:
        """Load the description, and the network where its size of image is fixed.

        Args:
            file: The description (YAML).
            inference: What runs the network.

        Raises:
            ConfigError: If the description is wrong, or does not fit the network.
            BackendError: If the network is missing or broken.
        """
        self._file, self._inference = file, inference
        self._description = load_description(file)
        self._decoder = make_decoder(self._description.output)
        self._normalize = _Normalization(self._description.input)
        self._networks: dict[tuple[int, int], Network] = {}
        self._cuttings: dict[tuple[Camera, bytes], Cutting] = {}
        self._engine_name = "not loaded yet"
        if height := self._description.input.height:
            self._network((height, self._description.input.width))
        elif not Path(self._description.onnx).is_file():
            raise BackendError(self._missing())

    def __str__(self) -> str:
        return f"{self._file} ({Path(self._description.onnx).name}, {self._engine_name})"

    @property
    def provides(self) -> frozenset[ReadingKind]:
        """As `ImageReader.provides`."""
        return self._decoder.provides

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        """As `ImageReader.read`."""
        size = (camera.height, camera.width, 3)
        if image.dtype != np.uint8 or image.shape != size:
            raise ObservationError(f"image is {image.dtype} {image.shape}, expected uint8 {size} of camera_info")
        cutting = self._cutting(camera, base_from_camera)
        network = self._network(cutting.input_size)
        outputs = network.run(self._normalize(cutting.cut(image)))
        decoded = [
            self._decoder.decode([output[number] for output in outputs], cutting.input_size, cutting.focal_px)
            for number in range(len(outputs[0]))
        ]
        labels = _join_labels(decoded, cutting)
        instances = _join_instances(decoded, cutting)
        if labels is not None and instances is not None:
            instances = spread_over_columns(labels, instances)
        return Reading(labels, instances, _join_depth(decoded, cutting))

    def _cutting(self, camera: Camera, base_from_camera: Pose3) -> Cutting:
        key = camera, np.asarray(base_from_camera.rotation, np.float64).tobytes()
        if key not in self._cuttings:
            if len(self._cuttings) >= _CUTTINGS_REMEMBERED:
                self._cuttings.pop(next(iter(self._cuttings)))
            said, panorama = self._description.input, self._description.panorama
            is_photo = camera.model == "pinhole" or panorama.num_faces == 1
            self._cuttings[key] = (
                WholeImage(camera, said) if is_photo else Faces(camera, base_from_camera, said, panorama)
            )
        return self._cuttings[key]

    def _network(self, size: tuple[int, int]) -> Network:
        """The network for inputs of a height and width."""
        if size not in self._networks:
            description = self._description
            if not Path(description.onnx).is_file():
                raise BackendError(self._missing())
            try:
                network = load_network(
                    Path(description.onnx), description.input.name, description.output_names(), self._inference,
                    item_shape=(3, *size),
                )
            except BackendError as error:
                raise BackendError(
                    f"'{self._file}' does not fit its network: {error}. Correct the description, or make the network "
                    "fit with `geoloc export onnx`"
                ) from error
            if complaint := self._decoder.complaint(network.output_shapes):
                raise ConfigError(
                    f"'{self._file}' does not fit '{description.onnx}': {complaint}; correct output.kind, the names "
                    "there, or output.classes"
                )
            self._networks[size], self._engine_name = network, network.engine_name
        return self._networks[size]

    def _missing(self) -> str:
        return (
            f"'{self._file}' describes '{self._description.onnx}', which is not there; make it with "
            "`geoloc export`, or correct 'onnx'"
        )


class _Normalization:
    """Inputs of a network from images (N, h, w, 3), red first."""

    def __init__(self, description: InputDescription) -> None:
        std = np.array(description.std)
        self._factor = (description.scale / std).astype(np.float32)
        self._offset = (-np.array(description.mean) / std).astype(np.float32)
        self._order = (0, 1, 2) if description.channels == "rgb" else (2, 1, 0)

    def __call__(self, images: UInt8) -> Float32:
        batch = np.empty((len(images), 3, *images.shape[1:3]), np.float32)
        for plane, color in enumerate(self._order):
            np.multiply(images[..., color], self._factor[plane], out=batch[:, plane])
            batch[:, plane] += self._offset[plane]
        return batch


def _join_labels(decoded: Sequence[Decoded], cutting: Cutting) -> UInt8 | None:
    first = decoded[0]
    if first.scores is not None:
        labels = _best_class([one.scores for one in decoded if one.scores is not None], cutting)
    elif first.labels is not None:
        labels = cutting.join([one.labels for one in decoded if one.labels is not None], is_smooth=False)
    else:
        return None
    if cutting.is_seen.ndim == 0:
        return labels
    return np.where(cutting.is_seen, labels, np.uint8(SemanticClass.UNLABELLED))


def _best_class(scores: Sequence[Float32], cutting: Cutting) -> UInt8:
    """Labels (H, W) of the highest of the interpolated scores (8, h, w)."""
    best: Float32 | None = None
    for number in range(len(scores[0])):
        if all(np.isneginf(one[number].flat[0]) for one in scores):
            continue  # they have no such class
        plane = cutting.join([one[number] for one in scores], is_smooth=True)
        if best is None:
            best, labels = plane, np.full(plane.shape, number, np.uint8)
            continue
        np.putmask(labels, plane > best, number)
        np.maximum(best, plane, out=best)
    return labels


def _join_instances(decoded: Sequence[Decoded], cutting: Cutting) -> UInt16 | None:
    parts = [one.instances for one in decoded if one.instances is not None]
    if not parts:
        return None
    joined = cutting.join(number_apart(parts), is_smooth=False)
    if cutting.is_seen.ndim == 0:
        return joined
    return merge_at_seams(np.where(cutting.is_seen, joined, np.uint16(0)), cutting.owner, cutting.wraps)


def _join_depth(decoded: Sequence[Decoded], cutting: Cutting) -> Float32 | None:
    parts = [one.depth_m for one in decoded if one.depth_m is not None]
    if not parts:
        return None
    # Between a wall and what is behind it there is nothing: no interpolation.
    joined = cutting.join(parts, is_smooth=False) * cutting.depth_factor
    return np.where(cutting.is_seen, joined, np.float32(np.nan))
