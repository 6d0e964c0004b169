"""What the street network is told of a pixel beside its colour: how far away the ground is where it looks."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Pose3

_NOT_A_HEIGHT_M = 0.1


def ground_channel(camera: Camera, base_from_camera: Pose3) -> Float32:
    """One over the distance (H, W) to level ground along each pixel, 1/m, within -1 to 1; negative over the horizon.

    It is what a network needs to turn "stands on the ground here" into metres, whatever camera took the image and
    wherever that is mounted. It is a property of the pixel: images that are cut or resized keep it. Zero everywhere
    for a camera that is not above the ground, as nothing follows from that.

    Args:
        camera: Which way the pixels look.
        base_from_camera: Mount as the vehicle knows it; z = 0 of the base is the ground.
    """
    height_m = float(base_from_camera.translation_m[2])
    if height_m < _NOT_A_HEIGHT_M:
        return np.zeros((camera.height, camera.width), np.float32)
    rays = camera.rays()
    # Not `@`: for such thin arrays BLAS threads cost far more than they save.
    up = np.einsum("hwi,i->hw", rays, base_from_camera.rotation[2].astype(np.float32))
    return np.asarray((up / (-height_m * ray_lengths(camera))).clip(-1.0, 1.0), dtype=np.float32)


def ray_lengths(camera: Camera) -> Float32:
    """Euclidean range (H, W) of a pixel whose depth by the camera's convention is 1."""
    return np.asarray(np.linalg.norm(camera.rays(), axis=-1), dtype=np.float32)
