"""What others say about where the vehicle is, told to the localizer: initial poses, satellites, a compass, photos."""

from __future__ import annotations

from collections.abc import Callable

from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Imu, NavSatFix
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.msg import PlaceHypotheses
from geoloc_ros.ros.conversions import to_stamp_ns
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


class OutsideWord:
    """Subscriptions and the service of one active localizer node."""

    def __init__(
        self, node: StagedNode[LocalizerNodeConfig], shared: SharedLocalizer, drop_pose: Callable[[], None]
    ) -> None:
        """Subscribe; `drop_pose` is called when somebody says that the vehicle is elsewhere."""
        self._node, self._shared, self._drop_pose = node, shared, drop_pose
        self._transforms = StaticTransforms()
        self.start_anew()
        node.subscribe(PoseWithCovarianceStamped, "initialpose", self._on_initial_pose, QoSProfile(depth=1))
        node.subscribe(NavSatFix, "fix", self._on_fix, qos_profile_sensor_data)
        node.subscribe(PlaceHypotheses, "photo/hypotheses", self._on_places, SCAN_QOS)
        node.service(SetInitialPose, "set_initial_pose", self._on_set_initial_pose)
        if node.config.use_imu_heading:
            node.subscribe(Imu, "imu", self._on_imu, qos_profile_sensor_data)
            node.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)

    def start_anew(self) -> None:
        """Time has gone back, or the map is another: the next position is a first one again."""
        self._has_started = False
        self._heading_ns = 0

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

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message.transforms)
        except ObservationError as error:
            self._node.health.refuse("tf_static", error)
