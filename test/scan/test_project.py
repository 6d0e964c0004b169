"""Point clouds as depth images."""

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.scan.project import depth_from_points

CAMERAS = [Camera.equirectangular(64, 24), Camera.pinhole(64, 48, 1.2)]


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_points_of_a_depth_image_give_it_back(camera: Camera) -> None:
    depth_m = np.random.default_rng(0).uniform(1.0, 50.0, (camera.height, camera.width)).astype(np.float32)
    points_m = camera.rays() * depth_m[..., None]
    np.testing.assert_allclose(depth_from_points(points_m.reshape(-1, 3), camera), depth_m, rtol=1e-5)


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_nearest_point_of_a_pixel_counts_and_empty_pixels_are_nan(camera: Camera) -> None:
    depth_m = depth_from_points(np.array([[0.0, 0.0, 9.0], [0.0, 0.0, 4.0], [0.0, 0.0, 7.0]]), camera)
    assert np.nanmin(depth_m) == np.nanmax(depth_m) == 4.0 and np.count_nonzero(~np.isnan(depth_m)) == 1


def test_a_pinhole_does_not_see_what_is_behind_it() -> None:
    assert np.isnan(depth_from_points(np.array([[0.0, 0.0, -5.0], [np.nan, 0.0, 1.0]]), CAMERAS[1])).all()


def test_a_panorama_sees_what_is_behind_it() -> None:
    assert np.nanmax(depth_from_points(np.array([[0.1, 0.0, -5.0]]), CAMERAS[0])) == pytest.approx(5.0, rel=1e-3)


def test_no_points_are_no_depth() -> None:
    assert np.isnan(depth_from_points(np.zeros((0, 3)), CAMERAS[0])).all()


def test_a_fisheye_sees_a_point_beside_and_behind_itself() -> None:
    camera = Camera.fisheye(64, 64, np.radians(220.0), (0.01, -0.002, 0.0, 0.0))
    depth_m = depth_from_points(np.array([[5.0, 0.0, -0.5], [0.0, 0.0, -5.0]]), camera)
    assert np.count_nonzero(~np.isnan(depth_m)) == 1 and np.nanmax(depth_m) == pytest.approx(np.hypot(5.0, 0.5))


def test_points_beyond_the_fold_of_a_lens_are_not_in_the_image() -> None:
    # Without a check the polynomial would bring the second one back to the middle of the image.
    folding = Camera.pinhole(64, 48, 1.2, (-0.3, 0.0, 0.0, 0.0))
    depth_m = depth_from_points(np.array([[0.2, 0.0, 1.0], [1.8, 0.0, 1.0]]), folding)
    assert np.count_nonzero(~np.isnan(depth_m)) == 1
