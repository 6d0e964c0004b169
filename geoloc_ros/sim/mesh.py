"""Triangles with what the renderer must know of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geoloc_ros.core.types import Float32, Float64, Int32, UInt8


class Material(IntEnum):
    """How a surface is painted."""

    GROUND = 0
    FACADE = 1
    PLAIN = 2
    LEAVES = 3
    PAINT = 4
    LAMP = 5


@dataclass(frozen=True)
class Mesh:
    """K triangles, each with its own three vertices."""

    vertices_m: Float32
    """(K, 3, 3)."""
    label: UInt8
    """(K,), semantic class; that of GROUND is looked up where it is hit."""
    material: UInt8
    """(K,)."""
    building: Int32
    """(K,), number in the world, -1 where it is none."""
    colour: Float32
    """(K, 3), 0 to 1."""
    wall: Float32
    """(K, 5) of a FACADE: x, y of its foot's start, unit vector x, y along it, z of the ground."""


def mesh_of(
    vertices_m: Float64, label: int, material: Material, colour: Float32, building: Int32 | None = None,
    wall: Float64 | None = None,
) -> Mesh:
    """Triangles (K, 3, 3) of one class; colour (3,) or (K, 3)."""
    count = len(vertices_m)
    return Mesh(
        vertices_m.astype(np.float32), np.full(count, label, np.uint8), np.full(count, int(material), np.uint8),
        np.full(count, -1, np.int32) if building is None else building.astype(np.int32),
        np.broadcast_to(colour, (count, 3)).astype(np.float32),
        np.zeros((count, 5), np.float32) if wall is None else wall.astype(np.float32),
    )


def join_meshes(meshes: list[Mesh]) -> Mesh:
    """One mesh of several."""
    return Mesh(
        np.concatenate([mesh.vertices_m for mesh in meshes]), np.concatenate([mesh.label for mesh in meshes]),
        np.concatenate([mesh.material for mesh in meshes]), np.concatenate([mesh.building for mesh in meshes]),
        np.concatenate([mesh.colour for mesh in meshes]), np.concatenate([mesh.wall for mesh in meshes]),
    )


def box_triangles() -> Float64:
    """A cube (12, 3, 3) from (-1, -1, 0) to (1, 1, 1)."""
    corner = np.array([(x, y, z) for z in (0, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], float)
    quads = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    faces = [(a, b, c) for a, b, c, _ in quads] + [(a, c, d) for a, _, c, d in quads]
    return np.asarray(corner[np.array(faces)])


def ball_triangles() -> Float64:
    """A unit ball of 80 triangles (80, 3, 3): an icosahedron divided once."""
    g = (1.0 + 5.0**0.5) / 2.0
    vertex = np.array(
        [(-1, g, 0), (1, g, 0), (-1, -g, 0), (1, -g, 0), (0, -1, g), (0, 1, g),
         (0, -1, -g), (0, 1, -g), (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]
    )
    faces = np.array(
        [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
         (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10),
         (8, 6, 7), (9, 8, 1)]
    )
    a, b, c = vertex[faces].transpose(1, 0, 2)
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    parts = [np.stack(part, axis=1) for part in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    ball = np.concatenate(parts)
    return np.asarray(ball / np.linalg.norm(ball, axis=2, keepdims=True))
