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
from geoloc_ros.ros.environment import end_with_parent, set_transport_defaults
from geoloc_ros.ros.lifecycle import StagedNode

# How long a signal may go unnoticed.
_POLL_S = 0.1


def run_nodes(*make_nodes: Callable[[], StagedNode[Any]]) -> int:
    """Run nodes until SIGINT or SIGTERM, each with a thread that takes its messages; returns the exit status."""
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    end_with_parent(os.environ)
    set_transport_defaults(os.environ)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    spinning: list[_SpinningNode] = []
    try:
        for make_node in make_nodes:
            spinning.append(_SpinningNode(make_node()))
        if not all(_start(one.node) for one in spinning if one.node.config.autostart):
            return 1
        while not stopping.is_set() and not any(one.failed() for one in spinning):
            stopping.wait(_POLL_S)
        return int(any(one.failed() for one in spinning))
    except GeolocError as error:
        get_logger("geoloc_ros").error(str(error))
        return 1
    finally:
        for one in spinning:
            one.close()
        rclpy.shutdown()


class _SpinningNode:
    """A node with an executor in a thread of its own: where nodes share a process, none waits for another's images."""

    def __init__(self, node: StagedNode[Any]) -> None:
        self.node = node
        self._closing = threading.Event()
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name=node.get_name(), daemon=True)
        self._thread.start()

    def failed(self) -> bool:
        """Did a bug end the thread? Its traceback is on stderr."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Stop spinning and free the node."""
        self._closing.set()
        self._thread.join()
        self._executor.shutdown()
        self.node.close()

    def _spin(self) -> None:
        while not self._closing.is_set():
            self._executor.spin_once(timeout_sec=_POLL_S)


def _start(node: StagedNode[Any]) -> bool:
    """Configure and activate; the node has said why where that fails."""
    return (
        node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        and node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    )
