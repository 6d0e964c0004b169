from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import camera_from_info, info_from_camera, stereo_baseline_m
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float64


@dataclass
class Region:
    x_offset: int = 0
    y_offset: int = 0
    height: int = 0
    width: int = 0


@dataclass
class Info:
    height: int = 480
    width: int = 640
    distortion_model: str = "plumb_bob"
    d: Float64 = field(default_factory=lambda: np.zeros(5))
    k: Float64 = field(default_factory=lambda: np.array([500.0, 0.0, 319.5, 0.0, 500.0, 239.5, 0.0, 0.0, 1.0]))
    r: Float64 = field(default_factory=lambda: np.eye(3).ravel())
    p: Float64 = field(
        default_factory=lambda: np.array([450.0, 0.0, 309.5, -45.0, 0.0, 450.0, 229.5, 0.0, 0.0, 0.0, 1.0, 0.0])
    )
    binning_x: int = 0
    binning_y: int = 0
    roi: Region = field(default_factory=Region)


CAMERAS = [
    Camera.equirectangular(64, 20),
    Camera.pinhole(64, 48, 1.0),
    Camera.pinhole(64, 48, 1.0, (-0.3, 0.1, 0.001, -0.002, 0.02)),
    Camera.pinhole(64, 48, 1.0, (0.3, 0.1, 0.001, -0.002, 0.02, 0.4, 0.1, 0.03)),
    Camera.pinhole(64, 48, 1.0, (0.3, 0.1, 0.001, -0.002, 0.02, 0.4, 0.1, 0.03, 1e-3, 1e-3, 1e-3, 1e-3)),
    Camera.fisheye(64, 48, 3.0, (0.02, -0.01, 0.003, -0.001)),
]


@pytest.mark.parametrize("camera", CAMERAS, ids=str)
def test_camera_info_keeps_a_camera(camera: Camera) -> None:
    fields = info_from_camera(camera)
    info = Info(camera.height, camera.width, fields.distortion_model, fields.d, fields.k, fields.r, fields.p)
    assert camera_from_info(info) == camera


@pytest.mark.parametrize("model", ["", "plumb_bob", "rational_polynomial", "equidistant", "equirectangular"])
def test_coefficients_of_zero_are_an_ideal_lens(model: str) -> None:
    assert camera_from_info(Info(distortion_model=model, d=np.zeros(8))).distortion == ()
    assert camera_from_info(Info(distortion_model=model, d=np.zeros(0))).distortion == ()


def test_pixels_are_counted_from_the_corner_and_not_from_the_first_centre() -> None:
    camera = camera_from_info(Info())
    assert (camera.cx, camera.cy) == (320.0, 240.0)


def test_a_rectified_image_is_described_by_p_and_a_raw_one_by_k() -> None:
    info = Info(d=np.array([-0.3, 0.1, 0.0, 0.0, 0.0]))
    raw, rectified = camera_from_info(info), camera_from_info(info, is_rectified=True)
    assert (raw.fx, raw.distortion[0]) == (500.0, -0.3)
    assert rectified == Camera("pinhole", 640, 480, 450.0, 450.0, 310.0, 230.0)


@pytest.mark.parametrize("model", ["equidistant", "fisheye42"])
def test_a_rectified_image_is_of_a_pinhole_whatever_the_lens_was(model: str) -> None:
    info = Info(distortion_model=model, d=np.array([0.1, 0.0, 0.0, 0.0]))
    assert camera_from_info(info, is_rectified=True).model == "pinhole"


def test_binning_and_region_look_the_same_way_with_fewer_pixels() -> None:
    whole = camera_from_info(Info())
    binned = camera_from_info(Info(binning_x=2, binning_y=2))
    assert (binned.width, binned.height) == (320, 240)
    whole_rays, binned_rays = whole.rays(), binned.rays()
    mean_of_four = whole_rays.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(binned_rays, mean_of_four, atol=1e-6)
    cut = camera_from_info(Info(roi=Region(100, 60, 200, 300)))
    np.testing.assert_allclose(cut.rays(), whole_rays[60:260, 100:400], atol=1e-6)
    both = camera_from_info(Info(binning_x=2, binning_y=2, roi=Region(100, 60, 200, 300)))
    np.testing.assert_allclose(both.rays(), binned_rays[30:130, 50:200], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": np.zeros(9)}, "not calibrated"),
        ({"k": np.full(9, np.nan)}, "not calibrated"),
        ({"width": 0}, "not calibrated"),
        ({"k": np.array([1e-300, 0.0, 320.0, 0.0, 1e-300, 240.0, 0.0, 0.0, 1.0])}, "not calibrated"),
        ({"k": np.array([500.0, 0.0, 1e300, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0])}, "not calibrated"),
        ({"k": np.array([500.0, 0.0, 320.0, 0.0, 1e20, 240.0, 0.0, 0.0, 1.0])}, "not calibrated"),
        ({"binning_y": 481}, "no image is left"),
        ({"distortion_model": "fisheye42"}, "fisheye42"),
        ({"d": np.full(7, 0.1)}, "7 distortion coefficients"),
        ({"d": np.full(5, np.nan)}, "no numbers"),
        ({"distortion_model": "equidistant", "d": np.full(5, 0.1)}, "5 distortion coefficients"),
        ({"roi": Region(500, 0, 480, 200)}, "does not fit"),
        ({"k": np.array([500.0, 20.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0])}, "skew"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ObservationError, match=words):
        camera_from_info(replace(Info(), **change))  # type: ignore[arg-type]


def test_a_raw_image_that_looks_another_way_than_its_frame_is_refused_but_the_rectified_one_is_fine() -> None:
    turned = np.array([[np.cos(0.02), 0.0, np.sin(0.02)], [0.0, 1.0, 0.0], [-np.sin(0.02), 0.0, np.cos(0.02)]])
    info = Info(r=turned.ravel())
    with pytest.raises(ObservationError, match=r"1\.1 degrees"):
        camera_from_info(info)
    assert camera_from_info(info, is_rectified=True).fx == 450.0


def test_a_rotation_that_nobody_filled_in_is_none() -> None:
    assert camera_from_info(Info(r=np.zeros(9))) == camera_from_info(Info())


def test_the_baseline_of_a_stereo_pair_is_in_the_right_camera_info() -> None:
    assert stereo_baseline_m(Info()) == pytest.approx(0.1)


def test_the_left_camera_info_has_no_baseline() -> None:
    with pytest.raises(ObservationError, match="exchange left and right"):
        stereo_baseline_m(Info(p=np.array([450.0, 0.0, 309.5, 0.0, 0.0, 450.0, 229.5, 0.0, 0.0, 0.0, 1.0, 0.0])))


def test_a_baseline_is_finite() -> None:
    with pytest.raises(ObservationError, match="calibrate the pair"):
        stereo_baseline_m(Info(p=np.array([np.inf, 0.0, 309.5, -np.inf, *[0.0] * 8])))
