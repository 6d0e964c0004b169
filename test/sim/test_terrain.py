import numpy as np

from geoloc_ros.sim.terrain import draw_terrain, flat_terrain


def test_slope_is_the_rise_between_points_a_step_apart() -> None:
    terrain = draw_terrain(0.03, np.random.default_rng(0))
    points_m = np.random.default_rng(1).uniform(-500.0, 500.0, (50, 2))
    for axis, step in enumerate(np.eye(2) * 1e-3):
        rise = (terrain.height_m(points_m + step) - terrain.height_m(points_m - step)) / 2e-3
        assert np.abs(terrain.slope(points_m)[:, axis] - rise).max() < 1e-6


def test_slopes_are_as_steep_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    steepness = [
        np.hypot(*draw_terrain(0.025, rng).slope(rng.uniform(-3000.0, 3000.0, (4000, 2))).T) for _ in range(20)
    ]
    assert abs(np.sqrt(np.mean(np.square(steepness))) - 0.025) < 0.003


def test_flat_ground_is_at_height_zero() -> None:
    points_m = np.array([[0.0, 0.0], [1e4, -1e4]])
    assert not flat_terrain().height_m(points_m).any()
    assert not flat_terrain().slope(points_m).any()
