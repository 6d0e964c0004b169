"""A surface cut into patches of similar size, the middles of which are landmarks (VS-Net, §3.1)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.landmarks import NO_LANDMARK, Landmarks
from geoloc_ros.core.native import load_native
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Int32, Int64
from geoloc_ros.landmarks.create.closest import closest_points
from geoloc_ros.landmarks.create.elements import Elements, point_elements, thin_cloud, triangle_elements
from geoloc_ros.landmarks.create.splitting import split_long_edges

# Borders between patches follow triangles: their edges are no longer than this share of a patch, and voxels of a cloud.
_EDGE_RATIO, _VOXEL_RATIO = 0.4, 1.0 / 6.0
# No prototype search of a vehicle looks through more, and no scene that one calls a scene needs them.
_MOST_LANDMARKS = 200_000
# By how much of a patch single precision may move a vertex: edges that cannot be halved would be halved for ever.
_ROUNDING_RATIO = 0.02


@dataclass(frozen=True)
class Patches:
    """n patches of a surface."""

    surface: Surface
    """Of triangles, or points, that are smaller than a patch: E of them."""
    patch: Int32
    """(E,), 1 to n; NO_LANDMARK for crumbs that belong to none."""
    area_m2: Float64
    """(n,)."""
    landmarks: Landmarks

    def __len__(self) -> int:
        """N."""
        return len(self.landmarks)


def over_segment(surface: Surface, patch_m: float) -> Patches:
    """Patches of about `patch_m` across that are connected and do not bend round edges or jump over gaps.

    After supervoxels (Papon et al., CVPR 2013): seeds on a grid of that size over the surface, and where it leaves
    holes; patches grow from them over what touches, in the order of a distance of space and normals; their means are
    the next seeds. Slivers join the patch beside them; crumbs, which have none beside them, are dropped.

    Raises:
        DatasetError: If the surface is empty, no size, so large that it would be cut into too many patches, or too far
            from its origin for them.
    """
    if not patch_m > 0.0:
        raise DatasetError(f"patches of {patch_m} m cannot be made; give a size in metres, 0.15 indoors, 1.75 outdoors")
    if not len(surface.vertices_m) or not np.isfinite(surface.vertices_m).all():
        raise DatasetError("the surface has no vertices, or some that are no finite number; look at its file")
    _check_count(_area_m2(surface), patch_m)
    _check_near(surface, patch_m)
    if len(surface.triangles):
        surface = split_long_edges(surface, _EDGE_RATIO * patch_m)
        elements = triangle_elements(surface, patch_m)
    else:
        surface = thin_cloud(surface, _VOXEL_RATIO * patch_m)
        elements = point_elements(surface)
    return _patches(surface, elements, _grow(elements, patch_m), patch_m)


def _check_near(surface: Surface, patch_m: float) -> None:
    far_m = np.abs(surface.vertices_m).max()
    if np.spacing(np.float32(far_m)) > _ROUNDING_RATIO * patch_m:
        raise DatasetError(
            f"the surface reaches to {far_m:.0f} m from the origin of its frame, where single precision is too coarse "
            f"for patches of {patch_m:g} m; move surface and poses near to the origin"
        )


def _area_m2(surface: Surface) -> float:
    """0 for a cloud, which is bounded by its points."""
    a, b, c = np.moveaxis(surface.vertices_m[surface.triangles].astype(np.float64), 1, 0)
    return 0.5 * float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())


def _check_count(area_m2: float, patch_m: float) -> None:
    expected = area_m2 / patch_m**2
    if expected > _MOST_LANDMARKS:
        raise DatasetError(
            f"a surface of {area_m2:.0f} m^2 has about {expected:.0f} patches of {patch_m:g} m, at most "
            f"{_MOST_LANDMARKS} can be used; choose larger patches, and see that the surface is in metres"
        )


def _grow(elements: Elements, patch_m: float) -> Int64:
    """Patch (E,) of each element, with gaps in the numbers, -1 for none."""
    scaled = ((elements.position_m - elements.position_m.min(axis=0)) / patch_m).astype(np.float32)
    patch = np.empty(len(scaled), np.int32)
    arrays = (
        scaled, np.ascontiguousarray(elements.normal), (elements.area_m2 / patch_m**2).astype(np.float32),
        elements.offset, elements.neighbour, _seed_order(scaled), patch,
    )
    _native().geoloc_grow_patches(len(scaled), *(array.ctypes.data for array in arrays))
    return patch.astype(np.int64)


def _seed_order(scaled: Float32) -> Int32:
    """Elements in the order in which they may become seeds: first the ones in the middle of each cell of the grid."""
    cell = np.floor(scaled)
    off = np.linalg.norm(scaled - cell - 0.5, axis=1)
    order = np.lexsort((off, *cell.T))
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.any(cell[order][1:] != cell[order][:-1], axis=1)
    return np.concatenate([order[is_new], order[~is_new]]).astype(np.int32)


def _patches(surface: Surface, elements: Elements, grown: Int64, patch_m: float) -> Patches:
    there = grown >= 0
    numbers, inside = np.unique(grown[there], return_inverse=True)
    if not len(numbers):
        raise DatasetError(f"the surface has no piece as large as a patch of {patch_m:g} m; choose smaller patches")
    patch = np.full(len(grown), NO_LANDMARK, np.int32)
    patch[there] = inside + 1
    area_m2 = elements.area_m2[there]
    total = np.maximum(np.bincount(inside, area_m2), 1e-30)

    def mean(columns: Float64) -> Float64:
        return np.stack([np.bincount(inside, area_m2 * column) for column in columns.T], axis=1) / total[:, None]

    middle, normal = mean(elements.position_m[there]), mean(elements.normal[there].astype(np.float64))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    nearest = _nearest_on_surface(surface, np.flatnonzero(there), inside, middle)
    landmarks = Landmarks(nearest, normal.astype(np.float32), patch_m)
    return Patches(surface, patch, total, landmarks)


def _nearest_on_surface(surface: Surface, elements: Int64, inside: Int64, middle: Float64) -> Float64:
    """The point (n, 3) of each patch that is nearest to its mean (n, 3)."""
    if len(surface.triangles):
        candidates = closest_points(middle[inside], surface.vertices_m[surface.triangles[elements]].astype(np.float64))
    else:
        candidates = surface.vertices_m[elements].astype(np.float64)
    order = np.lexsort((np.linalg.norm(candidates - middle[inside], axis=1), inside))
    _, first = np.unique(inside[order], return_index=True)
    return np.asarray(candidates[order][first])


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    library.geoloc_grow_patches.argtypes = [ctypes.c_int32, *[ctypes.c_void_p] * 7]
    library.geoloc_grow_patches.restype = None
    return library
