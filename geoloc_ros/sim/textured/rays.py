"""Rays among rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Bool, Float32, Float64, Int32
from geoloc_ros.sim.textured.rectangles import Rectangle


@dataclass(frozen=True)
class Struck:
    """First rectangles that K rays meet."""

    rectangle: Int32
    """(K,), -1 for none."""
    across: Float32
    """(K,), 0 to 1 from the left."""
    down: Float32
    """(K,), 0 to 1 from the top."""
    along: Float32
    """(K,), in lengths of the ray's direction."""


class RayCaster:
    """Two triangles per rectangle, in Embree. Rectangles are solid from behind, too."""

    def __init__(self, rectangles: Sequence[Rectangle]) -> None:
        """Raises BackendError if the ray caster for this processor is not installed."""
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise BackendError(
                f"the simulator needs embreex, which cannot be imported here ({error}); its wheels exist for x86-64: "
                "simulate on such a machine and copy the folder"
            ) from error
        corner = np.array([each.corner_m for each in rectangles])
        across = np.array([each.across_m for each in rectangles])
        down = np.array([each.down_m for each in rectangles])
        far = corner + across + down
        triangles = np.stack([corner, corner + across, far, corner, far, corner + down], axis=1)
        vertices = np.ascontiguousarray(triangles.reshape(-1, 3), np.float32)
        self._scene: Any = EmbreeScene()
        TriangleMesh(self._scene, vertices, np.arange(len(vertices), dtype=np.int32).reshape(-1, 3))

    def cast(self, origin_m: Float64, directions: Float32) -> Struck:
        """What rays (K, 3) from one point (3,) meet."""
        origins = np.broadcast_to(origin_m.astype(np.float32), directions.shape).copy()
        found: dict[str, Any] = self._scene.run(origins, np.ascontiguousarray(directions), output=True)
        triangle: Int32 = found["primID"]
        u, v = found["u"], found["v"]
        is_upper = triangle % 2 == 0
        rectangle = np.where(triangle < 0, -1, triangle // 2).astype(np.int32)
        # Corners in order: (0,0), (1,0), (1,1) and (0,0), (1,1), (0,1).
        return Struck(rectangle, np.where(is_upper, u + v, u), np.where(is_upper, v, u + v), found["tfar"])

    def is_free(self, points_m: Float64, towards_m: Float64) -> Bool:
        """Whether nothing lies between points (K, 3) and points + towards (K, 3)."""
        distance_m = np.linalg.norm(towards_m, axis=1, keepdims=True)
        directions = np.ascontiguousarray(towards_m / distance_m, np.float32)
        limits = np.ascontiguousarray(distance_m[:, 0], np.float32)
        hit = self._scene.run(np.ascontiguousarray(points_m, np.float32), directions, limits, query="OCCLUDED")
        return np.asarray(hit == -1)
