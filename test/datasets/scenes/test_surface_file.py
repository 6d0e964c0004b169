from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import trimesh

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.surface import Surface
from geoloc_ros.datasets.scenes.surface_file import read_surface, surface_beside

INSIDE_M = np.array([[0.2, 0.1, 0.0], [-0.3, 0.0, 0.2]])
ALL_AROUND_M = 6.0 * np.array([[1, 0, 0.1], [-1, 0, 0.1], [0, 1, 0.1], [0, -1, 0.1], [0.1, 0, 1], [0.1, 0, -1]], float)


def put_box(path: Path, *, inwards: bool = False) -> None:
    """A cube with sides of 2 m around the origin."""
    box = trimesh.creation.box((2.0, 2.0, 2.0))
    if inwards:
        box.invert()
    box.export(path)


def outwards(surface: Surface) -> float:
    """1 where all triangles of something convex around the origin look outwards, -1 where all look inwards."""
    corners = surface.vertices_m[surface.triangles].astype(np.float64)
    wound = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.sign(np.einsum("ta,ta->t", wound, corners.mean(axis=1))).mean())


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl"])
@pytest.mark.parametrize("inwards", [False, True])
def test_a_box_looks_to_where_it_was_seen_from(tmp_path: Path, suffix: str, inwards: bool) -> None:
    path = tmp_path / f"mesh.{suffix}"
    put_box(path, inwards=inwards)
    room, crate = read_surface(path, INSIDE_M), read_surface(path, ALL_AROUND_M)
    assert room.vertices_m.shape == (8, 3) and room.triangles.shape == (12, 3)
    assert outwards(room) == -1.0 and outwards(crate) == 1.0
    np.testing.assert_allclose(room.normal, -crate.normal, atol=1e-6)
    assert np.einsum("va,va->v", crate.normal, crate.vertices_m).min() > 0.0


def test_triangles_that_are_wound_at_random_are_turned_one_by_one(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(2)
    faces = np.array(ball.faces)
    faces[::3] = faces[::3, ::-1]
    trimesh.Trimesh(ball.vertices, faces, process=False).export(tmp_path / "mesh.ply")
    assert outwards(read_surface(tmp_path / "mesh.ply", ALL_AROUND_M)) == 1.0


def test_parts_are_turned_each_by_itself(tmp_path: Path) -> None:
    room, crate = trimesh.creation.box((8.0, 8.0, 8.0)), trimesh.creation.icosphere(2, 0.5)
    crate.apply_translation([2.0, 0.0, 0.0])
    crate.invert()
    trimesh.util.concatenate([room, crate]).export(tmp_path / "mesh.ply")
    surface = read_surface(tmp_path / "mesh.ply", np.array([[0.0, 0.0, 0.0], [3.5, 0.5, 0.0], [2.0, 2.0, 1.0]]))
    far = np.abs(surface.vertices_m).max(axis=1) > 3.0
    assert np.einsum("va,va->v", surface.normal[far], -surface.vertices_m[far]).min() > 0.0
    assert np.einsum("va,va->v", surface.normal[~far], surface.vertices_m[~far] - [2.0, 0.0, 0.0]).min() > 0.0


def test_a_cloud_gets_normals_towards_the_cameras(tmp_path: Path) -> None:
    ball = np.random.default_rng(0).normal(size=(3000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    trimesh.PointCloud(ball).export(tmp_path / "fused.ply")
    for seen_from_m, side in ((ALL_AROUND_M, 1.0), (0.3 * INSIDE_M, -1.0)):
        surface = read_surface(tmp_path / "fused.ply", seen_from_m)
        assert surface.triangles.shape == (0, 3)
        cos = side * np.einsum("pa,pa->p", surface.normal, surface.vertices_m)
        assert (cos > 0.9).mean() > 0.99


def test_normals_of_a_cloud_are_kept(tmp_path: Path) -> None:
    points = np.column_stack([np.random.default_rng(0).random((200, 2)), np.zeros(200)]).astype("<f4")
    normal = np.tile(np.array([0.0, 0.6, 0.8], "<f4"), (200, 1))
    names = "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex 200\n{names}end_header\n"
    (tmp_path / "fused.ply").write_bytes(header.encode() + np.hstack([points, normal]).tobytes())
    surface = read_surface(tmp_path / "fused.ply", np.array([[0.0, 0.0, 5.0]]))
    np.testing.assert_allclose(surface.normal, normal, atol=1e-6)
    turned = read_surface(tmp_path / "fused.ply", np.array([[0.0, 0.0, -5.0]]))
    np.testing.assert_allclose(turned.normal, -normal, atol=1e-6)


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl"])
def test_truncated_files_are_errors_or_less_never_tracebacks(tmp_path: Path, suffix: str) -> None:
    whole = io.BytesIO()
    trimesh.creation.icosphere(1).export(whole, file_type=suffix)
    data = whole.getvalue()
    path = tmp_path / f"mesh.{suffix}"
    for end in range(0, len(data), max(1, len(data) // 25)):
        path.write_bytes(data[:end])
        try:
            surface = read_surface(path, ALL_AROUND_M)
        except DatasetError:
            continue
        assert suffix == "obj" and np.isfinite(surface.normal).all()


def test_vertices_that_are_not_finite_are_told(tmp_path: Path) -> None:
    (tmp_path / "mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 nan 0\nf 1 2 3\n")
    with pytest.raises(DatasetError, match="1 vertices that are not finite"):
        read_surface(tmp_path / "mesh.obj", ALL_AROUND_M)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="convert it"):
        read_surface(tmp_path / "mesh.glb", ALL_AROUND_M)


def test_the_surface_beside_is_found_and_ours_comes_first(tmp_path: Path) -> None:
    assert surface_beside(tmp_path, ALL_AROUND_M) is None
    (tmp_path / "dense").mkdir()
    put_box(tmp_path / "dense" / "fused.ply")
    found = surface_beside(tmp_path, ALL_AROUND_M)
    assert found is not None and len(found.triangles) == 12
    trimesh.creation.icosphere(1).export(tmp_path / "surface.ply")
    found = surface_beside(tmp_path, ALL_AROUND_M)
    assert found is not None and len(found.triangles) == 80


def test_nobody_saw_it_so_nobody_reads_it(tmp_path: Path) -> None:
    (tmp_path / "surface.ply").write_bytes(b"broken")
    assert surface_beside(tmp_path, np.zeros((0, 3))) is None
