from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.landmarks.create.small_views import smaller

BENT = Camera("pinhole", 640, 480, 500.0, 505.0, 330.0, 236.0, (-0.2, 0.05, 0.001, 0.0))


@pytest.mark.parametrize("camera", [BENT, Camera.fisheye(800, 800, 3.0), Camera.equirectangular(1000, 500)])
def test_a_smaller_camera_looks_the_same_way(camera: Camera) -> None:
    small = smaller(camera)
    assert small.width == 160
    # What lies at a share of the image lies there in the small one, too.
    points_m = np.array([[0.1, -0.2, 1.0], [-0.4, 0.3, 2.0], [0.0, 0.0, 1.0]])
    size, small_size = [camera.width, camera.height], [small.width, small.height]
    np.testing.assert_allclose(small.project(points_m) / small_size, camera.project(points_m) / size, atol=1e-9)


def test_a_small_camera_stays_as_it_is() -> None:
    camera = Camera.pinhole(100, 80, 1.0)
    assert smaller(camera) == camera
