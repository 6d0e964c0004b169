import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.vpr.front_faces import cut_faces

OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def mount(yaw_rad: float = 0.0, pitch_rad: float = 0.0) -> Pose3:
    return Pose3(rotation_from_rpy(0.0, pitch_rad, yaw_rad) @ OPTICAL, np.zeros(3))


def panorama() -> tuple[UInt8, Camera]:
    """Red ahead, green to the left, blue behind, black to the right; each a quarter."""
    camera = Camera.equirectangular(360, 180)
    image = np.zeros((180, 360, 3), np.uint8)
    image[:, 135:225, 0] = 255
    image[:, 45:135, 1] = 255
    image[:, :45, 2] = image[:, 315:, 2] = 255
    return image, camera


def colour(image: UInt8) -> list[int]:
    return [int(value) for value in image[image.shape[0] // 2, image.shape[1] // 2]]


def test_a_pinhole_image_is_the_photo_and_looks_where_the_camera_does() -> None:
    image = np.arange(48 * 64 * 3, dtype=np.int64).astype(np.uint8).reshape(48, 64, 3)
    (face,) = cut_faces(image, Camera.pinhole(64, 48, 1.2), mount(np.pi / 2.0), PhotoConfig())
    assert face.image is image and face.yaw_rad == pytest.approx(np.pi / 2.0)


def test_of_a_panorama_the_face_ahead_comes_first_and_four_look_all_around() -> None:
    image, camera = panorama()
    (ahead,) = cut_faces(image, camera, mount(), PhotoConfig())
    assert ahead.yaw_rad == 0.0 and colour(ahead.image) == [255, 0, 0]
    assert ahead.image.shape[0] == pytest.approx(0.75 * ahead.image.shape[1], abs=1.0)
    faces = cut_faces(image, camera, mount(), PhotoConfig(num_faces=4))
    assert [colour(face.image) for face in faces] == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]]
    assert [face.yaw_rad for face in faces] == pytest.approx([0.0, np.pi / 2.0, -np.pi, -np.pi / 2.0])


def test_faces_are_of_the_vehicle_and_level_however_the_camera_is_mounted() -> None:
    image, camera = panorama()
    (ahead,) = cut_faces(image, camera, mount(np.pi / 2.0, 0.2), PhotoConfig())
    assert colour(ahead.image) == [0, 0, 0]  # what is ahead of the base is to the right of the camera


def test_faces_that_a_camera_does_not_see_are_left_out() -> None:
    camera = Camera.fisheye(200, 200, np.pi)
    image = np.full((200, 200, 3), 9, np.uint8)
    faces = cut_faces(image, camera, mount(), PhotoConfig(num_faces=4))
    assert [face.yaw_rad for face in faces] == [0.0]
    with pytest.raises(ObservationError, match="correct its mount"):
        cut_faces(image, camera, mount(np.pi), PhotoConfig())


def test_an_image_of_another_size_is_refused() -> None:
    image, camera = panorama()
    with pytest.raises(ObservationError, match="360 x 180"):
        cut_faces(image[:-1], camera, mount(), PhotoConfig())
