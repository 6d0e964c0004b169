from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.light import Lamp, Lighting
from geoloc_ros.sim.textured.rectangles import Brush, Rectangle
from geoloc_ros.sim.textured.view import Seen, TexturedView
from geoloc_ros.sim.textured.world import looking

CAMERA = Camera.pinhole(64, 48, np.pi / 2.0)
SKY = Lighting((), np.ones(3), np.zeros(3), 1.0)


def halves(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    """Left black, right white."""
    image = np.zeros((*shape, 3), np.float32)
    image[:, shape[1] // 2 :] = 1.0
    return image


def speckled(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    return np.repeat(np.random.default_rng(0).integers(0, 2, (*shape, 1)), 3, axis=2).astype(np.float32)


def wall(paint: object = halves, gloss: float = 0.0) -> Rectangle:
    """Ten metres wide, at y = 5, seen from the south."""
    assert callable(paint)
    return Brush(0.02).upright((-5.0, 5.0), (5.0, 5.0), (-5.0, 5.0), paint, gloss)


def see(rectangle: Rectangle, lighting: Lighting = SKY, yaw_rad: float = np.pi / 2.0) -> Seen:
    view = TexturedView((rectangle,), lighting, CAMERA, np.random.default_rng(0))
    return view.see(looking(yaw_rad, 0.0, 0.0, (0.0, 0.0, 0.0)))


def test_left_is_left_and_depth_is_along_z() -> None:
    seen = see(wall())
    assert (seen.radiance[:, :31] < 0.01).all()
    assert seen.radiance[:, 33:].min() > 0.9
    np.testing.assert_allclose(seen.depth_m, 5.0, rtol=1e-5)
    assert seen.cosine[24, 32] == pytest.approx(1.0, abs=1e-3)
    assert seen.cosine[24, 0] == pytest.approx(0.5**0.5, abs=0.01)


def test_the_sky_has_a_colour_and_no_depth() -> None:
    seen = see(wall(), yaw_rad=-np.pi / 2.0)
    assert np.isnan(seen.depth_m).all()
    assert seen.radiance.min() > 0.2


def test_a_pattern_finer_than_pixels_turns_grey_and_does_not_flicker() -> None:
    # Black and white texels of 2 cm where a pixel covers 16 cm: the mean of 64 has a sixteenth of their spread of 1.
    assert see(wall(speckled)).radiance[2:-2, 2:-2].std() < 0.1


def test_a_lamp_is_mirrored_where_the_viewer_and_it_meet_the_wall_at_the_same_angle() -> None:
    lamp = Lamp(np.array([4.0, 0.0, 0.0]), 0.1, np.ones(3), 1.0)
    lighting = Lighting((lamp,), np.zeros(3), np.zeros(3), 1.0)
    shine = see(wall(gloss=1.0), lighting).radiance - see(wall(), lighting).radiance
    row, column = np.unravel_index(shine[..., 0].argmax(), CAMERA.rays().shape[:2])
    # Halfway to the lamp: 2 m to the right of the middle, 5 m ahead.
    assert column == pytest.approx(32 + 32 * 2.0 / 5.0, abs=1.5)
    assert row == pytest.approx(24, abs=1.5)
