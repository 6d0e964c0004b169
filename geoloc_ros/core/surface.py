"""The surface of a scene, as triangles or as points."""

from __future__ import annotations

from dataclasses import dataclass

from geoloc_ros.core.types import Float32, Int32


@dataclass(frozen=True)
class Surface:
    """V vertices, T triangles between them; a cloud of points has none. In the frame of the scene."""

    vertices_m: Float32
    """(V, 3)."""
    normal: Float32
    """(V, 3), unit length, out of the surface to where it was seen from."""
    triangles: Int32
    """(T, 3), rows of `vertices_m`, counter-clockwise seen from outside."""
