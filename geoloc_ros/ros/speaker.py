"""Everything the localizer says after a frame, on its topics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseArray, PoseStamped, PoseWithCovarianceStamped
from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import NavSatFix, PointCloud2
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.geometry import compose, inverse
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.types import Float32, LocalizationStatus, Observation, PoseEstimate
from geoloc_ros.evaluation.trace import most_probable
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import LocalizationState, PlaceHypotheses
from geoloc_ros.ros.conversions import (
    to_fix,
    to_hypotheses_msg,
    to_odometry_msg,
    to_pose_array,
    to_pose_msg,
    to_pose_with_covariance,
    to_stamp_ns,
    to_state_msg,
    to_time,
    to_transform_msg,
)
from geoloc_ros.ros.drawing import to_belief_cloud
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.ros.tf import TF_QOS

_FIX_STATES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)
_PATH_PERIOD_NS = 1_000_000_000


@dataclass(frozen=True)
class LocalizedFrame:
    """A scan with the odometry of its stamp."""

    observation: Observation
    stamp: Time
    odometry_message: Odometry
    """The last one that came, for its velocity and frames."""


class EstimateSpeaker:
    """Publishers of one localizer; `make_publisher` ties them to its lifecycle."""

    def __init__(self, node: Node, make_publisher: Callable[[type[Any], str, QoSProfile], Any]) -> None:
        self.status = LocalizationStatus.UNINITIALIZED
        self._node = node
        self._path: deque[PoseStamped] = deque()
        few = QoSProfile(depth=10)
        self._pose = make_publisher(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
        self._odometry = make_publisher(Odometry, "odometry/global", few)
        self._fix = make_publisher(NavSatFix, "fix_global", few)
        self._path_publisher = make_publisher(Path, "path", LATCHED_QOS)
        self._tf = make_publisher(TFMessage, "/tf", TF_QOS)
        self._hypotheses = make_publisher(PlaceHypotheses, "hypotheses", few)
        self._hypothesis_poses = make_publisher(PoseArray, "hypotheses/poses", few)
        self._similarity = make_publisher(PointCloud2, "similarity", few)
        self._state = make_publisher(LocalizationState, "localization_state", LATCHED_QOS)

    def somebody_watches_the_belief(self) -> bool:
        """It is large: nobody makes it for nobody."""
        return bool(self._similarity.get_subscription_count() > 0)

    def publish(
        self, estimate: PoseEstimate, frame: LocalizedFrame, index: PlaceIndex, belief: Float32 | None,
        config: LocalizerNodeConfig,
    ) -> None:
        """Say everything about one frame; the state comes last, so that who waits for it has the rest."""
        header = Header(stamp=frame.stamp, frame_id=config.map_frame)
        if estimate.status in _FIX_STATES:
            self._publish_fix(estimate, frame, index, header, config)
        self._hypotheses.publish(to_hypotheses_msg(estimate.hypotheses, header, index.index_id))
        if self._hypothesis_poses.get_subscription_count() > 0:
            self._hypothesis_poses.publish(to_pose_array(estimate.hypotheses, header))
        if belief is not None:
            self._similarity.publish(to_belief_cloud(index.places.poses(), *most_probable(belief), header))
        self.status = estimate.status
        self._state.publish(to_state_msg(estimate, header, index.index_id))

    def say_no_pose(
        self, status: LocalizationStatus, reason: str, index_id: str, config: LocalizerNodeConfig
    ) -> None:
        """Say why there is no pose, without a frame."""
        self.status = status
        header = Header(stamp=self._node.get_clock().now().to_msg(), frame_id=config.map_frame)
        self._state.publish(LocalizationState(header=header, state=int(status), reason=reason, index_id=index_id))

    def clear_path(self) -> None:
        """Begin a new path."""
        # Another thread may be reading the old one.
        self._path = deque()

    def _publish_fix(
        self, estimate: PoseEstimate, frame: LocalizedFrame, index: PlaceIndex, header: Header,
        config: LocalizerNodeConfig,
    ) -> None:
        self._pose.publish(to_pose_with_covariance(estimate, header))
        if config.tf_broadcast:
            map_from_odom = compose(estimate.pose, inverse(frame.observation.odometry))
            later = to_time(estimate.stamp_ns + int(config.transform_tolerance_s * 1e9))
            tf_header = Header(stamp=later, frame_id=config.map_frame)
            self._tf.publish(TFMessage(transforms=[to_transform_msg(map_from_odom, tf_header, config.odom_frame)]))
        self._odometry.publish(to_odometry_msg(estimate, frame.odometry_message, header))
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
