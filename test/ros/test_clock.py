"""Time that goes back."""

from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from rosgraph_msgs.msg import Clock  # noqa: E402

from geoloc_ros.ros.clock import BackwardJumps  # noqa: E402
from geoloc_ros.ros.conversions import to_time  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402

from .given import given_parameters  # noqa: E402

SECOND = 1_000_000_000


def test_a_jump_back_is_noticed_a_jump_ahead_and_a_tremble_are_not(world: Any) -> None:
    node = world.add(PerceptionNode(parameter_overrides=given_parameters(use_sim_time=True)))
    jumps: list[None] = []
    listening = BackwardJumps(node, lambda: jumps.append(None))
    clock = world.node.create_publisher(Clock, "/clock", 10)
    world.until(lambda: clock.get_subscription_count() > 0)

    def tick(stamp_ns: int) -> None:
        clock.publish(Clock(clock=to_time(stamp_ns)))
        world.until(lambda: node.get_clock().now().nanoseconds == stamp_ns)

    for stamp_ns in (10 * SECOND, 11 * SECOND, 500 * SECOND, 500 * SECOND - SECOND // 50):
        tick(stamp_ns)
    assert not jumps
    tick(20 * SECOND)
    world.until(lambda: len(jumps) == 1)
    listening.close()
    tick(10 * SECOND)
    assert len(jumps) == 1
