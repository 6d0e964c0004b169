from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64
from geoloc_ros.landmarks.create.elements import triangle_elements
from geoloc_ros.landmarks.create.splitting import split_long_edges


def areas(surface: Surface) -> Float64:
    a, b, c = np.moveaxis(surface.vertices_m[surface.triangles].astype(np.float64), 1, 0)
    return np.asarray(0.5 * np.cross(b - a, c - a))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), longest_m=st.floats(0.2, 3.0))
def test_no_edge_is_longer_and_the_surface_is_the_same(seed: int, longest_m: float) -> None:
    rng = np.random.default_rng(seed)
    vertices_m = rng.uniform(-2.0, 2.0, (6, 3)).astype(np.float32)
    triangles = np.array([[0, 1, 2], [2, 1, 3], [3, 4, 5]], np.int32)
    normal = rng.normal(size=(6, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    surface = Surface(vertices_m, normal.astype(np.float32), triangles)
    cut = split_long_edges(surface, longest_m)
    corners = cut.vertices_m[cut.triangles]
    assert np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max() <= longest_m
    # Area and direction: the sum of cross products is that of what was cut.
    np.testing.assert_allclose(areas(cut).sum(axis=0), areas(surface).sum(axis=0), atol=1e-4)
    whole = np.linalg.norm(areas(surface), axis=1).sum()
    np.testing.assert_allclose(np.linalg.norm(areas(cut), axis=1).sum(), whole, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(cut.normal, axis=1), 1.0, atol=1e-5)


def test_triangles_that_touched_still_touch() -> None:
    surface = Surface(
        np.array([[0, 0, 0], [3, 0, 0], [3, 2, 0], [0, 2, 0]], np.float32), np.tile(np.float32([0, 0, 1]), (4, 1)),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
    )  # fmt: skip
    cut = split_long_edges(surface, 0.5)
    edges = np.sort(np.stack([cut.triangles, np.roll(cut.triangles, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    ends, count = np.unique(edges, axis=0, return_counts=True)
    # An edge of one triangle only lies on the border of the rectangle.
    x, y, _ = cut.vertices_m[ends[count == 1]].mean(axis=1).T
    assert ((x == 0.0) | (x == 3.0) | (y == 0.0) | (y == 2.0)).all()
    assert count.max() == 2
    assert len(triangle_elements(cut, 0.5).neighbour) == 2 * (count == 2).sum()


def test_small_triangles_stay_as_they_are() -> None:
    surface = Surface(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32))
    assert np.array_equal(split_long_edges(surface, 2.0).triangles, surface.triangles)
