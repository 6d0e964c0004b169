import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError


def test_the_middle_of_a_panorama_looks_along_the_optical_axis() -> None:
    rays = Camera.equirectangular(512, 256).rays()
    middle = rays[127:129, 255:257].mean(axis=(0, 1))
    assert middle == pytest.approx([0.0, 0.0, 1.0], abs=1e-4)


def test_the_right_quarter_of_a_panorama_looks_right_and_its_edges_look_back() -> None:
    rays = Camera.equirectangular(512, 256).rays()
    assert rays[127:129, 383:385].mean(axis=(0, 1)) == pytest.approx([1.0, 0.0, 0.0], abs=1e-4)
    assert rays[128, 0, 2] < -0.99 and rays[128, -1, 2] < -0.99


def test_upper_rows_look_up() -> None:
    for camera in (Camera.equirectangular(64, 32), Camera.pinhole(64, 48, 1.0)):
        assert (camera.rays()[0, :, 1] < 0.0).all()


def test_every_ray_of_a_panorama_has_length_one_and_of_a_pinhole_depth_one() -> None:
    assert np.linalg.norm(Camera.equirectangular(64, 20).rays(), axis=-1) == pytest.approx(1.0, abs=1e-6)
    assert (Camera.pinhole(64, 48, 1.0).rays()[..., 2] == 1.0).all()


def test_a_pinhole_of_ninety_degrees_looks_forty_five_degrees_aside_at_its_edge() -> None:
    camera = Camera.pinhole(100, 50, np.pi / 2)
    assert camera.fx == pytest.approx(50.0)
    assert camera.rays()[25, -1, 0] == pytest.approx(1.0 - 0.5 / 50.0)


def test_camera_info_keeps_a_camera() -> None:
    panorama, pinhole = Camera.equirectangular(64, 20), Camera.pinhole(64, 48, 1.0)
    for camera, name in ((panorama, "equirectangular"), (pinhole, "plumb_bob")):
        assert Camera.from_camera_info(name, camera.width, camera.height, camera.camera_info_k()) == camera


def test_uncalibrated_and_unknown_cameras_are_refused() -> None:
    k = Camera.pinhole(64, 48, 1.0).camera_info_k()
    with pytest.raises(ObservationError, match="not calibrated"):
        Camera.from_camera_info("plumb_bob", 64, 48, np.zeros(9))
    with pytest.raises(ObservationError, match="fisheye42"):
        Camera.from_camera_info("fisheye42", 64, 48, k)
