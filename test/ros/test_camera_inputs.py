"""Which topics make a frame, by the parameters."""

from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

import numpy as np  # noqa: E402
from geometry_msgs.msg import TransformStamped  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.config import validated  # noqa: E402
from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.node_config import PerceptionNodeConfig  # noqa: E402
from geoloc_ros.ros.camera_inputs import CameraInputs  # noqa: E402
from geoloc_ros.ros.sensors import to_camera_info, to_image, to_point_cloud  # noqa: E402
from geoloc_ros.ros.synchronizer import CameraTopics  # noqa: E402
from geoloc_ros.ros.tf import StaticTransforms  # noqa: E402


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
        ({"depth_sources": ["stereo"]}, ("image", "camera_info", "right/image", "right/camera_info"), ()),
        (
            {"depth_sources": ["stereo", "network"]},
            ("image", "camera_info"), ("right/image", "right/camera_info"),
        ),
        (
            {"labels": "topic", "depth_sources": ["stereo"], "use_instances": False},
            ("segmentation", "camera_info", "right/image", "right/camera_info", "image"), (),
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


def test_a_second_camera_to_the_right_gives_stereo_depth() -> None:
    camera, header = Camera.pinhole(320, 240, np.pi / 2.0), Header(frame_id="optical")
    texture = np.random.default_rng(0).integers(0, 255, (240, 340, 3)).astype(np.uint8)
    shift = 8  # pixels, at a focal length of 160 and a baseline of 0.5 m: 10 m
    right_info = to_camera_info(camera, header)
    right_info.p[3] = -0.5 * camera.fx
    messages = {
        "image": to_image(texture[:, :320].copy(), "rgb8", header), "camera_info": to_camera_info(camera, header),
        "right/image": to_image(texture[:, shift : 320 + shift].copy(), "rgb8", header),
        "right/camera_info": right_info,
    }
    transforms = StaticTransforms()
    transforms.add([TransformStamped(header=Header(frame_id="base_link"), child_frame_id="optical")])
    (depth,) = inputs(depth_sources=["stereo"]).frame(messages, transforms).depths
    assert depth.source == "stereo" and np.nanmedian(depth.depth_m) == pytest.approx(10.0, rel=0.02)
    right_info.k[2] += 20.0  # 4 m, or 17, would come of it
    with pytest.raises(ObservationError, match="rectify both alike"):
        inputs(depth_sources=["stereo"]).frame(messages, transforms)


def test_a_camera_that_claims_to_be_larger_than_its_image_is_refused_before_points_are_painted_into_it() -> None:
    header, points = Header(frame_id="optical"), np.zeros(1, [("x", "<f4"), ("y", "<f4"), ("z", "<f4")])
    info = to_camera_info(Camera.pinhole(320, 240, 1.5), header)
    info.width = info.height = 2**32 - 1
    messages = {
        "image": to_image(np.zeros((240, 320, 3), np.uint8), "rgb8", header), "camera_info": info,
        "points": to_point_cloud(points, header),
    }
    with pytest.raises(ObservationError, match="camera_info says 4294967295"):
        inputs(depth_sources=["points"]).frame(messages, StaticTransforms())


def test_instances_of_another_size_are_refused_with_their_camera() -> None:
    camera, header = Camera.pinhole(32, 24, 1.5), Header(frame_id="optical")
    messages = {
        "segmentation": to_image(np.zeros((24, 32), np.uint8), "mono8", header),
        "camera_info": to_camera_info(camera, header),
        "instances": to_image(np.zeros((12, 16), np.uint16), "16UC1", header),
    }
    with pytest.raises(ObservationError, match="image is 16x12, camera_info says 32x24"):
        inputs(labels="topic").frame(messages, StaticTransforms())
