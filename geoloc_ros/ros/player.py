"""Play a bag to running nodes: its raw bytes, at the times they were recorded, with a clock if wanted."""

from __future__ import annotations

import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosgraph_msgs.msg import Clock

from geoloc_ros.core.errors import BackendError, DatasetError
from geoloc_ros.ros.conversions import to_time
from geoloc_ros.ros.environment import end_with_parent, set_ros_defaults
from geoloc_ros.ros.recorder import LiveRecorder
from geoloc_ros.ros.tf import TF_STATIC_QOS

logger = logging.getLogger(__name__)

# Frames are counted and timed by this topic.
IMAGE_TOPIC = "/camera/image"
_CLOCK_PERIOD_S = 0.02
_LISTENER_TIMEOUT_S = 60.0
_LAST_FRAME_TIMEOUT_S = 5.0
# A reliable publisher serves best-effort subscriptions too; a second of images may queue up.
_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


@dataclass(frozen=True)
class PlayOptions:
    """How to play."""

    bag: Path
    rate: float = 1.0
    """Times real time."""
    clock: bool = False
    """Publish /clock, for nodes with use_sim_time."""
    loop: bool = False
    namespace: str = ""
    """Of the nodes that are recorded."""
    record: Path | None = None
    """Folder for what the nodes say; the player then waits for perception and localizer, and for their last word."""


class BagPlayer:
    """Publishers for every topic of an open bag."""

    def __init__(self, node: Node, reader: AnyReader, on_published: Callable[[str, int], None]) -> None:
        self._reader = reader
        self._on_published = on_published
        self._clock = node.create_publisher(Clock, "/clock", QoSProfile(depth=10))
        self.publishers = {
            connection.topic: node.create_publisher(message_type, connection.topic, _qos(connection.topic))
            for connection in reader.connections
            if (message_type := _message_type(connection)) is not None
        }

    def is_heard(self) -> bool:
        """Does somebody subscribe to a topic of the bag?"""
        return any(publisher.get_subscription_count() > 0 for publisher in self.publishers.values())

    def play(self, rate: float, with_clock: bool) -> None:
        """Publish everything once."""
        start_ns, start_s = self._reader.start_time, time.monotonic()
        for connection, stamp_ns, data in self._reader.messages():
            publisher = self.publishers.get(connection.topic)
            if publisher is None:
                continue
            self._wait_until(start_s + (stamp_ns - start_ns) * 1e-9 / rate, start_ns, start_s, rate, with_clock)
            self._on_published(connection.topic, stamp_ns)
            publisher.publish(bytes(data))

    def _wait_until(self, due_s: float, start_ns: int, start_s: float, rate: float, with_clock: bool) -> None:
        while (left_s := due_s - time.monotonic()) > 0.0:
            if with_clock:
                now_ns = start_ns + int((time.monotonic() - start_s) * 1e9 * rate)
                self._clock.publish(Clock(clock=to_time(now_ns)))
            time.sleep(min(left_s, _CLOCK_PERIOD_S))


def play_bag(options: PlayOptions) -> None:
    """Play until the bag ends, or for ever.

    Raises:
        DatasetError: If the bag cannot be read.
        BackendError: If no node listens.
    """
    end_with_parent(os.environ)
    with _open(options.bag) as reader, _spinning_node(options.namespace) as node:
        recorder = LiveRecorder(node) if options.record is not None else None

        def on_published(topic: str, stamp_ns: int) -> None:
            if recorder is not None and topic == IMAGE_TOPIC:
                recorder.sent(stamp_ns)

        player = BagPlayer(node, reader, on_published)
        _await(player.is_heard, f"nobody subscribes to a topic of '{options.bag}'")
        if recorder is not None:
            topics = set(player.publishers)
            _await(lambda: recorder.nodes_are_ready(topics), "perception and localizer are not both active")
        player.play(options.rate, options.clock)
        while options.loop:
            player.play(options.rate, options.clock)
        if recorder is not None and options.record is not None:
            recorder.await_last(_LAST_FRAME_TIMEOUT_S)
            recorder.save(options.record)


@contextmanager
def _open(bag: Path) -> Iterator[AnyReader]:
    if not bag.exists():
        raise DatasetError(f"no bag '{bag}'; make one with `geoloc simulate`")
    try:
        with AnyReader([bag]) as reader:
            yield reader
    except (AnyReaderError, ReaderError) as error:
        raise DatasetError(f"'{bag}' is not a rosbag2 that can be read: {error}; record it again") from error


@contextmanager
def _spinning_node(namespace: str) -> Iterator[Node]:
    """A node whose callbacks run in a thread while the caller plays."""
    set_ros_defaults(os.environ)
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = Node("player", namespace=namespace)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    stopping = threading.Event()

    def spin() -> None:
        while not stopping.is_set():
            executor.spin_once(timeout_sec=0.1)

    thread = threading.Thread(target=spin, name="player callbacks", daemon=True)
    thread.start()
    try:
        yield node
    finally:
        stopping.set()
        thread.join()
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown()


def _await(condition: Callable[[], bool], otherwise: str) -> None:
    deadline_s = time.monotonic() + _LISTENER_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline_s:
            raise BackendError(f"{otherwise}, waited {_LISTENER_TIMEOUT_S:.0f} s; start the nodes first")
        time.sleep(0.02)


def _qos(topic: str) -> QoSProfile:
    return TF_STATIC_QOS if topic == "/tf_static" else _QOS


def _message_type(connection: Connection) -> type[Any] | None:
    package, _, name = connection.msgtype.partition("/msg/")
    try:
        message_type: type[Any] = getattr(importlib.import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError):
        logger.warning("topic %s is left out: its type %s is not installed", connection.topic, connection.msgtype)
        return None
    return message_type


