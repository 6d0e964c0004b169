"""The part of tf2 that is needed, on tf2's own topics: fixed transforms of the vehicle, and map -> odom.

No wheel holds tf2_ros, and these few lines are the same with it, so they serve everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from geometry_msgs.msg import TransformStamped
from rclpy.qos import DurabilityPolicy, QoSProfile

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Pose3
from geoloc_ros.ros.conversions import to_pose3

# As tf2_ros has them.
TF_QOS = QoSProfile(depth=100)
TF_STATIC_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class StaticTransforms:
    """The transforms heard on /tf_static."""

    def __init__(self) -> None:
        self._parent: dict[str, tuple[str, Pose3]] = {}

    def add(self, transforms: Iterable[TransformStamped]) -> None:
        """Remember transforms; a newer one of the same child frame replaces the older.

        Raises:
            ObservationError: If one holds NaNs; the others are remembered.
        """
        complaints = []
        for transform in transforms:
            parent, child = transform.header.frame_id.lstrip("/"), transform.child_frame_id.lstrip("/")
            try:
                self._parent[child] = (parent, to_pose3(transform.transform))
            except ObservationError as error:
                complaints.append(f"'{child}': {error}")
        if complaints:
            raise ObservationError("; ".join(complaints))

    def lookup(self, target: str, source: str) -> Pose3:
        """`target_from_source`.

        Raises:
            ObservationError: If no chain of transforms joins the two frames.
        """
        target, source = target.lstrip("/"), source.lstrip("/")
        target_chain, source_chain = self._chain(target), self._chain(source)
        for frame, frame_from_source in source_chain.items():
            if frame in target_chain:
                return target_chain[frame].inverse() @ frame_from_source
        raise ObservationError(
            f"no static transform from '{source}' to '{target}' (known frames: {', '.join(self._parent) or 'none'}); "
            "publish it on /tf_static"
        )

    def _chain(self, frame: str) -> dict[str, Pose3]:
        """Every ancestor of `frame`, itself first, with `ancestor_from_frame`."""
        chain = {frame: Pose3(np.eye(3), np.zeros(3))}
        at = frame
        while at in self._parent:
            parent, parent_from_at = self._parent[at]
            if parent in chain:  # a loop is a mistake of the publisher: it joins nothing more
                break
            chain[parent] = parent_from_at @ chain[at]
            at = parent
        return chain
