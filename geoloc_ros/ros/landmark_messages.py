"""Poses in six degrees of freedom, and landmarks that were found, as ROS messages. Pure functions."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseWithCovariance, PoseWithCovarianceStamped, Quaternion, Vector3
from nav_msgs.msg import Odometry
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import quaternion_from_rotation
from geoloc_ros.core.landmarks import CameraPose, Landmarks
from geoloc_ros.core.types import Float64, Pose2, Pose3, PoseFix
from geoloc_ros.landmarks.finder import Sighting
from geoloc_ros.landmarks.vehicle_pose import VehiclePose
from geoloc_ros.ros.conversions import PLANAR, to_pose2, to_stamp_ns

_AGREES, _DISAGREES = ColorRGBA(r=0.1, g=0.8, b=0.2, a=0.9), ColorRGBA(r=0.9, g=0.15, b=0.1, a=0.9)
# Across, of the patch that a landmark is the middle of.
_BALL_SHARE = 0.4


def to_refined_pose(pose: VehiclePose, header: Header) -> PoseWithCovarianceStamped:
    """Pose of the base in the map frame, with the covariance of all six."""
    message = PoseWithCovariance(pose=_to_pose(pose.map_from_base), covariance=pose.covariance.reshape(-1))
    return PoseWithCovarianceStamped(header=header, pose=message)


def to_pose_fix(message: PoseWithCovarianceStamped, map_frame: str, odometry: Pose2) -> PoseFix:
    """What it says of the ground plane.

    Args:
        message: Pose of the base.
        map_frame: In which it has to be.
        odometry: Of the base at its stamp.

    Raises:
        ObservationError: If it is in another frame or holds NaNs.
    """
    pose, covariance = _planar(message.header, message.pose, map_frame)
    return PoseFix(to_stamp_ns(message.header.stamp), pose, covariance, odometry)


def to_tracked_pose(message: Odometry, map_frame: str) -> tuple[Pose2, Float64]:
    """Where a tracker believes the base to be, and the covariance (3, 3) of that.

    Raises:
        ObservationError: As `to_pose_fix`; or if the covariance is none, or says that nothing varies.
    """
    pose, covariance = _planar(message.header, message.pose, map_frame)
    if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance)[0] <= 0.0:
        raise ObservationError(f"a pose in '{map_frame}' has a covariance that is none: {covariance.tolist()}")
    return pose, covariance


def to_landmark_markers(
    sighting: Sighting, landmarks: Landmarks, map_from_scene: Pose3, header: Header
) -> MarkerArray:
    """Landmarks that were voted for, in the map frame: green those that agree with the pose, red the others."""
    agreeing = sighting.answer.inliers if isinstance(sighting.answer, CameraPose) else np.zeros(0, np.int32)
    voted = sighting.voted.landmark
    is_agreeing = np.isin(voted, agreeing)
    points_m = map_from_scene.apply(landmarks.position_m[voted - 1])
    size_m = _BALL_SHARE * landmarks.patch_m
    return MarkerArray(markers=[
        _balls("agree", points_m[is_agreeing], size_m, _AGREES, header),
        _balls("do not agree", points_m[~is_agreeing], size_m, _DISAGREES, header),
    ])  # fmt: skip


def _balls(name: str, points_m: Float64, size_m: float, color: ColorRGBA, header: Header) -> Marker:
    marker = Marker(header=header, ns=name, type=Marker.SPHERE_LIST, action=Marker.ADD, color=color)
    marker.pose.orientation.w, marker.scale = 1.0, Vector3(x=size_m, y=size_m, z=size_m)
    marker.points = [Point(x=x, y=y, z=z) for x, y, z in points_m.tolist()]
    return marker


def _planar(header: Header, pose: PoseWithCovariance, map_frame: str) -> tuple[Pose2, Float64]:
    if header.frame_id.lstrip("/") != map_frame:
        raise ObservationError(f"a pose is in frame '{header.frame_id}'; give it in '{map_frame}'")
    covariance = np.array(pose.covariance).reshape(6, 6)[np.ix_(PLANAR, PLANAR)]
    return to_pose2(pose.pose), covariance


def _to_pose(map_from_base: Pose3) -> Pose:
    x, y, z, w = map(float, quaternion_from_rotation(map_from_base.rotation))
    at_x, at_y, at_z = map(float, map_from_base.translation_m)
    return Pose(position=Point(x=at_x, y=at_y, z=at_z), orientation=Quaternion(x=x, y=y, z=z, w=w))
