"""Qualities of service that several nodes share."""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""The last message is there for whoever comes later."""

SCAN_QOS = QoSProfile(depth=10)
"""Scans are small and rare: a slow localizer may lag behind by some, none gets lost on the way."""

ODOMETRY_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
"""As sensor data, but deep: between two images come many of them, and each counts."""
