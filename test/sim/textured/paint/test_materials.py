from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.sim.textured.paint import fittings, graphics, materials, street
from geoloc_ros.sim.textured.rectangles import Painter

COLOURS = (0.5, 0.3, 0.2), (0.2, 0.4, 0.5)
PAINTERS: dict[str, Painter] = {
    "plaster": materials.plaster(COLOURS[0], 1), "planks": materials.planks(COLOURS[0], 1),
    "upright planks": materials.planks(COLOURS[0], 1, upright=True), "bricks": materials.bricks(COLOURS[0], 1),
    "tiles": materials.tiles(COLOURS, 1, 0.3), "stripes": materials.stripes(*COLOURS, 1, 0.2),
    "poster": graphics.poster(1, frame=(0.1, 0.1, 0.1)), "sign": graphics.sign(1), "books": graphics.book_row(1),
    "case": graphics.labelled(COLOURS[0], 1), "window": fittings.curtained_window(1), "door": fittings.door(1),
    "rug": fittings.rug(1), "house": street.facade(1, False), "shop": street.facade(1, True),
    "road": street.marked(street.asphalt(1), 1, True), "pavement": street.pavement(1),
    "car": street.car_body(COLOURS[0], 1), "cabin": street.car_cabin(COLOURS[0], 1), "leaves": street.leaves(1),
    "awning": street.awning(1),
}  # fmt: skip


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("shape", [(32, 32), (96, 320), (256, 64)])
def test_every_painter_fills_any_shape_and_repeats_itself(name: str, shape: tuple[int, int]) -> None:
    size_m = shape[1] * 0.02, shape[0] * 0.02
    first, second = (PAINTERS[name](shape, size_m) for _ in range(2))
    assert first.shape == (*shape, 3)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert first.std() > 0.002
    np.testing.assert_array_equal(first, second)


def test_other_seeds_give_other_pictures() -> None:
    shape, size_m = (128, 128), (0.5, 0.5)
    for make in (graphics.poster, graphics.sign, graphics.book_row, fittings.rug, street.leaves):
        assert np.abs(make(1)(shape, size_m) - make(2)(shape, size_m)).mean() > 0.05


def test_clouds_have_mean_zero_spread_one_and_no_jumps() -> None:
    noise = materials.cloud((400, 600), 64.0, 8.0, np.random.default_rng(0))
    assert abs(noise.mean()) < 0.25
    assert noise.std() == pytest.approx(1.0, abs=0.3)
    assert np.abs(np.diff(noise, axis=1)).max() < 0.6


def test_bricks_of_neighbouring_rows_are_shifted_by_half() -> None:
    # A brick of 20 x 10 texels; the median over all bricks is blind to those that were replaced.
    image = materials.bricks((0.5, 0.1, 0.1), 1, (0.2, 0.1), 0.0)((64, 640), (6.4, 0.64))
    first, second = (np.median(image[row, :, 1].reshape(-1, 20), axis=0) for row in (5, 15))
    np.testing.assert_array_equal(np.flatnonzero(first > 0.2), [0, 1])
    np.testing.assert_array_equal(np.flatnonzero(second > 0.2), [10, 11])


def test_words_are_letters_in_the_length_asked_for() -> None:
    rng = np.random.default_rng(0)
    assert all(3 <= len(graphics.word(rng)) <= 8 for _ in range(50))
    assert len({graphics.word(rng) for _ in range(50)}) > 45


def test_writing_stays_in_its_box() -> None:
    image = np.zeros((64, 128, 3), np.float32)
    graphics.write(image, "QUAY", (20, 10, 60, 30), (1.0, 1.0, 1.0), np.random.default_rng(0))
    written = np.argwhere(image[..., 0] > 0.3)
    assert len(written) > 50
    assert (written.min(axis=0) >= [6, 16]).all()
    assert (written.max(axis=0) <= [46, 86]).all()
