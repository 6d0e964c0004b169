"""Notice when ROS time goes back, as it does when a bag starts again."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

# Time on /clock may tremble by a tick of its publisher.
_TREMBLE_S = 0.1


class BackwardJumps:
    """Calls `callback` whenever the clock of `node` jumps back, until closed."""

    def __init__(self, node: Node, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._logger = node.get_logger()
        threshold = JumpThreshold(
            min_forward=None, min_backward=Duration(seconds=-_TREMBLE_S), on_clock_change=False
        )
        self._handle = node.get_clock().create_jump_callback(threshold, post_callback=self._on_jump)

    def close(self) -> None:
        """Listen no more."""
        self._handle.unregister()

    def _on_jump(self, jump: TimeJump) -> None:
        self._logger.warning(f"time jumped by {jump.delta.nanoseconds * 1e-9:.1f} s; starting anew")
        self._callback()
