"""One side of `make jazzy-check`: publish a SemanticScan until somebody has it, or wait for one and compare."""

import argparse
import platform
import sys
import time
from importlib.metadata import version

import rclpy
from rclpy.node import Node

from geoloc_ros.msg import SemanticScan

TIMEOUT_S = 20.0
SCAN = SemanticScan(
    encoder_id="interop", range_m=[1.5, float("inf"), 100.0], instance=[7, -1, 2], observed=[1, 0, 1], descriptor=[0.25]
)


def publish(node: Node) -> bool:
    """Send the scan at 10 Hz for as long as it takes; the listener ends us by leaving."""
    publisher = node.create_publisher(SemanticScan, "interop/scan", 10)
    deadline, heard = time.monotonic() + TIMEOUT_S, False
    while time.monotonic() < deadline:
        subscriptions = publisher.get_subscription_count()
        if heard and subscriptions == 0:
            return True
        heard = subscriptions > 0
        publisher.publish(SCAN)
        rclpy.spin_once(node, timeout_sec=0.1)
    return heard


def listen(node: Node) -> bool:
    """Wait for one scan; every field must arrive as it was sent."""
    received: list[SemanticScan] = []
    node.create_subscription(SemanticScan, "interop/scan", received.append, 10)
    deadline = time.monotonic() + TIMEOUT_S
    while not received and time.monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.1)
    side = f"rclpy {version('ros-rclpy')} on Python {platform.python_version()}"
    print(f"{side} received {received[0] if received else 'nothing'}")
    return bool(received) and received[0] == SCAN


def main() -> int:
    """Exit status 0: the scan was sent, or received unchanged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=["publish", "listen"])
    side = parser.parse_args().side
    rclpy.init()
    node = rclpy.create_node(f"interop_{side}")
    try:
        return 0 if (publish if side == "publish" else listen)(node) else 1
    finally:
        node.destroy_node()
        rclpy.shutdown()


if __name__ == "__main__":
    sys.exit(main())
