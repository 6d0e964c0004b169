"""Other ways into the perception node: a point cloud for depth, compressed images."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402

from geoloc_ros.core.images import depth_image, instance_image, label_image  # noqa: E402
from geoloc_ros.msg import SemanticScan  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402
from geoloc_ros.ros.sensors import to_camera, to_point_cloud  # noqa: E402

from .given import given_parameters  # noqa: E402

SECOND = 1_000_000_000
XYZ = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4")])


def scan_of(world: Any, node: PerceptionNode, messages: dict[str, Any]) -> SemanticScan:
    """Publish messages of one frame, by topic, and wait for the scan."""
    scans = world.hear(SemanticScan, "scan")
    publishers = {topic: world.node.create_publisher(type(message), topic, 10) for topic, message in messages.items()}
    node.trigger_configure()
    node.trigger_activate()
    world.add(node)
    for topic, publisher in publishers.items():
        world.until(lambda topic=topic, publisher=publisher: publisher.get_subscription_count() > 0)
        world.until(lambda topic=topic: node.count_publishers(topic) > 0)
    world.until(lambda: node.count_subscribers("scan") and node._chain.transforms._parent)
    for topic, message in messages.items():
        publishers[topic].publish(message)
    world.until(lambda: scans)
    return scans[0]


def test_a_point_cloud_takes_the_place_of_depth_and_instances_may_be_missing(
    world: Any, cameraman_in: Callable[[Any], Any]
) -> None:
    frame = cameraman_in(world).frame(SECOND)
    camera = to_camera(frame["camera_info"])
    cloud = np.zeros(camera.width * camera.height, XYZ)
    cloud["x"], cloud["y"], cloud["z"] = (camera.rays() * depth_image(frame["depth"])[..., None]).reshape(-1, 3).T
    given = given_parameters(depth_sources=["points"], use_instances=False)
    messages: dict[str, Image | CameraInfo | PointCloud2] = {
        "segmentation": frame["segmentation"], "camera_info": frame["camera_info"],
        "points": to_point_cloud(cloud, frame["depth"].header),
    }
    scan = scan_of(world, PerceptionNode(parameter_overrides=given), messages)
    np.testing.assert_allclose(np.array(scan.range_m), 10.0, rtol=0.02)
    assert len(set(scan.instance)) == 1


def test_compressed_images_give_the_same_scan(
    world: Any, cameraman_in: Callable[[Any], Any]
) -> None:
    frame = cameraman_in(world).frame(SECOND)
    millimetres = np.round(depth_image(frame["depth"]) * 1000.0).astype(np.uint16)
    coded = {
        "segmentation/compressed": ("mono8; png compressed", label_image(frame["segmentation"]), b""),
        "instances/compressed": ("16UC1; png compressed", instance_image(frame["instances"]), b""),
        "depth/compressedDepth": ("16UC1; compressedDepth png", millimetres, bytes(12)),
    }
    messages = {
        topic: CompressedImage(header=frame["depth"].header, format=kind, data=start + _png(pixels))
        for topic, (kind, pixels, start) in coded.items()
    }
    node = PerceptionNode(parameter_overrides=given_parameters(compressed=True))
    scan = scan_of(world, node, {**messages, "camera_info": frame["camera_info"]})
    np.testing.assert_allclose(np.array(scan.range_m), 10.0, rtol=0.02)


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()
