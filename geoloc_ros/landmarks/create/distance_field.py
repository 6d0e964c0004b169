"""A truncated signed distance field that depth images are fused into; the work is done by src/tsdf*.cpp.

Curless and Levoy, SIGGRAPH 1996; kept in small blocks where surfaces were seen (Niessner et al., SIGGRAPH Asia 2013).
"""

from __future__ import annotations

import ctypes
import functools
import weakref
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.native import load_native
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Pose3

_BLOCK_BYTES = 4108


@dataclass(frozen=True)
class DepthView:
    """One depth image, as the field takes it."""

    camera: Camera
    """An ideal pinhole."""
    scene_from_camera: Pose3
    inverse_depth: Float32
    """(H, W), 1/m along z; 0 where there is none."""
    slope: Float32
    """(H, W), distance of the camera to the plane at a pixel over the depth there: 1 straight ahead of a wall."""


class DistanceField:
    """Blocks of 8 x 8 x 8 grid points. First all views make room, then all are added: their order does not matter."""

    def __init__(self, voxel_m: float, truncation_m: float, budget_mb: float) -> None:
        """Keep distances up to the truncation in front and half of it behind, in blocks of at most so much memory."""
        most = int(budget_mb * 1e6 / _BLOCK_BYTES)
        self._field = _library().geoloc_tsdf_new(voxel_m, truncation_m, most)
        if not self._field:
            raise MemoryError("no memory for a distance field")
        self._finalizer = weakref.finalize(self, _library().geoloc_tsdf_delete, self._field)
        self.num_blocks = 0

    @property
    def size_mb(self) -> float:
        """Memory of the blocks."""
        return self.num_blocks * _BLOCK_BYTES / 1e6

    def make_room(self, view: DepthView) -> bool:
        """Add the blocks around what a view measured; False when they would need more than the budget."""
        inverse, intrinsics, pose = _arguments(view)
        count = _library().geoloc_tsdf_touch(
            self._field, inverse.ctypes.data, view.camera.width, view.camera.height, intrinsics.ctypes.data,
            pose.ctypes.data,
        )
        self.num_blocks = max(self.num_blocks, int(count))
        return bool(count >= 0)

    def add(self, view: DepthView) -> None:
        """Average the distances that a view measured into all blocks that it sees."""
        inverse, intrinsics, pose = _arguments(view)
        slope = np.ascontiguousarray(view.slope, np.float32)
        _library().geoloc_tsdf_integrate(
            self._field, inverse.ctypes.data, slope.ctypes.data, view.camera.width, view.camera.height,
            intrinsics.ctypes.data, pose.ctypes.data,
        )

    def surface(self) -> Surface:
        """Where the distance is 0; normals towards the cameras."""
        sizes = np.empty(2, np.int64)
        if _library().geoloc_tsdf_extract(self._field, sizes.ctypes.data):
            raise MemoryError("no memory for the surface of a distance field")
        vertices_m, normal = np.empty((sizes[0], 3), np.float32), np.empty((sizes[0], 3), np.float32)
        triangles = np.empty((sizes[1], 3), np.int32)
        _library().geoloc_tsdf_copy(self._field, vertices_m.ctypes.data, normal.ctypes.data, triangles.ctypes.data)
        return Surface(vertices_m, normal, triangles)


def _arguments(view: DepthView) -> tuple[Float32, Float64, Float64]:
    camera, pose = view.camera, view.scene_from_camera
    return (
        np.ascontiguousarray(view.inverse_depth, np.float32), np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        np.concatenate([np.ravel(pose.rotation), pose.translation_m]).astype(np.float64),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    library = load_native()
    pointer, size, real = ctypes.c_void_p, ctypes.c_int32, ctypes.c_double
    library.geoloc_tsdf_new.argtypes = [real, real, ctypes.c_int64]
    library.geoloc_tsdf_new.restype = pointer
    library.geoloc_tsdf_delete.argtypes = [pointer]
    library.geoloc_tsdf_delete.restype = None
    library.geoloc_tsdf_touch.argtypes = [pointer, pointer, size, size, pointer, pointer]
    library.geoloc_tsdf_touch.restype = ctypes.c_int64
    library.geoloc_tsdf_integrate.argtypes = [pointer, pointer, pointer, size, size, pointer, pointer]
    library.geoloc_tsdf_integrate.restype = None
    library.geoloc_tsdf_extract.argtypes = [pointer, pointer]
    library.geoloc_tsdf_extract.restype = ctypes.c_int
    library.geoloc_tsdf_copy.argtypes = [pointer, pointer, pointer, pointer]
    library.geoloc_tsdf_copy.restype = None
    return library
