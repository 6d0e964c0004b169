import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import UInt8
from geoloc_ros.vpr.photo_input import network_input, photo_batch, resize_photo


def noise(height: int, width: int) -> UInt8:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_pixel_is_the_mean_of_the_area_it_covers() -> None:
    image = noise(8, 12)
    areas = image.reshape(2, 4, 3, 4, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(resize_photo(image, 2, 3) - areas).max() <= 0.51


def test_a_photo_of_the_right_size_stays_as_it_is() -> None:
    image = noise(4, 6)
    assert np.array_equal(resize_photo(image, 4, 6), image)


def test_what_shrinks_one_way_only_is_averaged_that_way() -> None:
    image = noise(8, 3)
    rows = resize_photo(image, 2, 3).astype(float)
    grown = resize_photo(image, 2, 6).astype(float)
    assert np.abs(grown[:, [0, -1]] - rows[:, [0, -1]]).max() <= 1.0


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_one_colour_stays_one_colour_at_any_size(height: int, width: int, to_h: int, to_w: int, grey: int) -> None:
    found = resize_photo(np.full((height, width, 3), grey, np.uint8), to_h, to_w)
    assert found.shape == (to_h, to_w, 3) and np.all(found == grey)


def test_the_network_gets_planes_of_red_green_and_blue_from_0_to_1() -> None:
    images = noise(4, 6)[None]
    images[0, 1, 2] = (255, 0, 51)
    planes = network_input(images)
    assert planes.shape == (1, 3, 4, 6) and planes.dtype == np.float32 and planes.flags.c_contiguous
    assert planes[0, :, 1, 2] == pytest.approx([1.0, 0.0, 0.2])
    assert planes.max() <= 1.0


def test_a_batch_takes_photos_of_any_sizes() -> None:
    images = [noise(9, 5), noise(4, 6)]
    batch = photo_batch(images, 4, 6)
    assert np.array_equal(batch[0], network_input(resize_photo(images[0], 4, 6)[None])[0])
    assert np.array_equal(batch[1], network_input(images[1][None])[0])


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 6), np.uint8), np.zeros((4, 6, 4), np.uint8), np.zeros((4, 6, 3)), np.zeros((0, 6, 3), np.uint8)],
)
def test_what_is_no_colour_image_is_refused(image: UInt8) -> None:
    with pytest.raises(ObservationError, match="wanted is uint8"):
        resize_photo(image, 2, 2)
