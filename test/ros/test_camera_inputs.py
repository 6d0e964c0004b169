"""Which topics make a frame, by the parameters."""

from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402

from geoloc_ros.core.config import validated  # noqa: E402
from geoloc_ros.core.node_config import PerceptionNodeConfig  # noqa: E402
from geoloc_ros.ros.camera_inputs import CameraInputs  # noqa: E402
from geoloc_ros.ros.synchronizer import CameraTopics  # noqa: E402


def inputs(name: str = "", **parameters: Any) -> CameraInputs:
    return CameraInputs(name, validated(PerceptionNodeConfig, parameters))


@pytest.mark.parametrize(
    ("parameters", "required", "optional"),
    [
        ({}, ("image", "camera_info"), ("depth",)),
        ({"depth_sources": ["network"]}, ("image", "camera_info"), ()),
        ({"depth_sources": ["points", "depth"]}, ("image", "camera_info"), ("points", "depth")),
        ({"depth_sources": ["points"]}, ("image", "camera_info", "points"), ()),
        ({"labels": "topic", "depth_sources": ["depth"]}, ("segmentation", "camera_info", "depth"), ("instances",)),
        (
            {"labels": "topic", "depth_sources": ["depth"], "use_instances": False},
            ("segmentation", "camera_info", "depth"), (),
        ),
        ({"labels": "topic"}, ("segmentation", "camera_info"), ("depth", "image", "instances")),
        (
            {"labels": "topic", "depth_sources": ["network"]},
            ("segmentation", "camera_info", "image"), ("instances",),
        ),
    ],
)
def test_what_has_a_substitute_is_optional(
    parameters: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    assert inputs(**parameters).topics == CameraTopics(required, optional)


def test_topics_of_a_named_camera_are_below_its_name() -> None:
    assert inputs("left").topics == CameraTopics(("left/image", "left/camera_info"), ("left/depth",))


def test_compressed_images_are_subscribed_to_where_image_transport_puts_them() -> None:
    listened = inputs("left", compressed=True, depth_sources=["points", "depth", "network"]).subscriptions()
    assert set(listened) == {
        ("left/image", CompressedImage, "left/image/compressed"),
        ("left/camera_info", CameraInfo, "left/camera_info"),
        ("left/points", PointCloud2, "left/points"),
        ("left/depth", CompressedImage, "left/depth/compressedDepth"),
    }
    assert ("image", Image, "image") in set(inputs().subscriptions())
