from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.sim.textured.view import Seen
from geoloc_ros.sim.textured.wear import photograph, sense_depth


def plain(depth_m: float = 2.0, cosine: float = 1.0) -> Seen:
    shape = 120, 160
    return Seen(np.full((*shape, 3), 0.2, np.float32), np.full(shape, depth_m, np.float32),
                np.full(shape, cosine, np.float32))


def test_photos_of_one_view_differ_in_brightness_and_colour_and_noise_is_small() -> None:
    photos = np.array([photograph(plain(), 1.0, np.random.default_rng(k)) for k in range(8)]).astype(float)
    middle = photos[:, 50:70, 70:90].mean(axis=(1, 2))
    assert (middle.std(axis=0) > 2.0).all()
    assert (middle[:, 0] - middle[:, 2]).std() > 0.5
    assert photos[:, 50:70, 70:90].std(axis=(1, 2)).max() < 8.0
    expected = 255.0 * 0.2 ** (1.0 / 2.2)
    assert middle.mean() == pytest.approx(expected, rel=0.15)


def test_the_same_chance_gives_the_same_photo() -> None:
    first, second = (photograph(plain(), 1.0, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_depth_is_right_to_half_a_percent_with_few_holes() -> None:
    steps = sense_depth(plain(2.0), 0.001, 10.0, np.random.default_rng(0))
    seen = steps[steps > 0] * 0.001
    assert seen.size > 0.9 * steps.size
    assert seen.mean() == pytest.approx(2.0, rel=0.002)
    assert 0.003 < seen.std() / 2.0 < 0.007


def test_far_grazing_and_missing_surfaces_are_holes() -> None:
    rng = np.random.default_rng(0)
    for seen in (plain(11.0), plain(2.0, 0.05), plain(np.nan)):
        assert not sense_depth(seen, 0.001, 10.0, rng).any()


def test_rims_of_things_are_mostly_holes() -> None:
    seen = plain()
    seen.depth_m[:, 80:] = 4.0
    steps = sense_depth(seen, 0.001, 10.0, np.random.default_rng(0))
    assert (steps[:, 79:81] == 0).mean() > 0.5
    assert (steps[:, 60:70] == 0).mean() < 0.3
