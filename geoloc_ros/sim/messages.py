"""ROS messages of a drive, made without ROS."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import info_from_camera
from geoloc_ros.core.types import Float64

TOPICS = {
    "/tf_static": "tf2_msgs/msg/TFMessage",
    "/tf": "tf2_msgs/msg/TFMessage",
    "/odom": "nav_msgs/msg/Odometry",
    "/ground_truth": "nav_msgs/msg/Odometry",
    "/imu": "sensor_msgs/msg/Imu",
    "/fix": "sensor_msgs/msg/NavSatFix",
    "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
    "/camera/image": "sensor_msgs/msg/Image",
    "/camera/depth": "sensor_msgs/msg/Image",
    "/camera/segmentation": "sensor_msgs/msg/Image",
    "/camera/instances": "sensor_msgs/msg/Image",
}
CAMERA_FRAME = "camera_optical"
_ENCODINGS = {("uint8", 3): "rgb8", ("uint8", 2): "mono8", ("uint16", 2): "16UC1", ("float32", 2): "32FC1"}


@functools.cache
def typestore() -> Typestore:
    """Message types; those used here are the same from Humble to Kilted."""
    return get_typestore(Stores.ROS2_HUMBLE)


def _make(type_name: str, *fields: Any) -> Any:
    return typestore().types[type_name](*fields)


def _vector(xyz: Float64) -> Any:
    return _make("geometry_msgs/msg/Vector3", *(float(value) for value in xyz))


def _point(xyz: Float64) -> Any:
    return _make("geometry_msgs/msg/Point", *(float(value) for value in xyz))


def _quaternion(xyzw: Float64) -> Any:
    return _make("geometry_msgs/msg/Quaternion", *(float(value) for value in xyzw))


def header(stamp_ns: int, frame_id: str) -> Any:
    """std_msgs/Header."""
    stamp = _make("builtin_interfaces/msg/Time", stamp_ns // 1_000_000_000, stamp_ns % 1_000_000_000)
    return _make("std_msgs/msg/Header", stamp, frame_id)


def image(stamp_ns: int, pixels: NDArray[Any]) -> Any:
    """sensor_msgs/Image of rgb8, mono8, 16UC1 or 32FC1, by the array's type."""
    height, width = pixels.shape[:2]
    encoding = _ENCODINGS[(pixels.dtype.name, pixels.ndim)]
    data = np.ascontiguousarray(pixels).view(np.uint8).reshape(-1)
    return _make(
        "sensor_msgs/msg/Image", header(stamp_ns, CAMERA_FRAME), height, width, encoding, 0, data.size // height, data
    )


def camera_info(stamp_ns: int, camera: Camera) -> Any:
    """sensor_msgs/CameraInfo; a panorama has our own distortion model."""
    fields = info_from_camera(camera)
    region = _make("sensor_msgs/msg/RegionOfInterest", 0, 0, 0, 0, False)
    return _make(
        "sensor_msgs/msg/CameraInfo", header(stamp_ns, CAMERA_FRAME), camera.height, camera.width,
        fields.distortion_model, fields.d, fields.k, fields.r, fields.p, 0, 0, region,
    )


def odometry(
    stamp_ns: int, frame_id: str, position_m: Float64, quaternion: Float64, speed_mps: float, yaw_rate_radps: float,
    deviation: tuple[float, float],
) -> Any:
    """nav_msgs/Odometry of base_link in `frame_id`.

    Args:
        position_m: (3,).
        quaternion: (4,) x, y, z, w.
        deviation: Standard deviations of position (m) and angle (rad) that are claimed.
    """
    pose = _make("geometry_msgs/msg/Pose", _point(position_m), _quaternion(quaternion))
    variance = np.repeat(np.square(np.maximum(deviation, 1e-3)), 3)
    covariance = np.diag(variance).ravel()
    twist = _make("geometry_msgs/msg/Twist", _vector(np.array([speed_mps, 0, 0])), _vector(
        np.array([0, 0, yaw_rate_radps])
    ))
    return _make(
        "nav_msgs/msg/Odometry", header(stamp_ns, frame_id), "base_link",
        _make("geometry_msgs/msg/PoseWithCovariance", pose, covariance),
        _make("geometry_msgs/msg/TwistWithCovariance", twist, np.diag([0.01] * 3 + [1e-4] * 3).ravel()),
    )


def imu(stamp_ns: int, quaternion: Float64, gyro_radps: Float64, acceleration_mps2: Float64) -> Any:
    """sensor_msgs/Imu in base_link."""
    return _make(
        "sensor_msgs/msg/Imu", header(stamp_ns, "base_link"), _quaternion(quaternion),
        np.diag([1e-4, 1e-4, 1e-2]).ravel(), _vector(gyro_radps), (1e-5 * np.eye(3)).ravel(),
        _vector(acceleration_mps2), (1e-2 * np.eye(3)).ravel(),
    )


def satellite_fix(stamp_ns: int, latitude_deg: float, longitude_deg: float, height_m: float, sigma_m: float) -> Any:
    """sensor_msgs/NavSatFix with a diagonal covariance (type 2)."""
    status = _make("sensor_msgs/msg/NavSatStatus", 0, 1)
    covariance = np.diag(np.square([sigma_m, sigma_m, 2.0 * sigma_m])).ravel()
    return _make(
        "sensor_msgs/msg/NavSatFix", header(stamp_ns, "base_link"), status, latitude_deg, longitude_deg, height_m,
        covariance, 2,
    )


def transforms(stamp_ns: int, parent: str, child: str, position_m: Float64, quaternion: Float64) -> Any:
    """tf2_msgs/TFMessage of one transform, parent from child."""
    transform = _make("geometry_msgs/msg/Transform", _vector(position_m), _quaternion(quaternion))
    stamped = _make("geometry_msgs/msg/TransformStamped", header(stamp_ns, parent), child, transform)
    return _make("tf2_msgs/msg/TFMessage", [stamped])
