import numpy as np

from geoloc_ros.sim.chance import normal, uniform, wavering


def test_numbers_are_uniform_and_independent_between_keys() -> None:
    drive, building = np.arange(200)[:, None], np.arange(-1, 199)
    drawn = uniform(0, 1, drive, building)
    assert drawn.shape == (200, 200)
    assert drawn.min() > 0.0 and drawn.max() < 1.0
    assert np.abs(np.histogram(drawn, 10, (0.0, 1.0))[0] / drawn.size - 0.1).max() < 0.01
    for other in (uniform(0, 2, drive, building), uniform(1, 1, drive, building), np.roll(drawn, 1, axis=1)):
        assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.02


def test_a_thing_keeps_its_number_whatever_else_is_asked() -> None:
    assert uniform(3, 1, np.array([7, 8, 9]))[1] == uniform(3, 1, np.array([8]))[0]


def test_normal_numbers_are_standard() -> None:
    drawn = normal(0, 0, np.arange(20_000))
    assert abs(drawn.mean()) < 0.03 and abs(drawn.std() - 1.0) < 0.03


def test_wavering_is_smooth_round_the_circle_and_standard() -> None:
    drawn = wavering(500, 360, 0.2, np.random.default_rng(0))
    assert abs(drawn.std() - 1.0) < 0.03
    neighbours = [np.corrcoef(drawn[:, ray], drawn[:, (ray + 1) % 360])[0, 1] for ray in (0, 100, 359)]
    assert min(neighbours) > 0.9
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 90])[0, 1]) < 0.15
