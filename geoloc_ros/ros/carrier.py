"""What goes on between frames: the pose carried by odometry, and map -> odom kept fresh."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.types import OdometryPose, Pose2, PoseEstimate
from geoloc_ros.localization.carrying import CarriedPose
from geoloc_ros.ros.conversions import to_odometry_msg, to_time, to_transform_msg
from geoloc_ros.ros.tf import TF_QOS

# map -> odom goes out again with odometry, but no more often than this.
_TF_PERIOD_NS = 50_000_000


class PoseCarrier:
    """Publishes `odometry/global` with every odometry message, and map -> odom.

    map -> odom is that of the last fix: the pose at the stamp of its image and the odometry of that stamp. It is sent
    at once, and again with the odometry that follows, so that it does not go stale where the camera pauses; always
    post-dated by the tolerance, as AMCL does. Without a fix nothing is sent: it goes stale, and who drives on it stops.
    `hold` and `drop` may be called from another thread than `carry`.
    """

    def __init__(self, make_publisher: Callable[[type[Any], str, QoSProfile], Any]) -> None:
        self._odometry = make_publisher(Odometry, "odometry/global", QoSProfile(depth=10))
        self._tf = make_publisher(TFMessage, "/tf", TF_QOS)
        self._lock = threading.Lock()
        self._carried: CarriedPose | None = None
        self._newest_ns = self._tf_ns = 0

    def hold(self, estimate: PoseEstimate, odometry: Pose2, config: LocalizerNodeConfig) -> None:
        """Carry on from a fix with the odometry of its stamp."""
        with self._lock:
            if estimate.stamp_ns > self._newest_ns:
                return  # its odometry was heard before the clock went back
            self._carried = CarriedPose(
                estimate.pose, estimate.covariance, estimate.stamp_ns, odometry, config.motion
            )
            if config.tf_broadcast:
                # Odometry may have taken the last transform beyond the stamp of this image.
                self._send_tf(self._carried, max(estimate.stamp_ns, self._newest_ns), config)

    def drop(self) -> None:
        """There is no fix any more."""
        with self._lock:
            self._carried = None

    def clear(self) -> None:
        """The same, and time starts anew."""
        with self._lock:
            self._carried = None
            self._newest_ns = self._tf_ns = 0

    def carry(self, message: Odometry, odometry: OdometryPose, config: LocalizerNodeConfig) -> None:
        """Say where the base is by now.

        Raises:
            ObservationError: If odometry has jumped, or has carried the pose so far that nobody knows where it is. It
                is dropped then.
        """
        with self._lock:
            self._newest_ns = odometry.stamp_ns
            carried = self._carried
            if carried is None:
                return
            pose, covariance = carried.to(odometry.stamp_ns, odometry.pose)
            if carried.step_m > config.localizer.max_odometry_step_m:
                self._carried = None
                raise ObservationError(f"odometry jumped by {carried.step_m:.0f} m")
            sigma_m = float(np.sqrt(np.linalg.eigvalsh(covariance[:2, :2])[-1]))
            if sigma_m > config.localizer.lost_sigma_m:
                self._carried = None
                raise ObservationError(f"no frame for so long that odometry may be off by {sigma_m:.0f} m")
            header = Header(stamp=message.header.stamp, frame_id=config.map_frame)
            self._odometry.publish(to_odometry_msg(pose, covariance, message, header))
            if config.tf_broadcast and self._tf_ns - self._tolerance_ns(config) + _TF_PERIOD_NS <= odometry.stamp_ns:
                self._send_tf(carried, odometry.stamp_ns, config)

    def _send_tf(self, carried: CarriedPose, stamp_ns: int, config: LocalizerNodeConfig) -> None:
        # tf2 ignores a stamp that it has already, and the newer transform is to count.
        self._tf_ns = max(stamp_ns + self._tolerance_ns(config), self._tf_ns + 1)
        header = Header(stamp=to_time(self._tf_ns), frame_id=config.map_frame)
        transform = to_transform_msg(carried.map_from_odom(), header, config.odom_frame)
        self._tf.publish(TFMessage(transforms=[transform]))

    @staticmethod
    def _tolerance_ns(config: LocalizerNodeConfig) -> int:
        return int(config.transform_tolerance_s * 1e9)
