from copy import copy
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import IndexMismatchError, ObservationError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.photo_config import PhotoConfig, SearchConfig
from geoloc_ros.core.types import Pose3
from geoloc_ros.index_photos import encode_photos
from geoloc_ros.vpr.confidence import Confidence
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.photo_table import own_frame
from geoloc_ros.vpr.recognizer import PhotoRecognizer

from .photo_network import write_photo_network
from .photo_street import ORIGIN, make_street, place_image

CAMERA = Camera.pinhole(16, 12, np.pi / 2.0)
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def mount(yaw_rad: float = 0.0) -> Pose3:
    return Pose3(rotation_from_rpy(0.0, 0.0, yaw_rad) @ OPTICAL, np.zeros(3))


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> PhotoRecognizer:
    """Of a street of 40 places, two visits each."""
    folder = tmp_path_factory.mktemp("street")
    config = PhotoConfig(model=str(write_photo_network(folder / "colours.onnx")))
    encoder = make_photo_encoder(config)
    photos, origin, _ = own_frame(make_street(folder / "photos"))
    _, descriptors, _ = encode_photos(photos, encoder)
    index = PhotoIndex.build(
        photos, origin, descriptors, encoder.encoder_id, {}, SearchConfig(), np.random.default_rng(0)
    )
    return PhotoRecognizer(index, encoder, ORIGIN, config)


def test_an_image_of_a_place_finds_it_and_the_photos_of_all_visits_are_one_place(recognizer: PhotoRecognizer) -> None:
    seen = recognizer.recognize(place_image(7, 4.0, seed=9), CAMERA, mount())
    assert seen.position_m[0] == pytest.approx([70.0, 0.0], abs=1.0) and seen.yaw_rad[0] == pytest.approx(0.0)
    apart_m = np.abs(seen.position_m[1:, 0] - seen.position_m[0, 0])
    assert apart_m.min() > 5.0
    assert np.all(np.diff(seen.probability) <= 0.0) and seen.probability.sum() < 1.0


def test_the_camera_looks_where_the_photo_did_and_the_vehicle_elsewhere(recognizer: PhotoRecognizer) -> None:
    seen = recognizer.recognize(place_image(7), CAMERA, mount(np.pi / 2.0))  # a camera to the left
    assert seen.yaw_rad[0] == pytest.approx(-np.pi / 2.0)


def test_a_place_that_nobody_took_a_photo_of_is_less_probable_than_one_that_is_there(
    recognizer: PhotoRecognizer
) -> None:
    there = [recognizer.recognize(place_image(place, 4.0, 9), CAMERA, mount()).probability[0] for place in range(40)]
    elsewhere = [
        recognizer.recognize(place_image(place), CAMERA, mount()).probability[0] for place in range(1000, 1040)
    ]
    assert np.mean(there) > 1.5 * np.mean(elsewhere) and np.mean(elsewhere) < 0.3


def test_an_image_that_does_not_fit_its_camera_or_is_one_colour_is_refused(recognizer: PhotoRecognizer) -> None:
    with pytest.raises(ObservationError, match="16 x 12"):
        recognizer.recognize(np.zeros((5, 5, 3), np.uint8), CAMERA, mount())
    with pytest.raises(ObservationError):
        recognizer.recognize(np.zeros((12, 16, 3), np.uint8), CAMERA, mount())


def test_places_that_are_not_probable_at_all_are_left_out(recognizer: PhotoRecognizer) -> None:
    index = copy(recognizer._index)
    index.confidence = Confidence(1e4, 0.0, 10.0, 0)
    seen = PhotoRecognizer(index, recognizer._encoder, ORIGIN, PhotoConfig()).recognize(place_image(7), CAMERA, mount())
    assert len(seen.row) == len(seen.position_m) == len(seen.likeness) == len(seen.probability) < 20
    assert len(seen.row) > 0 and np.all(seen.probability > 0.0)


def test_it_warms_up(recognizer: PhotoRecognizer) -> None:
    recognizer.warm_up()


def test_another_network_than_that_of_the_index_is_refused(recognizer: PhotoRecognizer, tmp_path: Path) -> None:
    other = make_photo_encoder(PhotoConfig(model=str(write_photo_network(tmp_path / "b.onnx", 12, 16))))
    with pytest.raises(IndexMismatchError):
        PhotoRecognizer(recognizer._index, other, ORIGIN, PhotoConfig())


def test_panoramas_are_looked_up_face_by_face(recognizer: PhotoRecognizer) -> None:
    several = PhotoRecognizer(recognizer._index, recognizer._encoder, ORIGIN, PhotoConfig(num_faces=4))
    panorama = np.tile(place_image(7)[:, :1], (1, 16, 1)).repeat(4, axis=1)
    panorama[:, 24:40] = place_image(7)  # ahead, as wide as 90 degrees
    camera = Camera("equirectangular", 64, 12, 64 / (2.0 * np.pi), 10.0, 32.0, 6.0)
    seen = several.recognize(panorama, camera, mount())
    assert seen.position_m[0] == pytest.approx([70.0, 0.0], abs=5.0) and seen.yaw_rad[0] == pytest.approx(0.0)
