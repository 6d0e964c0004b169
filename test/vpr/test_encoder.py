from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.interfaces import PhotoEncoder
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.types import UInt8
from geoloc_ros.vpr.encoder import make_photo_encoder

from .photo_network import write_photo_network

CPU = InferenceConfig(backend="onnxruntime")


def encoder_of(file: Path) -> PhotoEncoder:
    return make_photo_encoder(PhotoConfig(model=str(file)), CPU)


@pytest.fixture
def encoder(tmp_path: Path) -> PhotoEncoder:
    return encoder_of(write_photo_network(tmp_path / "photo.onnx"))


def halves(left: tuple[int, int, int], right: tuple[int, int, int], height: int = 30, width: int = 40) -> UInt8:
    image = np.empty((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = left, right
    return image


def test_a_descriptor_is_what_the_network_makes_of_the_photo(encoder: PhotoEncoder) -> None:
    found = encoder.encode([halves((255, 0, 0), (0, 0, 255)), halves((0, 255, 0), (0, 255, 0), 6, 8)])
    assert encoder.dimension == 6 and found.dtype == np.float32
    assert found[0] == pytest.approx([0.5**0.5, 0, 0, 0, 0, 0.5**0.5])
    assert found[1] == pytest.approx([0, 0.5**0.5, 0, 0, 0.5**0.5, 0])


def test_more_photos_than_a_batch_come_out_in_their_order(encoder: PhotoEncoder) -> None:
    images = [halves((number + 1, 0, 0), (0, 100, 0)) for number in range(70)]
    found = encoder.encode(images)
    alone = np.concatenate([encoder.encode([image]) for image in images])
    assert found == pytest.approx(alone, abs=1e-6)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(70), abs=1e-6)
    assert np.all(np.diff(found[:, 0]) > 0.0)


def test_no_photo_makes_no_descriptor(encoder: PhotoEncoder) -> None:
    assert encoder.encode([]).shape == (0, 6)


def test_the_id_is_of_the_weights_and_the_name_is_for_people(encoder: PhotoEncoder, tmp_path: Path) -> None:
    same = encoder_of(write_photo_network(tmp_path / "again.onnx"))
    other = encoder_of(write_photo_network(tmp_path / "other.onnx", 12, 8))
    assert encoder.encoder_id == same.encoder_id != other.encoder_id
    words = (encoder.encoder_id, "mean colours", "photo.onnx", "8x6", "onnxruntime")
    assert all(word in str(encoder) for word in words)


def test_a_photo_that_makes_no_descriptor_is_named(encoder: PhotoEncoder) -> None:
    good = halves((255, 0, 0), (0, 0, 255))
    with pytest.raises(ObservationError, match="photo 1 of 2"):
        encoder.encode([good, np.zeros_like(good)])
    with pytest.raises(ObservationError, match="wanted is uint8"):
        encoder.encode([good[..., 0]])


@pytest.mark.parametrize(("key", "value"), [("geoloc_kind", "street"), ("geoloc_kind", None), ("geoloc_features", "0")])
def test_a_network_for_something_else_is_refused(tmp_path: Path, key: str, value: str | None) -> None:
    file = write_photo_network(tmp_path / "photo.onnx", **{key: value})
    with pytest.raises(BackendError, match=rf"{key}.*photo\.model"):
        encoder_of(file)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot read network"):
        encoder_of(tmp_path / "none.onnx")
