import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import UInt8
from geoloc_ros.scan.stereo import depth_from_disparity, depth_from_stereo

CAMERA = Camera("pinhole", 400, 160, 200.0, 200.0, 200.0, 80.0)
BASELINE_M = 0.5


def textured(width: int, height: int) -> UInt8:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.float64)
    return np.asarray((smooth - smooth.min()) * 255.0 / np.ptp(smooth), np.uint8)


def pair(disparity: int, width: int = 400, height: int = 160) -> tuple[UInt8, UInt8]:
    """A wall straight ahead, so far that the right image lags behind by that many pixels."""
    wall = textured(width + disparity, height)
    return np.ascontiguousarray(wall[:, :width]), np.ascontiguousarray(wall[:, disparity:])


@pytest.mark.parametrize("disparity", [4, 10, 25])
def test_a_wall_is_as_far_as_focal_length_times_baseline_by_disparity(disparity: int) -> None:
    depth_m = depth_from_stereo(*pair(disparity), CAMERA, BASELINE_M)
    assert depth_m.shape == (160, 400) and depth_m.dtype == np.float32
    inside = depth_m[20:140, 80:380]
    assert np.isnan(inside).mean() < 0.1
    assert np.nanmedian(inside) == pytest.approx(200.0 * BASELINE_M / disparity, rel=0.02)


def test_large_images_are_matched_small_and_measure_the_same() -> None:
    camera = Camera("pinhole", 1600, 320, 800.0, 800.0, 800.0, 160.0)
    depth_m = depth_from_stereo(*pair(30, 1600, 320), camera, BASELINE_M)
    assert depth_m.shape == (320, 1600)
    assert np.nanmedian(depth_m) == pytest.approx(800.0 * BASELINE_M / 30.0, rel=0.02)


def test_images_without_texture_tell_nothing() -> None:
    flat = np.full((160, 400, 3), 128, np.uint8)
    assert np.isnan(depth_from_stereo(flat, flat, CAMERA, BASELINE_M)).all()


def test_a_disparity_image_becomes_depth() -> None:
    disparity = np.array([[10.0, 5.0, 0.0], [np.nan, np.inf, -1.0]], np.float32)
    np.testing.assert_allclose(
        depth_from_disparity(disparity, 200.0, 0.5), [[10.0, 20.0, np.nan], [np.nan, np.nan, np.nan]], rtol=1e-6
    )
    assert np.isnan(depth_from_disparity(disparity, 200.0, 0.5, min_disparity=5.0)[0, 1])


def test_what_is_no_rectified_pair_is_refused() -> None:
    left, right = pair(10)
    with pytest.raises(ObservationError, match="stereo images are"):
        depth_from_stereo(left, right[:, :300], CAMERA, BASELINE_M)
    with pytest.raises(ObservationError, match="rectified"):
        depth_from_stereo(left, right, Camera.pinhole(400, 160, 1.5, (-0.1, 0.0, 0.0, 0.0)), BASELINE_M)
    with pytest.raises(ObservationError, match="must be positive"):
        depth_from_stereo(left, right, CAMERA, 0.0)
    with pytest.raises(ObservationError, match="must be positive"):
        depth_from_stereo(left, right, CAMERA, np.nan)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (31, 40), (6400, 31)])
def test_images_too_small_to_be_matched_are_refused(width: int, height: int) -> None:
    black = np.zeros((height, width, 3), np.uint8)
    with pytest.raises(ObservationError, match="too small"):
        depth_from_stereo(black, black, Camera.pinhole(width, height, 1.5), BASELINE_M)
