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


LENSES = [
    Camera.equirectangular(64, 32),
    Camera.pinhole(64, 48, 1.0),
    Camera.pinhole(64, 48, 1.4, (-0.28, 0.07, 0.0002, 0.0001, 0.01)),
    Camera.pinhole(64, 48, 1.9, (0.5, 0.1, 0.001, -0.001, 0.02, 0.9, 0.3, 0.05)),
    Camera.fisheye(64, 48, 2.0),
    Camera.fisheye(64, 48, 3.8, (0.02, -0.01, 0.003, -0.0005)),
]


@pytest.mark.parametrize("camera", LENSES, ids=str)
def test_a_point_along_the_ray_of_a_pixel_is_seen_by_that_pixel(camera: Camera) -> None:
    pixels = camera.project(7.0 * camera.rays().astype(np.float64))
    u, v = np.meshgrid(np.arange(64) + 0.5, np.arange(camera.height) + 0.5)
    seen = ~np.isnan(pixels[..., 0])
    assert seen.mean() > 0.7 and seen[camera.height // 2].all()
    np.testing.assert_allclose(pixels[seen], np.stack([u, v], axis=-1)[seen], atol=1e-4)


@pytest.mark.parametrize("camera", LENSES, ids=str)
def test_depth_times_ray_is_the_point(camera: Camera) -> None:
    points_m = np.array([[0.1, 0.2, 5.0], [1.0, -0.5, 4.0]])
    pixels, depth_m = camera.project(points_m), camera.depth_of(points_m)
    columns, rows = np.floor(pixels).astype(int).T
    np.testing.assert_allclose(camera.rays()[rows, columns] * depth_m[:, None], points_m, atol=0.2)


def test_nothing_is_behind_a_pinhole_and_all_is_around_a_panorama() -> None:
    behind = np.array([0.3, 0.1, -2.0])
    assert np.isnan(Camera.pinhole(64, 48, 1.0).project(behind)).all()
    assert not np.isnan(Camera.equirectangular(64, 32).project(behind)).any()


def test_a_fisheye_sees_a_little_behind_itself() -> None:
    camera = Camera.fisheye(100, 100, np.radians(220.0))
    off_axis = np.radians(100.0)
    pixel = camera.project(np.array([np.sin(off_axis), 0.0, np.cos(off_axis)]))
    assert pixel == pytest.approx([50.0 + 100.0 * 100.0 / 220.0, 50.0])
    assert camera.rays()[50, -1, 2] < -0.3


def test_rays_are_worked_out_once() -> None:
    camera = Camera.fisheye(64, 48, 2.0)
    assert np.shares_memory(camera.rays(), Camera.fisheye(64, 48, 2.0).rays())
    with pytest.raises(ValueError, match="read-only"):
        camera.rays()[0] = 0.0


@pytest.mark.parametrize("count", [1, 6, 13])
def test_a_number_of_coefficients_that_no_model_has_is_refused(count: int) -> None:
    with pytest.raises(ObservationError, match=f"{count} distortion coefficients"):
        Camera.pinhole(64, 48, 1.0, (0.1,) * count)


@pytest.mark.parametrize("cx", [0.0, 10.0, 32.0, 50.0, 64.0])
def test_a_panorama_whose_seam_is_elsewhere_sees_each_point_where_it_looks(cx: float) -> None:
    whole = Camera.equirectangular(64, 20)
    camera = Camera("equirectangular", 64, 20, whole.fx, whole.fy, cx, whole.cy)
    u, v = np.moveaxis(camera.project(5.0 * camera.rays().astype(np.float64)), -1, 0)
    np.testing.assert_allclose(u, np.broadcast_to(np.arange(64) + 0.5, (20, 64)), atol=1e-4)
    np.testing.assert_allclose(v, np.broadcast_to(np.arange(20)[:, None] + 0.5, (20, 64)), atol=1e-4)
