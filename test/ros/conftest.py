"""Nodes under test, spinning beside a node that plays the rest of the world."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import Config
from geoloc_ros.maps.geomap import GeoMap

TIMEOUT_S = 20.0
CAMERA = Camera.equirectangular(720, 120)
BASE_FROM_OPTICAL_XYZW = (-0.5, 0.5, -0.5, 0.5)


@pytest.fixture(scope="session")
def tiny_index(tiny_city: GeoMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index folder of the made-up town."""
    from geoloc_ros.index import index_map
    from geoloc_ros.sim.osm_writer import write_osm

    folder = tmp_path_factory.mktemp("index")
    write_osm(tiny_city, folder / "tiny.osm")
    index_map(folder / "tiny.osm", folder / "tiny.index", None, Config())
    return folder / "tiny.index"


class World:
    """A spinning executor with a node of its own and the nodes under test."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.node import Node

        rclpy.init()
        self.node = Node("world")
        self._under_test: list[Any] = []
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def add(self, node: Any) -> Any:
        """Spin `node` too."""
        self._under_test.append(node)
        self._executor.add_node(node)
        return node

    def hear(self, message_type: type[Any], topic: str, qos: Any = 10) -> list[Any]:
        """Everything that is published on `topic` from now on; latched messages too if `qos` asks for them."""
        heard: list[Any] = []
        self.node.create_subscription(message_type, topic, heard.append, qos)
        return heard

    def call(self, service_type: type[Any], name: str, request: Any) -> Any:
        """Response of a service."""
        client = self.node.create_client(service_type, name)
        assert client.wait_for_service(TIMEOUT_S)
        future = client.call_async(request)
        self.until(future.done)
        return future.result()

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait until `condition` holds; a failure if it never does."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not condition():
            assert self._thread.is_alive(), "the executor died"
            assert time.monotonic() < deadline_s, "waited in vain"
            time.sleep(0.005)

    def close(self) -> None:
        """End everything."""
        import rclpy

        self._stopping.set()
        self._thread.join()
        for node in self._under_test:
            node.close()
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown()

    def _spin(self) -> None:
        while not self._stopping.is_set():
            self._executor.spin_once(timeout_sec=0.05)


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """One world for all tests of a module."""
    world = World()
    yield world
    world.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A world for one test."""
    world = World()
    yield world
    world.close()


class Cameraman:
    """Publishes frames of a round yard whose wall stands 10 m away; every message can be spoilt."""

    def __init__(self, world: World) -> None:
        from rclpy.qos import QoSProfile
        from sensor_msgs.msg import CameraInfo, Image
        from std_msgs.msg import Header
        from tf2_msgs.msg import TFMessage

        from geoloc_ros.ros.sensors import to_camera_info, to_image
        from geoloc_ros.ros.tf import TF_STATIC_QOS

        self._header, self._to_image, self._to_camera_info = Header, to_image, to_camera_info
        types = {"segmentation": Image, "depth": Image, "instances": Image, "camera_info": CameraInfo}
        self.publishers = {
            topic: world.node.create_publisher(message_type, topic, QoSProfile(depth=10))
            for topic, message_type in types.items()
        }
        static = world.node.create_publisher(TFMessage, "/tf_static", TF_STATIC_QOS)
        static.publish(TFMessage(transforms=[self._mount()]))

    def is_watched(self) -> bool:
        """Does somebody subscribe to every topic?"""
        return all(publisher.get_subscription_count() > 0 for publisher in self.publishers.values())

    def frame(self, stamp_ns: int) -> dict[str, Any]:
        """Messages of one good frame, by topic."""
        from geoloc_ros.ros.conversions import to_time

        header = self._header(stamp=to_time(stamp_ns), frame_id="camera_optical")
        labels = np.full((CAMERA.height, CAMERA.width), SemanticClass.BUILDING, np.uint8)
        directions = CAMERA.rays()
        # Ten metres away on the ground plane, whatever the height; the optical frame's y is down.
        depth_m = (10.0 / np.hypot(directions[..., 0], directions[..., 2])).astype(np.float32)
        return {
            "segmentation": self._to_image(labels, "mono8", header),
            "depth": self._to_image(depth_m, "32FC1", header),
            "instances": self._to_image(np.ones(labels.shape, np.uint16), "16UC1", header),
            "camera_info": self._to_camera_info(CAMERA, header),
        }

    def publish(self, frame: dict[str, Any]) -> None:
        """Send the messages of a frame."""
        for topic, message in frame.items():
            self.publishers[topic].publish(message)

    def _mount(self) -> Any:
        from geometry_msgs.msg import Quaternion, TransformStamped

        transform = TransformStamped(header=self._header(frame_id="base_link"), child_frame_id="camera_optical")
        transform.transform.translation.z = 2.0
        x, y, z, w = BASE_FROM_OPTICAL_XYZW
        transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
        return transform


@pytest.fixture(scope="session")
def cameraman_in() -> Callable[[World], Cameraman]:
    """Makes a cameraman of a world."""
    return Cameraman
