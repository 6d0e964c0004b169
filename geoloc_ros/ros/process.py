"""A process that runs nodes until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions

from geoloc_ros.core.errors import GeolocError
from geoloc_ros.ros.environment import set_transport_defaults
from geoloc_ros.ros.lifecycle import StagedNode

# How long a signal may go unnoticed.
_POLL_S = 0.1


def run_nodes(*make_nodes: Callable[[], StagedNode[Any]]) -> int:
    """Spin the nodes in one thread until SIGINT or SIGTERM; returns the exit status of the process."""
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    set_transport_defaults(os.environ)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    nodes: list[StagedNode[Any]] = []
    executor = SingleThreadedExecutor()
    try:
        for make_node in make_nodes:
            nodes.append(make_node())
            executor.add_node(nodes[-1])
        if not all(_start(node) for node in nodes if node.config.autostart):
            return 1
        while not stopping.is_set():
            executor.spin_once(timeout_sec=_POLL_S)
    except GeolocError as error:
        get_logger("geoloc_ros").error(str(error))
        return 1
    finally:
        for node in nodes:
            node.close()
        executor.shutdown()
        rclpy.shutdown()
    return 0


def _start(node: StagedNode[Any]) -> bool:
    """Configure and activate; the node has said why where that fails."""
    return (
        node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        and node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    )
