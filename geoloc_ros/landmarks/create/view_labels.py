"""What each image shows of the patches: a z-buffer of the surface (VS-Net, §3.1)."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.camera import Camera, ray_planes
from geoloc_ros.core.landmarks import NO_LANDMARK, ViewLabels
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.create.chunks import chunks_of
from geoloc_ros.landmarks.create.directions import project_landmarks
from geoloc_ros.landmarks.create.patches import Patches
from geoloc_ros.landmarks.create.splats import splats_of

# What is nearer than this share of a patch is cut away, as the camera itself would be in the way.
_NEAR_RATIO = 0.05
# A measured depth that differs from the surface's by more than a third of a patch and 2 % is of something else.
_OFF_RATIO, _OFF_DEPTH_RATIO = 1.0 / 3.0, 0.02
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


class LabelRenderer:
    """Draws patches as cameras see them. Patches seen from behind hide what is beyond them, and are themselves none."""

    def __init__(self, patches: Patches) -> None:
        self.patches = patches
        surface, label = patches.surface, patches.patch
        if not len(surface.triangles):
            surface, label = splats_of(surface, label)
        self._chunks = chunks_of(surface, label)

    def render(self, camera: Camera, scene_from_camera: Pose3, measured_depth_m: Float32 | None = None) -> ViewLabels:
        """Landmark and depth of each pixel's centre.

        Args:
            camera: Any; its own convention of depth holds (`core.camera`), and what its lens does not let through is
                nothing.
            scene_from_camera: Optical frame.
            measured_depth_m: (H, W) by the same convention, 0 or NaN where unknown. Where it differs from the
                surface's by more than a third of a patch or 2 %, whichever is more, something else is seen: no
                landmark.
        """
        camera_from_scene = scene_from_camera.inverse()
        if camera.model == "pinhole" and not camera.distortion:
            landmark, depth_m = self._draw(camera, camera_from_scene)
        else:
            landmark, depth_m = self._draw_sides(camera, camera_from_scene)
        # A landmark behind the camera has no direction in the image.
        pixel = project_landmarks(self.patches.landmarks, camera, scene_from_camera)
        has_pixel = np.concatenate([[True], np.isfinite(pixel[:, 0])])
        landmark[~has_pixel[landmark]] = NO_LANDMARK
        if measured_depth_m is not None:
            landmark[self._is_off(depth_m, measured_depth_m)] = NO_LANDMARK
        return ViewLabels(landmark, depth_m)

    def _is_off(self, depth_m: Float32, measured_m: Float32) -> Bool:
        tolerance_m = np.maximum(_OFF_RATIO * self.patches.landmarks.patch_m, _OFF_DEPTH_RATIO * depth_m)
        return np.asarray((measured_m > 0.0) & (np.abs(measured_m - depth_m) > tolerance_m))

    def _draw(self, camera: Camera, camera_from_scene: Pose3) -> tuple[Int32, Float32]:
        """Of an ideal pinhole."""
        shape = (camera.height, camera.width)
        landmark, depth_m = np.empty(shape, np.int32), np.empty(shape, np.float32)
        pose = np.concatenate([camera_from_scene.rotation.ravel(), camera_from_scene.translation_m]).astype(np.float64)
        near_m = _NEAR_RATIO * self.patches.landmarks.patch_m
        intrinsics = np.array([camera.fx, camera.fy, camera.cx, camera.cy, near_m])
        chunks = self._chunks
        arrays = (
            chunks.vertices_m, chunks.vertex_start, chunks.triangles, chunks.triangle_start, chunks.label, chunks.ball,
            pose, intrinsics,
        )
        _native().geoloc_render_labels(
            len(chunks.ball), *(array.ctypes.data for array in arrays), camera.width, camera.height,
            landmark.ctypes.data, depth_m.ctypes.data,
        )
        return landmark, depth_m

    def _draw_sides(self, camera: Camera, camera_from_scene: Pose3) -> tuple[Int32, Float32]:
        """Of any camera: what its rays meet on the sides of a cube about it that they go through."""
        rays = np.moveaxis(ray_planes(camera), 0, -1).astype(np.float64)
        # The sides in order, so that a ray through an edge takes the first.
        through = np.argmax(np.nan_to_num(np.stack([rays @ side[2] for side in _SIDES]), nan=-np.inf), axis=0)
        through[np.isnan(rays[..., 0])] = -1
        landmark = np.full(through.shape, NO_LANDMARK, np.int32)
        depth_m = np.full(through.shape, np.nan, np.float32)
        for number, side in enumerate(_SIDES):
            here = through == number
            if not here.any():
                continue
            x, y, z = (rays[here] @ side.T).T
            focal = _SIDE_ZOOM * max(camera.fx, camera.fy)
            landmark[here], side_depth_m = self._look_up(focal, x / z, y / z, side, camera_from_scene)
            depth_m[here] = side_depth_m / z * camera.depth_of(rays[here])
        return landmark, depth_m

    def _look_up(
        self, focal: float, x: Float64, y: Float64, side: Float64, camera_from_scene: Pose3
    ) -> tuple[Int32, Float32]:
        """Landmark and depth along its own z at image points (K,) of a side."""
        u, v = focal * x, focal * y
        left, top = np.floor(u.min()), np.floor(v.min())
        width, height = int(np.floor(u.max()) - left) + 1, int(np.floor(v.max()) - top) + 1
        window = Camera("pinhole", width, height, focal, focal, -left, -top)
        landmark, depth_m = self._draw(window, Pose3(side, np.zeros(3)) @ camera_from_scene)
        row, column = np.floor(v - top).astype(np.int64), np.floor(u - left).astype(np.int64)
        return landmark[row, column], depth_m[row, column]


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, size = ctypes.c_void_p, ctypes.c_int
    library.geoloc_render_labels.argtypes = [ctypes.c_int64, *[pointer] * 8, *[size] * 2, *[pointer] * 2]
    library.geoloc_render_labels.restype = None
    return library
