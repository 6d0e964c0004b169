"""From where a camera was in a scene to where its vehicle was on a map, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.landmarks import CameraPose
from geoloc_ros.core.types import Float64, Pose2, Pose3
from geoloc_ros.landmarks.prior import CameraPrior

_PLANAR = np.array([0, 1, 5])
# A planar pose says nothing of the height on a slope, of how the suspension tilts, and of how the camera was mounted.
_LEAST_SIGMA_M, _LEAST_SIGMA_RAD = 0.5, np.radians(5.0)


@dataclass(frozen=True)
class VehiclePose:
    """Of the base on a map, in all six degrees of freedom."""

    map_from_base: Pose3
    covariance: Float64
    """(6, 6) of x, y, z (m) and of rotations about the axes of the map (rad), as ROS has them."""

    def planar(self) -> tuple[Pose2, Float64]:
        """Pose on the ground with its covariance (3, 3) of x, y, yaw."""
        rotation, (x_m, y_m, _) = self.map_from_base.rotation, self.map_from_base.translation_m
        yaw_rad = float(np.arctan2(rotation[1, 0], rotation[0, 0]))
        return Pose2(float(x_m), float(y_m), yaw_rad), self.covariance[np.ix_(_PLANAR, _PLANAR)]


def vehicle_pose(seen: CameraPose, map_from_scene: Pose3, base_from_camera: Pose3) -> VehiclePose:
    """Where the base was; place and mount are taken for exact.

    A camera that is turned by a little is a base that is also moved, by the length of the lever between them.
    """
    camera_from_base = base_from_camera.inverse()
    lever_m = seen.scene_from_camera.rotation @ camera_from_base.translation_m
    turned = map_from_scene.rotation
    jacobian = np.zeros((6, 6))
    jacobian[:3, :3] = jacobian[3:, 3:] = turned
    jacobian[:3, 3:] = -turned @ _cross(lever_m)
    covariance = jacobian @ seen.covariance @ jacobian.T
    return VehiclePose(map_from_scene @ seen.scene_from_camera @ camera_from_base, 0.5 * (covariance + covariance.T))


def camera_prior(
    pose: Pose2, covariance: Float64, map_from_scene: Pose3, base_from_camera: Pose3, camera_position_m: Float64
) -> CameraPrior:
    """What a planar pose of the base says of its camera in a scene.

    The vehicle stands level, and its camera is as high as the nearest one that the scene was learnt from.

    Args:
        pose: On the map.
        covariance: (3, 3), of x, y, yaw.
        map_from_scene: Where the scene lies.
        base_from_camera: Mount of the camera.
        camera_position_m: (m, 3), where the scene was learnt from, frame of the scene.
    """
    level = Pose3(rotation_from_rpy(0.0, 0.0, pose.yaw_rad), np.array([pose.x_m, pose.y_m, 0.0]))
    map_from_camera = level @ base_from_camera
    seen_from_m = map_from_scene.apply(camera_position_m)
    nearest = int(np.argmin(np.hypot(*(seen_from_m[:, :2] - map_from_camera.translation_m[:2]).T)))
    at_m = np.append(map_from_camera.translation_m[:2], seen_from_m[nearest, 2])
    sigma_m = float(np.sqrt(np.linalg.eigvalsh(covariance[:2, :2])[-1] + _LEAST_SIGMA_M**2))
    sigma_rad = float(np.hypot(np.sqrt(covariance[2, 2]), _LEAST_SIGMA_RAD))
    return CameraPrior(map_from_scene.inverse() @ Pose3(map_from_camera.rotation, at_m), sigma_m, sigma_rad)


def _cross(vector: Float64) -> Float64:
    """Matrix (3, 3) that takes the cross product with a vector from the left."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
