from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.rectangles import Brush
from geoloc_ros.sim.textured.tessellation import tessellate, write_surface


def grey(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    return np.full((*shape, 3), 0.5, np.float32)


BOX = Brush(0.1).box((1.0, 2.0), (1.0, 0.55, 0.3), 0.5, 0.4, grey)


def test_triangles_cover_the_surface_and_look_outward() -> None:
    surface = tessellate(BOX, 0.1)
    a, b, c = surface.vertices_m[surface.triangles].transpose(1, 0, 2).astype(float)
    area = np.cross(b - a, c - a) / 2.0
    assert np.linalg.norm(area, axis=1).sum() == pytest.approx(0.55 + 2.0 * 0.3 * (1.0 + 0.55), rel=1e-5)
    normal = surface.normal[surface.triangles[:, 0]]
    assert (np.einsum("ki,ki->k", area, normal) > 0.0).all()
    outward = (a + b + c) / 3.0 - [1.0, 2.0, 0.65]
    assert (np.einsum("ki,ki->k", outward, normal) > 0.1).all()


def test_no_side_of_a_cell_is_longer_than_asked() -> None:
    surface = tessellate(BOX, 0.1)
    a, b, c = surface.vertices_m[surface.triangles].transpose(1, 0, 2)
    legs = np.sort([np.linalg.norm(u - v, axis=1) for u, v in ((a, b), (b, c), (c, a))], axis=0)
    assert legs[1].max() <= 0.1 + 1e-5


def test_the_file_is_read_by_others(tmp_path: Path) -> None:
    import trimesh

    surface = tessellate(BOX, 0.2)
    write_surface(surface, tmp_path / "surface.ply")
    read = trimesh.load(tmp_path / "surface.ply", process=False)
    np.testing.assert_array_equal(read.vertices, surface.vertices_m)
    np.testing.assert_array_equal(read.faces, surface.triangles)
