"""Images to inputs and back, where every pixel's place is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32
from geoloc_ros.reading.cutting import Faces, WholeImage
from geoloc_ros.reading.network_description import InputDescription, PanoramaDescription

from ..scan.room import mount

FOUR = PanoramaDescription(num_faces=4, overlap_deg=10.0)


def ramps(width: int, height: int) -> tuple[Float32, Float32]:
    """Images of the column and of the row of each pixel's centre, from 0 to 1 over the image."""
    column, row = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    across, down = np.meshgrid(column, row)
    return across.astype(np.float32), down.astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(20, 200), st.integers(20, 200), st.integers(1, 4), st.sampled_from(["stretch", "pad"])
)
def test_what_is_said_of_a_place_comes_back_to_that_place(width: int, height: int, stride: int, fit: str) -> None:
    description = InputDescription.model_validate({"width": 128, "height": 64, "fit": fit})
    whole = WholeImage(Camera.pinhole(width, height, 1.2), description)
    across, down = ramps(128 // stride, 64 // stride)
    scale = min(128 / width, 64 / height)
    content = (1.0, 1.0) if fit == "stretch" else (round(width * scale) / 128, round(height * scale) / 64)
    wanted_across, wanted_down = ramps(width, height)
    error = 0.02 / stride  # cv2 knows places to a 32nd of a pixel
    axes = ((across, wanted_across, content[0], 128), (down, wanted_down, content[1], 64))
    for said, wanted, part, size in axes:
        back = whole.join([said], is_smooth=True) / part
        # Nothing is said beyond the middle of the outermost of these.
        outermost = 0.5 * stride / (part * size)
        inside = (wanted > max(0.2, outermost)) & (wanted < min(0.8, 1.0 - outermost))
        np.testing.assert_allclose(back[inside], wanted[inside], atol=error)


def test_a_padded_image_lies_in_the_corner_and_the_rest_is_the_mean() -> None:
    description = InputDescription.model_validate({"width": 64, "height": 64, "fit": "pad", "mean": [0.5, 0.2, 0.0]})
    whole = WholeImage(Camera.pinhole(32, 16, 1.2), description)
    (found,) = whole.cut(np.full((16, 32, 3), 9, np.uint8))
    assert (found[:32] == 9).all()
    assert (found[32:] == (128, 51, 0)).all()
    assert whole.focal_px == pytest.approx(2.0 * Camera.pinhole(32, 16, 1.2).fx)


def test_faces_show_what_is_ahead_left_behind_and_right_upright_and_not_mirrored() -> None:
    camera = Camera.equirectangular(360, 180)
    faces = Faces(camera, mount(), InputDescription(width=64, height=64), FOUR)
    across, down = ramps(360, 180)
    inputs = faces.cut((np.stack([across, down, down], axis=-1) * 255.0).astype(np.uint8)).astype(np.float64) / 255.0
    middles = [face[31:33, 31:33, 0].mean() for face in inputs]
    # A panorama's middle is ahead and its left end is behind.
    np.testing.assert_allclose([middles[0], middles[1], middles[3]], [0.5, 0.25, 0.75], atol=0.01)
    for face in inputs[[0, 1, 3]]:
        assert (np.diff(face[32, :, 0]) >= 0.0).all(), "left is left"
        assert (np.diff(face[:, 32, 1]) >= 0.0).all(), "up is up"
    assert inputs[2][32, 2, 0] > 0.8 and inputs[2][32, -3, 0] < 0.2, "the ends of the panorama meet behind"


def test_what_faces_say_comes_back_to_its_direction() -> None:
    camera, base_from_camera = Camera.equirectangular(360, 120), mount(pitch=0.1, roll=-0.05)
    faces = Faces(camera, base_from_camera, InputDescription(width=96, height=96), FOUR)
    face = Camera.pinhole(96, 96, np.deg2rad(100.0))
    elevation = np.arctan2(-face.rays()[..., 1], np.hypot(face.rays()[..., 0], face.rays()[..., 2])).astype(np.float32)
    joined = faces.join([elevation] * 4, is_smooth=True)
    directions = camera.rays() @ base_from_camera.rotation.T
    np.testing.assert_allclose(joined[faces.is_seen], np.arcsin(directions[..., 2])[faces.is_seen], atol=6e-3)
    assert faces.is_seen[40:80].all()


def test_a_camera_that_looks_ahead_needs_no_face_behind() -> None:
    fisheye = Camera.fisheye(96, 96, np.deg2rad(170.0))
    faces = Faces(fisheye, mount(), InputDescription(width=64, height=64), FOUR)
    assert len(faces.cut(np.zeros((96, 96, 3), np.uint8))) == 3


def test_faces_are_not_finer_than_the_panorama() -> None:
    camera = Camera.equirectangular(720, 240)
    description = InputDescription(width=1024, multiple_of=32)
    height, width = Faces(camera, mount(), description, FOUR).input_size
    assert width == 288  # 2 * 114.6 * tan(50 degrees) = 273
    assert height % 32 == 0 and height > width  # 60 degrees up and down, of which 50 are shown


def test_a_mean_that_no_pixel_has_is_padded_with_the_nearest_one() -> None:
    description = InputDescription.model_validate({"width": 64, "height": 64, "fit": "pad", "mean": [3.0, 0.2, -1.0]})
    (found,) = WholeImage(Camera.pinhole(32, 16, 1.2), description).cut(np.full((16, 32, 3), 9, np.uint8))
    assert (found[32:] == (255, 51, 0)).all()


def test_an_image_that_is_all_but_a_line_keeps_a_row_when_padded() -> None:
    description = InputDescription(width=64, height=64, fit="pad")
    whole = WholeImage(Camera.pinhole(3000, 1, 1.2), description)
    assert whole.cut(np.full((1, 3000, 3), 9, np.uint8))[0, 0].min() == 9
    assert whole.join([np.zeros((16, 16), np.float32)], is_smooth=True).shape == (1, 3000)


def test_a_fisheye_that_looks_at_the_ground_alone_is_refused() -> None:
    with pytest.raises(ObservationError, match="nothing near the horizon"):
        Faces(Camera.fisheye(64, 64, 1.0), mount(pitch=np.pi / 2.0), InputDescription(width=64, height=64), FOUR)
