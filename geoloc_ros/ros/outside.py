"""What others say about where the vehicle is, told to the localizer: poses, satellites, a compass, photos."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Imu, NavSatFix
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.msg import PlaceHypotheses
from geoloc_ros.ros.conversions import to_stamp_ns
from geoloc_ros.ros.landmark_messages import to_pose_fix
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.priors import (
    to_heading_fix,
    to_initial_pose,
    to_place_evidence,
    to_position_fix,
)
from geoloc_ros.ros.qos import SCAN_QOS
from geoloc_ros.ros.shared_localizer import SharedLocalizer
from geoloc_ros.ros.tf import TF_STATIC_QOS, StaticTransforms
from geoloc_ros.srv import SetInitialPose

# A compass errs alike for seconds: more of it tells nothing new.
_HEADING_PERIOD_NS = 500_000_000
# Poses that odometry has not reached yet; odometry that lags by more than these has broken off.
_MAX_WAITING = 5


class OutsideWord:
    """Subscriptions and the service of one active localizer node."""

    def __init__(
        self, node: StagedNode[LocalizerNodeConfig], shared: SharedLocalizer, odometry: OdometryBuffer,
        drop_pose: Callable[[], None],
    ) -> None:
        """Subscribe.

        Args:
            node: Whose subscriptions they are.
            shared: Is told.
            odometry: Filled and cleared by the node, which calls `catch_up` when more of it has come.
            drop_pose: Called when somebody says that the vehicle is elsewhere.
        """
        self._node, self._shared, self._odometry, self._drop_pose = node, shared, odometry, drop_pose
        self._waiting: deque[PoseWithCovarianceStamped] = deque()
        self._transforms = StaticTransforms()
        self.start_anew()
        node.subscribe(PoseWithCovarianceStamped, "initialpose", self._on_initial_pose, QoSProfile(depth=1))
        node.subscribe(NavSatFix, "fix", self._on_fix, qos_profile_sensor_data)
        node.subscribe(PlaceHypotheses, "photo/hypotheses", self._on_places, SCAN_QOS)
        node.subscribe(PoseWithCovarianceStamped, "pose_refined", self._on_pose, SCAN_QOS)
        node.service(SetInitialPose, "set_initial_pose", self._on_set_initial_pose)
        if node.config.use_imu_heading:
            node.subscribe(Imu, "imu", self._on_imu, qos_profile_sensor_data)
            node.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)

    def start_anew(self) -> None:
        """Time has gone back, or the map is another: the next position is a first one again."""
        self._has_started = False
        self._heading_ns = 0
        self._waiting.clear()

    def catch_up(self) -> None:
        """Odometry has come: poses that waited for it can be told."""
        while self._waiting and self._odometry.reaches(to_stamp_ns(self._waiting[0].header.stamp)):
            self._tell_pose(self._waiting.popleft())

    def _on_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        try:
            self._set_initial_pose(message)
        except ObservationError as error:
            self._node.health.refuse("initial pose", error)

    def _on_set_initial_pose(
        self, request: SetInitialPose.Request, response: SetInitialPose.Response
    ) -> SetInitialPose.Response:
        try:
            self._set_initial_pose(request.pose)
        except ObservationError as error:
            response.success, response.message = False, str(error)
            return response
        response.success, response.message = True, "starting from this pose"
        return response

    def _set_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        pose, covariance = to_initial_pose(message, self._node.config.map_frame, self._shared.index.geomap)
        with self._shared.use() as localizer:
            localizer.set_initial_pose(pose, covariance)
            self._drop_pose()
        self._node.health.count("initial poses")
        self._node.get_logger().info(f"starting from ({pose.x_m:.1f}, {pose.y_m:.1f}) m as told")

    def _on_fix(self, message: NavSatFix) -> None:
        use = self._node.config.fix
        if use == "ignore" or (use == "start" and self._has_started):
            return
        try:
            fix = to_position_fix(message, self._shared.index.geomap.origin)
        except ObservationError as error:
            self._node.health.refuse("fix", error)
            return
        # Also the first one is a hint and no initial pose, for which somebody vouches: receivers err between houses.
        with self._shared.use() as localizer:
            localizer.add_position(fix)
        self._has_started = True
        self._node.health.count("positions of others")

    def _on_imu(self, message: Imu) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        if stamp_ns - self._heading_ns < _HEADING_PERIOD_NS:
            return
        try:
            mount = self._transforms.lookup(self._node.config.base_frame, message.header.frame_id)
            heading = to_heading_fix(message, mount)
        except ObservationError as error:
            self._node.health.refuse("imu", error)
            return
        self._heading_ns = stamp_ns
        with self._shared.use() as localizer:
            localizer.add_heading(heading)
        self._node.health.count("headings of others")

    def _on_places(self, message: PlaceHypotheses) -> None:
        index = self._shared.index
        try:
            evidence = to_place_evidence(message, self._node.config.map_frame, index)
        except ObservationError as error:
            self._node.health.refuse("photo", error)
            return
        with self._shared.use() as localizer:
            localizer.add_places(evidence)
        self._node.health.count("places of others")

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._waiting.append(message)
        if len(self._waiting) > _MAX_WAITING:
            given_up_ns = to_stamp_ns(self._waiting.popleft().header.stamp)
            self._node.health.refuse("pose", f"no odometry of stamp {given_up_ns} ns or later came in time")
        self.catch_up()

    def _tell_pose(self, message: PoseWithCovarianceStamped) -> None:
        try:
            odometry = self._odometry.at(to_stamp_ns(message.header.stamp))
            fix = to_pose_fix(message, self._node.config.map_frame, odometry)
            with self._shared.use() as localizer:
                localizer.add_pose(fix)
        except ObservationError as error:
            self._node.health.refuse("pose", error)
            return
        self._node.health.count("poses of others")

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message.transforms)
        except ObservationError as error:
            self._node.health.refuse("tf_static", error)
