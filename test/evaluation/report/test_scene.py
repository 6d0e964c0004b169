import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Pose3
from geoloc_ros.evaluation.report.scene import CameraMount, project_to_image, wall_base_pixels

# Columns are where the optical axes point in the base: x right, y down, z forward.
MOUNT_AHEAD = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([0.0, 0.0, 2.0]))
PANORAMA = Camera.equirectangular(360, 180)
PINHOLE = Camera.pinhole(200, 100, np.pi / 2.0)


@pytest.mark.parametrize("camera", [PANORAMA, PINHOLE])
def test_projecting_along_the_rays_of_a_camera_gives_its_pixel_centres(camera: Camera) -> None:
    pixels = project_to_image(5.0 * camera.rays().astype(np.float64), camera)
    v, u = np.mgrid[: camera.height, : camera.width] + 0.5
    np.testing.assert_allclose(pixels, np.stack([u, v], axis=-1), atol=1e-3)


def test_what_is_behind_a_pinhole_is_not_in_its_image() -> None:
    assert np.isnan(project_to_image(np.array([0.0, 0.0, -1.0]), PINHOLE)).all()


def test_a_wall_two_metres_ahead_of_a_camera_two_metres_high_stands_45_degrees_down() -> None:
    pixels = wall_base_pixels(np.array([2.0, np.nan, np.nan, np.nan], np.float32), CameraMount(PANORAMA, MOUNT_AHEAD))
    np.testing.assert_allclose(pixels[0], [180.0, 90.0 + 45.0], atol=1e-6)
    assert np.isnan(pixels[1:]).all()


def test_a_wall_to_the_left_stands_a_quarter_of_the_panorama_to_the_left() -> None:
    pixels = wall_base_pixels(np.full(4, 2.0, np.float32), CameraMount(PANORAMA, MOUNT_AHEAD))
    assert pixels[1, 0] == pytest.approx(90.0)
