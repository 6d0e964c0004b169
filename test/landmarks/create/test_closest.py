from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.landmarks.create.closest import closest_points

TRIANGLE = np.array([[[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]])


@pytest.mark.parametrize(
    ("point", "closest"),
    [
        ([0.5, 0.5, 3.0], [0.5, 0.5, 0.0]),  # above the inside
        ([1.0, -4.0, 0.0], [1.0, 0.0, 0.0]),  # beside an edge
        ([2.0, 2.0, 1.0], [1.0, 1.0, 0.0]),  # beside the long one
        ([-1.0, -1.0, 5.0], [0.0, 0.0, 0.0]),  # beyond a corner
    ],
)  # fmt: skip
def test_of_a_triangle_the_nearest_point(point: list[float], closest: list[float]) -> None:
    np.testing.assert_allclose(closest_points(np.array([point]), TRIANGLE), [closest], atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_no_point_of_a_triangle_is_nearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners_m, point_m = rng.normal(size=(1, 3, 3)), rng.normal(size=(1, 3))
    found = closest_points(point_m, corners_m)
    share = rng.dirichlet(np.ones(3), 500)
    others = share @ corners_m[0]
    nearest = np.linalg.norm(others - point_m, axis=1).min()
    assert np.linalg.norm(found - point_m) <= nearest + 1e-9
    # And it is one of the triangle: its shares of the corners are none below 0.
    shares, *_ = np.linalg.lstsq(np.vstack([corners_m[0].T, np.ones(3)]), np.append(found[0], 1.0), rcond=None)
    assert shares.min() > -1e-6


def test_a_triangle_of_no_area_is_its_longest_side() -> None:
    flat = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]]])
    np.testing.assert_allclose(closest_points(np.array([[2.0, 1.0, 0.0]]), flat), [[2.0, 0.0, 0.0]])
