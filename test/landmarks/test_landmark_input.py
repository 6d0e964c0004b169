from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import UInt8
from geoloc_ros.landmarks.landmark_input import UNSEEN, LandmarkInput, canonical_camera, scaled_camera

CANONICAL = Camera("pinhole", 64, 48, 50.0, 50.0, 32.0, 24.0)


def ramp(camera: Camera) -> UInt8:
    """Red rises with what a pixel sees to the right of the axis, green with what is below: 100 per unit of z."""
    rays = camera.rays()
    image = np.zeros((camera.height, camera.width, 3), np.uint8)
    image[..., :2] = np.clip(np.rint(128.0 + 100.0 * rays[..., :2] / rays[..., 2:]), 0, 255)
    return image


def test_an_image_of_the_canonical_camera_stays_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    prepared = LandmarkInput(CANONICAL).prepare(image, CANONICAL)
    assert prepared.covered.all()
    np.testing.assert_allclose(prepared.planes, image.transpose(2, 0, 1) / 255.0, atol=1e-6)


@settings(deadline=None)
@given(
    width=st.integers(40, 300), height=st.integers(40, 300), focal=st.floats(20.0, 400.0),
    off=st.floats(-8.0, 8.0), bent=st.booleans(),
)  # fmt: skip
def test_every_covered_pixel_shows_what_lies_in_its_direction(
    width: int, height: int, focal: float, off: float, bent: bool
) -> None:
    distortion = (-0.05, 0.01, 0.001, -0.001) if bent else ()
    camera = Camera("pinhole", width, height, focal, focal, width / 2.0 + off, height / 2.0 - off, distortion)
    pixels, covered = LandmarkInput(CANONICAL).resample(np.nan_to_num(ramp(camera)), camera)
    inner = covered.copy()
    inner[1:-1, 1:-1] &= covered[2:, 1:-1] & covered[:-2, 1:-1] & covered[1:-1, 2:] & covered[1:-1, :-2]
    # Within a pixel of the coarser of the two, and the rounding of both.
    tolerance = 100.0 * max(1.0 / focal, 1.0 / CANONICAL.fx) + 1.5
    assert (np.abs(pixels[inner].astype(float) - ramp(CANONICAL)[inner]).max(initial=0.0)) <= tolerance


def test_what_a_narrow_camera_does_not_see_is_grey_and_not_covered() -> None:
    narrow = Camera("pinhole", 32, 48, 50.0, 50.0, 16.0, 24.0)
    pixels, covered = LandmarkInput(CANONICAL).resample(np.zeros((48, 32, 3), np.uint8), narrow)
    assert covered[:, 16:48].all() and not covered[:, :16].any() and not covered[:, 48:].any()
    assert (pixels[~covered] == UNSEEN).all() and (pixels[covered] == 0).all()


def test_a_large_image_is_averaged_rather_than_sampled() -> None:
    large = scaled_camera(CANONICAL, 640, 480)
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::3] = 240
    pixels, _ = LandmarkInput(CANONICAL).resample(stripes, large)
    assert np.abs(pixels[4:-4, 4:-4].astype(int) - 80).max() <= 24


def test_a_fisheye_is_unbent() -> None:
    fisheye = Camera.fisheye(200, 200, np.radians(140.0))
    pixels, covered = LandmarkInput(CANONICAL).resample(ramp(fisheye), fisheye)
    assert covered.all()
    assert np.abs(pixels.astype(int) - ramp(CANONICAL)).max() <= 4


def test_an_image_of_another_size_than_its_camera_is_refused() -> None:
    with pytest.raises(ObservationError, match="check that camera_info belongs to this image"):
        LandmarkInput(CANONICAL).prepare(np.zeros((10, 10, 3), np.uint8), CANONICAL)


def test_a_grey_image_is_refused() -> None:
    with pytest.raises(ObservationError, match="its camera says"):
        LandmarkInput(CANONICAL).prepare(np.zeros((48, 64), np.uint8), CANONICAL)


def test_a_camera_that_sees_nothing_of_it_is_refused() -> None:
    aside = Camera("pinhole", 64, 48, 50.0, 50.0, 5000.0, 24.0)
    with pytest.raises(ObservationError, match="check its intrinsics"):
        LandmarkInput(CANONICAL).prepare(np.zeros((48, 64, 3), np.uint8), aside)


def test_the_canonical_camera_has_no_lens() -> None:
    with pytest.raises(ObservationError, match="ideal pinhole"):
        LandmarkInput(Camera.fisheye(64, 48, 2.0))


def test_the_canonical_camera_of_cameras_alike_is_theirs_resized() -> None:
    camera = Camera("pinhole", 640, 480, 500.0, 500.0, 322.0, 239.0)
    assert canonical_camera((camera,) * 3, 320, 240) == Camera("pinhole", 320, 240, 250.0, 250.0, 160.0, 120.0)


def test_the_canonical_camera_sees_all_of_an_image_of_another_shape() -> None:
    tall = Camera("pinhole", 480, 640, 500.0, 500.0, 240.0, 320.0)
    canonical = canonical_camera((tall,), 320, 240)
    _, covered = LandmarkInput(canonical).resample(np.zeros((640, 480, 3), np.uint8), tall)
    assert covered[0].any() and covered[-1].any() and not covered.all()


def test_a_panorama_has_no_canonical_camera() -> None:
    with pytest.raises(ObservationError, match="panoramas"):
        canonical_camera((Camera.equirectangular(200, 100),), 320, 240)
