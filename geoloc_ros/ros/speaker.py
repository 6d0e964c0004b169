"""Everything the localizer says after a frame, on its topics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseArray, PoseStamped, PoseWithCovarianceStamped
from nav_msgs.msg import Path
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import NavSatFix, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.types import Float32, LocalizationStatus, Observation, PoseEstimate
from geoloc_ros.evaluation.trace import most_probable
from geoloc_ros.localization.localizer import LocalizerHealth
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import LocalizationState, PlaceHypotheses, PoseModes
from geoloc_ros.ros.conversions import (
    to_fix,
    to_hypotheses_msg,
    to_modes_msg,
    to_pose_array,
    to_pose_msg,
    to_pose_with_covariance,
    to_stamp_ns,
    to_state_msg,
)
from geoloc_ros.ros.drawing import to_belief_cloud, to_mode_markers
from geoloc_ros.ros.qos import LATCHED_QOS

FIX_STATES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)
_PATH_PERIOD_NS = 1_000_000_000


@dataclass(frozen=True)
class LocalizedFrame:
    """A scan with the odometry of its stamp."""

    observation: Observation
    stamp: Time


class EstimateSpeaker:
    """Publishers of one localizer; `make_publisher` ties them to its lifecycle."""

    def __init__(self, node: Node, make_publisher: Callable[[type[Any], str, QoSProfile], Any]) -> None:
        self.status = LocalizationStatus.UNINITIALIZED
        self.values: dict[str, str] = {}
        """Of the last estimate, for diagnostics."""
        self._node = node
        self._path: deque[PoseStamped] = deque()
        few = QoSProfile(depth=10)
        self._pose = make_publisher(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
        self._fix = make_publisher(NavSatFix, "fix_global", few)
        self._path_publisher = make_publisher(Path, "path", LATCHED_QOS)
        self._modes = make_publisher(PoseModes, "modes", few)
        self._mode_markers = make_publisher(MarkerArray, "modes/markers", few)
        self._hypotheses = make_publisher(PlaceHypotheses, "hypotheses", few)
        self._hypothesis_poses = make_publisher(PoseArray, "hypotheses/poses", few)
        self._similarity = make_publisher(PointCloud2, "similarity", few)
        self._state = make_publisher(LocalizationState, "localization_state", LATCHED_QOS)

    def somebody_watches_the_belief(self) -> bool:
        """It is large: nobody makes it for nobody."""
        return bool(self._similarity.get_subscription_count() > 0)

    def publish(
        self, estimate: PoseEstimate, health: LocalizerHealth, frame: LocalizedFrame, index: PlaceIndex,
        belief: Float32 | None, config: LocalizerNodeConfig,
    ) -> None:
        """Say everything about one frame; the state comes last, so that who waits for it has the rest."""
        header = Header(stamp=frame.stamp, frame_id=config.map_frame)
        if estimate.status in FIX_STATES:
            self._publish_fix(estimate, frame, index, header, config)
        self._modes.publish(to_modes_msg(estimate.modes, header, index.index_id))
        if self._mode_markers.get_subscription_count() > 0:
            self._mode_markers.publish(to_mode_markers(estimate.modes, header))
        self._hypotheses.publish(to_hypotheses_msg(estimate.hypotheses, header, index.index_id))
        if self._hypothesis_poses.get_subscription_count() > 0:
            self._hypothesis_poses.publish(to_pose_array(estimate.hypotheses, header))
        if belief is not None:
            self._similarity.publish(to_belief_cloud(index.places.poses(), *most_probable(belief), header))
        self.status = estimate.status
        self.values = _values(estimate, health)
        self._state.publish(to_state_msg(estimate, header, index.index_id))

    def say_no_pose(
        self, status: LocalizationStatus, reason: str, index_id: str, config: LocalizerNodeConfig
    ) -> None:
        """Say why there is no pose, without a frame."""
        self.status, self.values = status, {"reason": reason}
        header = Header(stamp=self._node.get_clock().now().to_msg(), frame_id=config.map_frame)
        self._state.publish(
            LocalizationState(header=header, state=int(status), chance=1.0, reason=reason, index_id=index_id)
        )

    def clear_path(self) -> None:
        """Begin a new path."""
        # Another thread may be reading the old one.
        self._path = deque()

    def _publish_fix(
        self, estimate: PoseEstimate, frame: LocalizedFrame, index: PlaceIndex, header: Header,
        config: LocalizerNodeConfig,
    ) -> None:
        self._pose.publish(to_pose_with_covariance(estimate.pose, estimate.covariance, header))
        base_header = Header(stamp=frame.stamp, frame_id=config.base_frame)
        self._fix.publish(to_fix(estimate, index.geomap.origin, base_header))
        self._extend_path(estimate, header, config.path_length)

    def _extend_path(self, estimate: PoseEstimate, header: Header, length: int) -> None:
        path = self._path
        if path and estimate.stamp_ns - to_stamp_ns(path[-1].header.stamp) < _PATH_PERIOD_NS:
            return
        path.append(PoseStamped(header=header, pose=to_pose_msg(estimate.pose)))
        while len(path) > length:
            path.popleft()
        if path and self._path_publisher.get_subscription_count() > 0:
            self._path_publisher.publish(Path(header=header, poses=list(path)))


def _values(estimate: PoseEstimate, health: LocalizerHealth) -> dict[str, str]:
    """For diagnostics; what is not known is left out."""
    numbers = {
        "belief at the pose": estimate.probability, "chance of a look-alike": estimate.chance,
        "evidence for this map, nats": health.log_evidence, "doubt about the newest frames, nats": health.doubt,
        "NIS": health.nis, "scale of odometry": health.odometry_scale, "scale of depth": health.depth_scale,
        "yaw of the camera, rad": health.camera_yaw_rad,
    }
    known = {name: f"{value:.4g}" for name, value in numbers.items() if np.isfinite(value)}
    counts = {"modes": str(len(estimate.modes)), "buildings in view": str(health.num_buildings)}
    if health.num_poses:
        counts["poses of others that agree"] = str(health.num_poses)
    return {**known, **counts, "reason": estimate.reason}
