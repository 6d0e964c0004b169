from __future__ import annotations

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.landmarks.create.elements import Elements, point_elements, thin_cloud, triangle_elements


def mesh(vertices_m: list[list[float]], triangles: list[list[int]]) -> Surface:
    up = np.tile(np.float32([0, 0, 1]), (len(vertices_m), 1))
    return Surface(np.array(vertices_m, np.float32), up, np.array(triangles, np.int32))


def cloud(points_m: Float64, normal: Float64) -> Surface:
    return Surface(points_m.astype(np.float32), normal.astype(np.float32), np.zeros((0, 3), np.int32))


def links(elements: Elements) -> set[tuple[int, int]]:
    start: Int64 = np.repeat(np.arange(len(elements.offset) - 1), np.diff(elements.offset))
    return {(int(a), int(b)) for a, b in zip(start, elements.neighbour, strict=True)}


def test_triangles_touch_along_edges_not_at_corners() -> None:
    corners = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 2, 0], [1, 2, 0]]
    elements = triangle_elements(mesh(corners, [[0, 1, 2], [0, 2, 3], [2, 4, 5]]), 1.0)
    assert links(elements) == {(0, 1), (1, 0)}
    np.testing.assert_allclose(elements.area_m2, 0.5)
    np.testing.assert_allclose(elements.normal, [[0, 0, 1]] * 3)
    np.testing.assert_allclose(elements.position_m[0], [2 / 3, 1 / 3, 0.0])


def test_triangles_with_vertices_of_their_own_touch_where_these_are_the_same() -> None:
    surface = mesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [3, 4, 5]])
    assert links(triangle_elements(surface, 1.0)) == {(0, 1), (1, 0)}


def test_a_long_edge_touches_the_short_ones_on_it_but_not_those_of_a_sheet_beside() -> None:
    whole = [[0, 0, 0], [2, 0, 0], [0, 2, 0]]
    below = [[0, 0, 0], [1, -1, 0], [1, 0, 0]], [[1, 0, 0], [1, -1, 0], [2, 0, 0]]
    apart = [[0, 0, 0.1], [1, -1, 0.1], [2, 0, 0.1]]
    corners = [*whole, *below[0], *below[1], *apart]
    elements = triangle_elements(mesh(corners, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]), 1.0)
    assert {(0, 1), (0, 2), (1, 2)} <= links(elements)
    assert not any(3 in pair for pair in links(elements))


def test_points_of_a_grid_are_as_large_as_its_squares_and_touch_those_about_them() -> None:
    x, y = np.meshgrid(np.arange(10) * 0.1, np.arange(10) * 0.1)
    points_m = np.stack([x.ravel(), y.ravel(), np.zeros(100)], axis=1)
    elements = point_elements(cloud(points_m, np.tile([0, 0, 1], (100, 1))))
    np.testing.assert_allclose(elements.area_m2.reshape(10, 10)[1:-1, 1:-1], 0.01, rtol=1e-5)
    middle = {b for a, b in links(elements) if a == 55}
    assert {45, 65, 54, 56} <= middle <= {44, 45, 46, 54, 56, 64, 65, 66}


def test_points_that_look_to_opposite_sides_do_not_touch() -> None:
    x = np.arange(20) * 0.1
    points_m = np.concatenate([np.stack([x, 0 * x, 0 * x], 1), np.stack([x, 0 * x, 0 * x + 0.02], 1)])
    normal = np.repeat([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]], 20, axis=0)
    assert all((a < 20) == (b < 20) for a, b in links(point_elements(cloud(points_m, normal))))


def test_one_point_touches_nothing() -> None:
    assert links(point_elements(cloud(np.zeros((1, 3)), np.array([[0, 0, 1]])))) == set()


def test_a_thinned_cloud_has_a_point_for_each_side_in_a_voxel() -> None:
    points_m = np.array([[0.1, 0.1, 0.1], [0.3, 0.1, 0.1], [0.2, 0.4, 0.1], [1.5, 0.1, 0.1]])
    normal = np.array([[0, 0, 1], [0, 0, 1], [0, 0, -1], [0, 0, 1]])
    thin = thin_cloud(cloud(points_m, normal), 1.0)
    order = np.lexsort(thin.vertices_m.T[::-1])
    np.testing.assert_allclose(thin.vertices_m[order], [[0.2, 0.1, 0.1], [0.2, 0.4, 0.1], [1.5, 0.1, 0.1]], atol=1e-6)
    np.testing.assert_allclose(thin.normal[order], [[0, 0, 1], [0, 0, -1], [0, 0, 1]])
