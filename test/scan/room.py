"""A square room without a roof, drawn by intersecting each pixel's ray with its walls and floor."""

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Float32, Pose3, UInt8, UInt16

# Optical frame (z forward, x right, y down) in a body frame (x forward, y left, z up).
BODY_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True)
class Images:
    labels: UInt8
    depth_m: Float32
    instances: UInt16


def mount(height_m: float = 2.0, roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0, x: float = 0.0) -> Pose3:
    return Pose3(rotation_from_rpy(roll, pitch, yaw) @ BODY_FROM_OPTICAL, np.array([x, 0.0, height_m]))


def draw_room(camera: Camera, base_from_camera: Pose3, half_m: float = 10.0, height_m: float = 8.0) -> Images:
    """The vehicle stands in the middle; walls front, left, back, right are instances 1 to 4."""
    rays = camera.rays().astype(np.float64)
    direction = rays @ base_from_camera.rotation.T
    start = base_from_camera.translation_m
    normals = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    offsets = np.array([half_m] * 4 + [0.0])
    with np.errstate(divide="ignore"):
        approach = direction @ normals.T
        depth = np.where(approach > 0.0, (offsets - start @ normals.T) / approach, np.inf)
    nearest = np.argmin(depth, axis=-1)
    depth_m = depth.min(axis=-1)
    top = start[2] + depth_m * direction[..., 2]
    labels = np.where(nearest == 4, SemanticClass.ROAD, SemanticClass.BUILDING).astype(np.uint8)
    labels[(nearest != 4) & (top > height_m)] = SemanticClass.SKY
    depth_m = np.where(labels == SemanticClass.SKY, np.nan, depth_m).astype(np.float32)
    instances = np.where(labels == SemanticClass.BUILDING, nearest + 1, 0).astype(np.uint16)
    return Images(labels, depth_m, instances)


def room_range_m(num_rays: int, half_m: float) -> np.ndarray:
    """What a scan from the middle must read."""
    angle = 2.0 * np.pi * np.arange(num_rays) / num_rays
    return half_m / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle)))
