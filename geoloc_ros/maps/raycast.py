"""The scans that a map would show, many viewpoints at once; the work is done by src/raycast.cpp."""

from __future__ import annotations

import ctypes
import functools
import weakref
from typing import Final

import numpy as np
import shapely

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Bool, Float64, SemanticScan
from geoloc_ros.maps.geomap import Walls

AVX512: Final = 2
AVX2: Final = 1
PORTABLE: Final = 0


class RayCaster:
    """Casts rays against the walls of one city; safe to use from several threads.

    Exact for any yaw, inside of buildings, between overlapping ones, and for walls that enclose nothing; within 1 cm
    of float64. A ray that meets nothing nearer than the maximum range reads NaN. For a viewer within a millimetre of a
    wall it is not defined on which side of it they are.
    """

    def __init__(self, walls: Walls) -> None:
        """Sort the walls into a grid. Raises MapError if a coordinate is not finite."""
        start_m, end_m = (np.ascontiguousarray(points, np.float64) for points in (walls.start_m, walls.end_m))
        building = np.ascontiguousarray(walls.building, np.int32)
        if not (np.isfinite(start_m).all() and np.isfinite(end_m).all()):
            raise MapError("a wall has a coordinate that is no number; build the map again")
        is_solid = find_solid(walls).astype(np.uint8)
        library = _library()
        self._scene = library.geoloc_scene_new(
            start_m.ctypes.data, end_m.ctypes.data, building.ctypes.data, is_solid.ctypes.data, len(building)
        )
        if not self._scene:
            raise MemoryError(f"no memory for {len(building)} walls")
        weakref.finalize(self, library.geoloc_scene_delete, self._scene)

    @property
    def scene(self) -> int:
        """What kernels of this package cast rays in; as long as this object lives."""
        return int(self._scene)

    def cast(
        self, poses: Float64, num_rays: int, max_range_m: float, num_threads: int = 0, max_variant: int = AVX512
    ) -> SemanticScan:
        """Scans of N viewpoints; `instance` is the building of the wall.

        Args:
            poses: (N, 3) x_m, y_m, yaw_rad. Ray k looks at yaw + 2 pi k / num_rays.
            num_rays: B.
            max_range_m: Beyond this a ray sees nothing.
            num_threads: 0 is one per core.
            max_variant: Use at most this instruction set; all give the same scans up to rounding.

        Returns:
            A batch of N scans, all rays observed.
        """
        poses = np.ascontiguousarray(poses, np.float64)
        if poses.ndim != 2 or poses.shape[1] != 3 or not np.isfinite(poses).all():
            raise ValueError(f"poses must be finite and of shape (N, 3); got shape {poses.shape}")
        shape = (len(poses), num_rays)
        range_m, instance = np.empty(shape, np.float32), np.empty(shape, np.int32)
        failed = _library().geoloc_scene_cast(
            self._scene, poses.ctypes.data, len(poses), num_rays, max_range_m, num_threads, max_variant,
            range_m.ctypes.data, instance.ctypes.data,
        )  # fmt: skip
        if failed:
            raise MemoryError(f"no memory to cast {num_rays} rays of {max_range_m} m")
        # One True seen through a view of any size: a map is observed everywhere.
        return SemanticScan(range_m, instance, np.broadcast_to(np.True_, shape))


def find_solid(walls: Walls) -> Bool:
    """Walls (S,) of buildings that are one simple counter-clockwise ring, written in one run.

    Nobody outside of those sees their walls from behind before another wall, so the ray caster skips the back faces.
    """
    count = len(walls.building)
    if count == 0:
        return np.zeros(0, bool)
    follows = (walls.building[1:] == walls.building[:-1]) & (walls.start_m[1:] == walls.end_m[:-1]).all(axis=1)
    # Rings of one building may touch, so a chain also ends where it has come back to its beginning.
    chain = np.concatenate([[0], np.cumsum(~follows)])
    first = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    last = np.append(first[1:], count) - 1
    closed = (walls.start_m[first] == walls.end_m[last]).all(axis=1) & (last - first >= 2)
    # All walls of the building are in this chain.
    whole = np.bincount(chain, minlength=len(first)) == _walls_of_same_building(walls)[first]
    candidate = np.flatnonzero(closed & whole)
    member = np.isin(chain, candidate)
    rings = shapely.linearrings(walls.start_m[member], indices=np.searchsorted(candidate, chain[member]))
    is_simple = shapely.is_valid(shapely.polygons(rings)) & shapely.is_ccw(rings)
    solid: Bool = np.isin(chain, candidate[is_simple])
    return solid


def _walls_of_same_building(walls: Walls) -> Float64:
    _, inverse, counts = np.unique(walls.building, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse])


@functools.cache
def _library() -> ctypes.CDLL:
    library = load_native()
    pointer, size = ctypes.c_void_p, ctypes.c_int64
    library.geoloc_scene_new.argtypes = [pointer, pointer, pointer, pointer, size]
    library.geoloc_scene_new.restype = pointer
    library.geoloc_scene_delete.argtypes = [pointer]
    library.geoloc_scene_delete.restype = None
    library.geoloc_scene_cast.argtypes = [
        pointer, pointer, size, ctypes.c_int32, ctypes.c_double, ctypes.c_int32, ctypes.c_int32, pointer, pointer,
    ]  # fmt: skip
    library.geoloc_scene_cast.restype = ctypes.c_int
    return library
