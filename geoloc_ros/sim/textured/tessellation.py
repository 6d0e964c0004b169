"""The true surface of a textured world as small triangles, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Int32
from geoloc_ros.sim.textured.rectangles import Rectangle


def tessellate(rectangles: Sequence[Rectangle], cell_m: float) -> Surface:
    """Every rectangle cut into cells of at most `cell_m`, two triangles each; rectangles share no vertices."""
    vertices, normals, triangles, first = [], [], [], 0
    for rectangle in rectangles:
        columns, rows = (max(1, int(np.ceil(side / cell_m - 1e-9))) for side in rectangle.size_m)
        points_m = _lattice(rectangle, rows, columns)
        vertices.append(points_m)
        normals.append(np.broadcast_to(rectangle.normal, points_m.shape))
        triangles.append(first + _cells(rows, columns))
        first += len(points_m)
    return Surface(
        np.concatenate(vertices).astype(np.float32), np.concatenate(normals).astype(np.float32),
        np.concatenate(triangles).astype(np.int32),
    )


def _lattice(rectangle: Rectangle, rows: int, columns: int) -> Float64:
    down = np.linspace(0.0, 1.0, rows + 1)[:, None, None]
    across = np.linspace(0.0, 1.0, columns + 1)[None, :, None]
    points_m = rectangle.corner_m + down * rectangle.down_m + across * rectangle.across_m
    return np.asarray(points_m.reshape(-1, 3))


def _cells(rows: int, columns: int) -> Int32:
    """Triangles (2 rows columns, 3) of a lattice, counter-clockwise for its viewer."""
    row, column = (axis.ravel() for axis in np.mgrid[:rows, :columns])
    upper_left = row * (columns + 1) + column
    lower_left, upper_right = upper_left + columns + 1, upper_left + 1
    lower_right = lower_left + 1
    first = np.stack([upper_left, lower_left, lower_right], axis=1)
    second = np.stack([upper_left, lower_right, upper_right], axis=1)
    return np.concatenate([first, second]).astype(np.int32)


def write_surface(surface: Surface, path: Path) -> None:
    """Write a binary PLY with normals."""
    head = "\n".join(
        [
            "ply", "format binary_little_endian 1.0", f"element vertex {len(surface.vertices_m)}",
            *(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")),
            f"element face {len(surface.triangles)}", "property list uchar int vertex_indices", "end_header", "",
        ]
    )
    face = np.empty(len(surface.triangles), [("count", "u1"), ("vertex", "<i4", 3)])
    face["count"], face["vertex"] = 3, surface.triangles
    rows = np.concatenate([surface.vertices_m, surface.normal], axis=1).astype("<f4")
    with write_beside(path) as partial:
        partial.write_bytes(head.encode() + rows.tobytes() + face.tobytes())
