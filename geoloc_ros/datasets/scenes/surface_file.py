"""Surfaces that others made: meshes and clouds of points, out of PLY, OBJ and STL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Int64
from geoloc_ros.datasets.scenes.oriented import cloud_surface, mesh_surface

SURFACE_NAMES = ("surface", "mesh", "meshed-poisson", "meshed-delaunay", "fused", "model")
SURFACE_SUFFIXES = (".ply", ".obj", ".stl")
_FEWEST_POINTS = 100
_FOLDERS = (".", "dense", "dense/0")
_BROKEN = (
    OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, MemoryError, NotImplementedError,
)
"""What trimesh raises for files that are damaged."""


def surface_beside(folder: Path, seen_from_m: Float64) -> Surface | None:
    """The surface that lies in the folder of a scene; None where there is none, or nobody saw it.

    Raises:
        DatasetError: As `read_surface`.
    """
    if not len(seen_from_m):
        return None
    for inner in _FOLDERS:
        for name in SURFACE_NAMES:
            for suffix in SURFACE_SUFFIXES:
                if (folder / inner / f"{name}{suffix}").is_file():
                    return read_surface(folder / inner / f"{name}{suffix}", seen_from_m)
    return None


def read_surface(path: Path, seen_from_m: Float64) -> Surface:
    """A mesh or a cloud, its normals towards where it was seen from.

    Args:
        path: PLY, OBJ or STL, told by the suffix.
        seen_from_m: (N, 3), centres of the cameras.

    Raises:
        DatasetError: If it cannot be read, is of another kind, empty, or not finite.
    """
    kind = path.suffix.lower()
    if kind not in SURFACE_SUFFIXES:
        raise DatasetError(f"surface '{path}' is no {', '.join(SURFACE_SUFFIXES)}; convert it")
    loaded = _loaded(path, kind[1:])
    vertices_m = np.asarray(getattr(loaded, "vertices", np.zeros((0, 3))), np.float32)
    triangles: Int64 = np.asarray(getattr(loaded, "faces", np.zeros((0, 3))), np.int64)
    if len(vertices_m) < (3 if len(triangles) else _FEWEST_POINTS):
        raise DatasetError(
            f"surface '{path}' holds no triangles and {len(vertices_m)} points; export a mesh or a dense cloud"
        )
    if not np.isfinite(vertices_m).all():
        bad = int((~np.isfinite(vertices_m).all(axis=1)).sum())
        raise DatasetError(f"surface '{path}' has {bad} vertices that are not finite; clean it and export it again")
    if not len(triangles):
        return cloud_surface(vertices_m, _point_normals(loaded), seen_from_m)
    if triangles.min() < 0 or triangles.max() >= len(vertices_m):
        raise DatasetError(f"surface '{path}' has triangles of vertices that are not there; export it again")
    return mesh_surface(vertices_m, triangles, seen_from_m)


def _loaded(path: Path, kind: str) -> Any:
    try:
        with path.open("rb") as stream:
            # Given a stream it opens nothing else, as the materials of an OBJ.
            loaded = trimesh.load(stream, file_type=kind, process=False, skip_materials=True)
            return loaded.to_mesh() if isinstance(loaded, trimesh.Scene) and loaded.geometry else loaded
    except _BROKEN as error:
        raise DatasetError(f"surface '{path}' cannot be read: {error!r}"[:300]) from error


def _point_normals(cloud: Any) -> Float32 | None:
    """(P, 3) of unit length, as a PLY has them; None where it has none for every point."""
    try:
        vertex = cloud.metadata["_ply_raw"]["vertex"]["data"]
        normal = np.stack([np.asarray(vertex[axis], np.float32) for axis in ("nx", "ny", "nz")], axis=1)
    except (AttributeError, KeyError, ValueError, IndexError, TypeError):
        return None
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(normal / length) if np.isfinite(length).all() and length.min() > 0.5 else None
