"""Cameras, images and point clouds of messages."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from rclpy.serialization import deserialize_message, serialize_message  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image, PointCloud2  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.images import depth_image, label_image  # noqa: E402
from geoloc_ros.ros.sensors import to_camera, to_camera_info, to_image, to_point_cloud, to_points  # noqa: E402

XYZ = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("ring", "<u2")])


CAMERAS = [
    Camera.equirectangular(64, 32),
    Camera.pinhole(64, 48, 1.0),
    Camera.pinhole(64, 48, 1.0, (-0.3, 0.1, 0.001, -0.002, 0.02)),
    Camera.pinhole(64, 48, 1.0, (0.3, 0.1, 0.001, -0.002, 0.02, 0.4, 0.1, 0.03)),
    Camera.fisheye(64, 48, 3.0, (0.02, -0.01, 0.003, -0.001)),
]


@pytest.mark.parametrize("camera", CAMERAS, ids=str)
def test_cameras_survive(camera: Camera) -> None:
    assert to_camera(to_camera_info(camera, Header())) == camera


def test_a_rectified_image_is_described_by_p() -> None:
    message = to_camera_info(CAMERAS[2], Header())
    message.p[0] = message.p[5] = 70.0
    rectified = to_camera(message, is_rectified=True)
    assert (rectified.fx, rectified.distortion) == (70.0, ())


def test_a_camera_info_without_calibration_is_refused() -> None:
    with pytest.raises(ObservationError):
        to_camera(CameraInfo(width=64, height=48))


def test_images_survive_the_wire() -> None:
    depth_m = np.array([[1.0, np.nan], [3.0, np.inf]], np.float32)
    message = deserialize_message(serialize_message(to_image(depth_m, "32FC1", Header())), Image)
    np.testing.assert_array_equal(depth_image(message), depth_m)
    labels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(label_image(to_image(labels, "mono8", Header())), labels)


def test_points_survive_but_for_those_with_nan() -> None:
    cloud = np.zeros(3, XYZ)
    cloud["x"], cloud["z"] = [1.0, np.nan, 3.0], 2.0
    message = deserialize_message(serialize_message(to_point_cloud(cloud, Header())), PointCloud2)
    np.testing.assert_array_equal(to_points(message), [[1.0, 0.0, 2.0], [3.0, 0.0, 2.0]])


def test_a_cloud_without_coordinates_or_cut_short_is_refused() -> None:
    with pytest.raises(ObservationError, match="missing"):
        to_points(to_point_cloud(np.zeros(3, np.dtype([("x", "<f4"), ("y", "<f4")])), Header()))
    message = to_point_cloud(np.zeros(3, XYZ), Header())
    message.data = message.data[:-1]
    with pytest.raises(ObservationError, match="damaged"):
        to_points(message)
