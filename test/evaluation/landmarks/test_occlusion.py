import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.evaluation.landmarks.occlusion import SIDE_PERCENT, add_noise_block

IMAGE = np.full((60, 80, 3), 17, np.uint8)


@given(st.sampled_from(SIDE_PERCENT), st.integers(0, 1000))
def test_a_block_hides_its_share_of_the_image_and_nothing_else(side: int, seed: int) -> None:
    hidden = add_noise_block(IMAGE, side / 100.0, np.random.default_rng(seed))
    changed = (hidden != IMAGE).any(axis=-1)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert rows[-1] - rows[0] + 1 == round(60 * side / 100) and columns[-1] - columns[0] + 1 == round(80 * side / 100)
    assert changed.mean() == pytest.approx((side / 100.0) ** 2, rel=0.1)
    assert (IMAGE == 17).all(), "the image itself stays"


def test_noise_takes_all_values_and_blocks_all_places() -> None:
    rng = np.random.default_rng(0)
    small = np.full((6, 8, 3), 17, np.uint8)
    hidden = np.stack([add_noise_block(small, 0.5, rng) for _ in range(400)])
    assert {0, 255} <= set(np.unique(hidden).tolist())
    changed = (hidden != 17).any(axis=-1)
    assert changed.any(axis=0).all() and not changed.all(axis=0).all()


def test_nothing_and_all_can_be_hidden() -> None:
    rng = np.random.default_rng(0)
    assert (add_noise_block(IMAGE, 0.0, rng) == IMAGE).all()
    assert (add_noise_block(IMAGE, 1.0, rng) != IMAGE).any(axis=-1).all()
