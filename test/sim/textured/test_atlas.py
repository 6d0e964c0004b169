from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import UInt8
from geoloc_ros.sim.textured.atlas import NUM_LEVELS, Atlas

RNG = np.random.default_rng(0)
TEXTURES: list[UInt8] = [
    RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for height, width in ((32, 64), (128, 32), (64, 4096), (96, 96), (64, 2080))
]


def look_up(texture: int, across: float, down: float, level: int) -> UInt8:
    one = np.ones(1, np.float32)
    found = Atlas(TEXTURES).look_up(
        np.array([texture], np.int32), across * one, down * one, np.array([level], np.int32)
    )
    return np.asarray(found[0])


def test_texels_are_found_at_their_centres() -> None:
    for number, texture in enumerate(TEXTURES):
        for row, column in ((0, 0), (5, 17), (texture.shape[0] - 1, texture.shape[1] - 1)):
            across, down = (column + 0.5) / texture.shape[1], (row + 0.5) / texture.shape[0]
            np.testing.assert_array_equal(look_up(number, across, down, 0), texture[row, column])


def test_between_texels_is_between_their_colours() -> None:
    texture = TEXTURES[0].astype(int)
    expected = (texture[3, 10] + texture[3, 11]) / 2.0
    assert np.abs(look_up(0, 11.0 / 64.0, 3.5 / 32.0, 0) - expected).max() <= 1.0


def test_each_level_is_the_mean_of_larger_blocks() -> None:
    texture = TEXTURES[3].astype(float)
    for level in range(1, NUM_LEVELS):
        side = 2**level
        block = texture[side : 2 * side, :side].mean(axis=(0, 1))
        found = look_up(3, 0.5 * side / 96.0, 1.5 * side / 96.0, level)
        assert np.abs(found - block).max() <= level


def test_borders_are_not_mixed_with_the_neighbour_in_the_atlas() -> None:
    black, white = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8)
    atlas = Atlas([black, white])
    edge = np.array([0.0, 1.0, 0.0, 1.0], np.float32)
    for level in range(NUM_LEVELS):
        for number, value in ((0, 0), (1, 255)):
            which, levels = np.full(4, number, np.int32), np.full(4, level, np.int32)
            assert (atlas.look_up(which, edge, edge[::-1].copy(), levels) == value).all()
