from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.light import Lamp, Lighting, lit_textures, to_linear
from geoloc_ros.sim.textured.rays import RayCaster
from geoloc_ros.sim.textured.rectangles import Brush, Rectangle

NO_LIGHT = np.zeros(3)


def grey(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    return np.full((*shape, 3), 0.5, np.float32)


FLOOR = Brush(0.02).rectangle(np.array([-1.0, 1.0, 0.0]), np.array([2.0, 0.0, 0.0]), np.array([0.0, -2.0, 0.0]), grey)


def radiance(lighting: Lighting, *others: Rectangle) -> Float32:
    rays = RayCaster([FLOOR, *others])
    return to_linear(lit_textures([FLOOR], lighting, rays, np.random.default_rng(0))[0])


def test_the_open_sky_lights_a_floor_evenly() -> None:
    light = radiance(Lighting((), np.array([0.8, 0.6, 0.4]), NO_LIGHT, 5.0))
    np.testing.assert_allclose(light.reshape(-1, 3).mean(axis=0), [0.4, 0.3, 0.2], rtol=0.02)
    assert light[..., 0].std() < 0.01


def test_light_falls_with_distance_and_slant() -> None:
    lamp = Lamp(np.array([0.0, 0.0, 2.0]), 0.01, np.ones(3), 1.0)
    light = radiance(Lighting((lamp,), NO_LIGHT, NO_LIGHT, 1.0))
    side = len(light)
    # Below it 1 / 4; 0.6 m aside 1 / 4.36 times the cosine.
    assert light[side // 2, side // 2, 0] == pytest.approx(0.5 / 4.0, rel=0.03)
    assert light[side // 2, int(0.8 * side), 0] == pytest.approx(0.5 / 4.36 * 2.0 / 4.36**0.5, rel=0.03)


def test_what_hangs_between_throws_a_shadow_with_a_soft_edge() -> None:
    lamp = Lamp(np.array([0.0, 0.0, 100.0]), 5.0, np.ones(3), 0.0)
    lid = Brush(0.1).rectangle(np.array([-3.0, 3.0, 0.5]), np.array([3.0, 0.0, 0.0]), np.array([0.0, -6.0, 0.0]), grey)
    light = radiance(Lighting((lamp,), NO_LIGHT, NO_LIGHT, 1.0), lid)
    row = light[len(light) // 2, :, 0]
    assert row[0] == 0.0
    assert row[-1] == pytest.approx(0.5, rel=0.05)
    assert ((row > 0.05) & (row < 0.45)).any()


def test_near_walls_darken_by_hiding_the_sky() -> None:
    wall = Brush(0.1).upright((-1.0, 1.0), (1.0, 1.0), (0.0, 2.0), grey)
    light = radiance(Lighting((), np.ones(3), NO_LIGHT, 5.0), wall)
    assert light[2, :, 0].mean() < 0.8 * light[-2, :, 0].mean()
