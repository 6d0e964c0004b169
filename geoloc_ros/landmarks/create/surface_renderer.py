"""What a camera sees of a surface, triangle by triangle: a z-buffer."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.camera import Camera, ray_planes
from geoloc_ros.core.native import load_native
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.create.chunks import chunks_of
from geoloc_ros.landmarks.create.splats import splats_of

# Any camera sees through the sides of a cube; they are drawn so much finer that the nearest pixel is near enough.
_SIDE_ZOOM = 2.0
_SIDES = tuple(
    np.array(rows, np.float64)
    for rows in (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[-1, 0, 0], [0, 1, 0], [0, 0, -1]], [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]], [[1, 0, 0], [0, 0, -1], [0, 1, 0]], [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    )
)
"""side_from_camera of the sides: ahead, behind, right, left, below, above."""


class SurfaceRenderer:
    """Draws a surface whose triangles, or points, have labels; points are drawn as small squares."""

    def __init__(self, surface: Surface, label: Int32, near_m: float) -> None:
        """Args: `label` (T,) of the triangles or (V,) of the points, `near_m`: nothing nearer along z is seen."""
        if not len(surface.triangles):
            surface, label = splats_of(surface, label)
        self._chunks, self._near_m = chunks_of(surface, label), near_m

    def draw(self, camera: Camera, scene_from_camera: Pose3) -> tuple[Int32, Float32]:
        """Label (H, W) and depth (H, W) of each pixel's centre, by the convention of the camera (`core.camera`).

        What is seen from behind hides what is beyond it and has the label 0; where nothing is seen, and where the lens
        lets nothing through, the depth is NaN.
        """
        if camera.model == "pinhole" and not camera.distortion:
            return self._draw(camera, scene_from_camera.inverse())
        return self._draw_sides(camera, scene_from_camera.inverse())

    def _draw(self, camera: Camera, camera_from_scene: Pose3) -> tuple[Int32, Float32]:
        """Of an ideal pinhole."""
        shape = (camera.height, camera.width)
        label, depth_m = np.empty(shape, np.int32), np.empty(shape, np.float32)
        pose = np.concatenate([camera_from_scene.rotation.ravel(), camera_from_scene.translation_m]).astype(np.float64)
        intrinsics = np.array([camera.fx, camera.fy, camera.cx, camera.cy, self._near_m])
        chunks = self._chunks
        arrays = (
            chunks.vertices_m, chunks.vertex_start, chunks.triangles, chunks.triangle_start, chunks.label, chunks.ball,
            pose, intrinsics,
        )
        _native().geoloc_render_labels(
            len(chunks.ball), *(array.ctypes.data for array in arrays), camera.width, camera.height,
            label.ctypes.data, depth_m.ctypes.data,
        )
        return label, depth_m

    def _draw_sides(self, camera: Camera, camera_from_scene: Pose3) -> tuple[Int32, Float32]:
        """Of any camera: what its rays meet on the sides of a cube about it that they go through."""
        rays = np.moveaxis(ray_planes(camera), 0, -1).astype(np.float64)
        # The sides in order, so that a ray through an edge takes the first.
        through = np.argmax(np.nan_to_num(np.stack([rays @ side[2] for side in _SIDES]), nan=-np.inf), axis=0)
        through[np.isnan(rays[..., 0])] = -1
        label = np.zeros(through.shape, np.int32)
        depth_m = np.full(through.shape, np.nan, np.float32)
        for number, side in enumerate(_SIDES):
            here = through == number
            if not here.any():
                continue
            x, y, z = (rays[here] @ side.T).T
            focal = _SIDE_ZOOM * max(camera.fx, camera.fy)
            label[here], side_depth_m = self._look_up(focal, x / z, y / z, side, camera_from_scene)
            depth_m[here] = side_depth_m / z * camera.depth_of(rays[here])
        return label, depth_m

    def _look_up(
        self, focal: float, x: Float64, y: Float64, side: Float64, camera_from_scene: Pose3
    ) -> tuple[Int32, Float32]:
        """Label and depth along its own z at image points (K,) of a side."""
        u, v = focal * x, focal * y
        left, top = np.floor(u.min()), np.floor(v.min())
        width, height = int(np.floor(u.max()) - left) + 1, int(np.floor(v.max()) - top) + 1
        window = Camera("pinhole", width, height, focal, focal, -left, -top)
        label, depth_m = self._draw(window, Pose3(side, np.zeros(3)) @ camera_from_scene)
        row, column = np.floor(v - top).astype(np.int64), np.floor(u - left).astype(np.int64)
        return label[row, column], depth_m[row, column]


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, size = ctypes.c_void_p, ctypes.c_int
    library.geoloc_render_labels.argtypes = [ctypes.c_int64, *[pointer] * 8, *[size] * 2, *[pointer] * 2]
    library.geoloc_render_labels.restype = None
    return library
