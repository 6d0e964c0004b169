from dataclasses import replace

import numpy as np

from geoloc_ros.sim.conditions import NOON, condition_of
from geoloc_ros.sim.exposure import exposed


def test_at_noon_a_picture_stays_as_it_is_and_nothing_is_drawn() -> None:
    rgb = np.full((4, 6, 3), 77, np.uint8)
    rng = np.random.default_rng(0)
    assert exposed(rgb, NOON, rng) is rgb
    assert rng.random() == np.random.default_rng(0).random()


def test_noise_of_the_dark_is_as_strong_as_said_and_stronger_in_the_light() -> None:
    # Half of the grain in black, three halves in white: at a quarter of white, whose root is a half, just as much.
    condition = replace(NOON, grain=0.04)
    grey = np.full((200, 200, 3), 64, np.uint8)
    noise = exposed(grey, condition, np.random.default_rng(0)).astype(float) - 64.0
    assert abs(noise.mean()) < 0.3
    assert abs(noise.std() / 255.0 - 0.04) < 0.002


def test_flakes_take_about_the_share_of_the_picture_that_is_said() -> None:
    black = np.zeros((240, 320, 3), np.uint8)
    white = exposed(black, condition_of("snow"), np.random.default_rng(0)).mean() / 255.0
    assert 0.4 * condition_of("snow").flakes < white < 1.6 * condition_of("snow").flakes


def test_drops_on_the_glass_change_nothing_where_all_is_alike() -> None:
    condition = replace(condition_of("rain_sunset"), grain=0.0)
    grey = np.full((60, 80, 3), 120, np.uint8)
    assert np.abs(exposed(grey, condition, np.random.default_rng(1)).astype(int) - 120).max() <= 1
