"""What each image shows of the patches (VS-Net, §3.1)."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import NO_LANDMARK, ViewLabels
from geoloc_ros.core.types import Bool, Float32, Pose3
from geoloc_ros.landmarks.create.directions import project_landmarks
from geoloc_ros.landmarks.create.patches import Patches
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

# What is nearer than this share of a patch is cut away, as the camera itself would be in the way.
_NEAR_RATIO = 0.05
# A measured depth that differs from the surface's by more than a third of a patch and 2 % is of something else.
_OFF_RATIO, _OFF_DEPTH_RATIO = 1.0 / 3.0, 0.02


class LabelRenderer:
    """Draws patches as cameras see them. Patches seen from behind hide what is beyond them, and are themselves none."""

    def __init__(self, patches: Patches) -> None:
        self.patches = patches
        near_m = _NEAR_RATIO * patches.landmarks.patch_m
        self._renderer = SurfaceRenderer(patches.surface, patches.patch, near_m)

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
        landmark, depth_m = self._renderer.draw(camera, scene_from_camera)
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
