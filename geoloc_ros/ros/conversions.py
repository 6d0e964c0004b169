"""Between our values and ROS messages: stamps, poses, scans, estimates. Pure functions."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseArray,
    PoseWithCovariance,
    PoseWithCovarianceStamped,
    Quaternion,
    Transform,
    TransformStamped,
)
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from sensor_msgs.msg import NavSatFix, NavSatStatus
from std_msgs.msg import Header

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import pose2_from_quaternion, pose3_from_quaternion
from geoloc_ros.core.types import (
    Float32,
    Float64,
    Hypothesis,
    Mode,
    Observation,
    OdometryPose,
    Pose2,
    Pose3,
    PoseEstimate,
    SemanticScan,
)
from geoloc_ros.msg import LocalizationState, PlaceHypotheses, PlaceHypothesis, PoseMode, PoseModes
from geoloc_ros.msg import SemanticScan as SemanticScanMsg

PLANAR = np.array([0, 1, 5])
"""Row and column of x, y and yaw in the 6x6 covariance of a ROS pose."""
# Height and tilt are not estimated: 100 m and 180 degrees of standard deviation.
_UNKNOWN_VARIANCE = np.array([0.0, 0.0, 100.0**2, np.pi**2, np.pi**2, 0.0])


def to_stamp_ns(stamp: Time) -> int:
    """Nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def to_time(stamp_ns: int) -> Time:
    """Inverse of `to_stamp_ns`."""
    return Time(sec=stamp_ns // 1_000_000_000, nanosec=stamp_ns % 1_000_000_000)


def packed(typecode: str, values: NDArray[np.generic]) -> array.array[int] | array.array[float]:
    """What a sequence field takes without looking at every element; assigning an ndarray is 1000 times slower."""
    packed_values: array.array[int] = array.array(typecode)
    packed_values.frombytes(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return packed_values


# ---- poses


def to_pose2(pose: Pose) -> Pose2:
    """The planar part of a pose.

    Raises:
        ObservationError: If it holds a NaN or a quaternion of no length.
    """
    return pose2_from_quaternion(pose.position.x, pose.position.y, np.array(_xyzw(pose.orientation)))


def to_pose3(transform: Transform) -> Pose3:
    """`parent_from_child` of a transform.

    Raises:
        ObservationError: As `to_pose2`.
    """
    translation = np.array([transform.translation.x, transform.translation.y, transform.translation.z])
    return pose3_from_quaternion(translation, np.array(_xyzw(transform.rotation)))


def to_odometry_pose(message: Odometry) -> OdometryPose:
    """Stamp and planar pose.

    Raises:
        ObservationError: As `to_pose2`.
    """
    return OdometryPose(to_stamp_ns(message.header.stamp), to_pose2(message.pose.pose))


def to_pose_msg(pose: Pose2) -> Pose:
    """On the ground, upright."""
    return Pose(position=Point(x=pose.x_m, y=pose.y_m), orientation=_quaternion(pose.yaw_rad))


def to_transform_msg(parent_from_child: Pose2, header: Header, child_frame: str) -> TransformStamped:
    """Transform of `header.frame_id` from `child_frame`."""
    message = TransformStamped(header=header, child_frame_id=child_frame)
    message.transform.translation.x, message.transform.translation.y = parent_from_child.x_m, parent_from_child.y_m
    message.transform.rotation = _quaternion(parent_from_child.yaw_rad)
    return message


# ---- scans


def to_scan_msg(scan: SemanticScan, descriptor: Float32, encoder_id: str, header: Header) -> SemanticScanMsg:
    """Message of one scan (B,) and its descriptor (D,)."""
    return SemanticScanMsg(
        header=header,
        encoder_id=encoder_id,
        range_m=packed("f", scan.range_m.astype(np.float32, copy=False)),
        instance=packed("i", scan.instance.astype(np.int32, copy=False)),
        observed=packed("B", scan.observed),
        descriptor=packed("f", descriptor.astype(np.float32, copy=False)),
    )


def to_observation(message: SemanticScanMsg, odometry: Pose2) -> Observation:
    """A scan with the odometry of its stamp.

    Raises:
        ObservationError: If it has no descriptor or one that is not finite, or its rays do not belong together.
    """
    query = np.frombuffer(message.descriptor, np.float32)
    if not len(query) or not np.all(np.isfinite(query)):
        raise ObservationError(f"scan has a descriptor of {len(query)} values, some missing or not finite")
    scan = SemanticScan(
        np.frombuffer(message.range_m, np.float32), np.frombuffer(message.instance, np.int32),
        np.frombuffer(message.observed, np.uint8).astype(bool),
    )
    sizes = {len(scan.range_m), len(scan.instance), len(scan.observed)}
    if len(sizes) > 1:
        raise ObservationError(f"scan has range_m, instance and observed of {sorted(sizes)} rays; they must be as many")
    if np.any(np.isinf(scan.range_m) | (scan.range_m < 0.0)):
        raise ObservationError("scan has ranges that are negative or infinite; NaN is what sees no building")
    return Observation(to_stamp_ns(message.header.stamp), scan, query, odometry)


# ---- estimates


def to_pose_with_covariance(pose: Pose2, covariance: Float64, header: Header) -> PoseWithCovarianceStamped:
    """Pose of the base in the map frame, with its covariance (3, 3)."""
    return PoseWithCovarianceStamped(header=header, pose=_with_covariance(pose, covariance))


def to_covariance36(covariance: Float64) -> Float64:
    """Row-major 6x6 (36,) of a covariance (3, 3) of x, y, yaw; what is not estimated has a large variance."""
    full = np.diag(_UNKNOWN_VARIANCE)
    full[np.ix_(PLANAR, PLANAR)] = covariance
    return full.reshape(-1)


def to_odometry_msg(pose: Pose2, covariance: Float64, odometry: Odometry, header: Header) -> Odometry:
    """A pose with its covariance (3, 3) and the velocity of an odometry message of the same base."""
    message = Odometry(header=header, child_frame_id=odometry.child_frame_id, twist=odometry.twist)
    message.pose = _with_covariance(pose, covariance)
    return message


def to_fix(estimate: PoseEstimate, origin: GeoOrigin, header: Header) -> NavSatFix:
    """The estimate as latitude and longitude; the altitude is that of the map origin, with a large variance."""
    latitude_deg, longitude_deg = origin.to_geodetic(estimate.pose.as_array()[:2])
    message = NavSatFix(
        header=header, latitude=float(latitude_deg), longitude=float(longitude_deg), altitude=origin.height_m
    )
    message.status.status, message.status.service = NavSatStatus.STATUS_FIX, 0
    covariance = np.diag(_UNKNOWN_VARIANCE[:3])
    covariance[:2, :2] = estimate.covariance[:2, :2]
    message.position_covariance = covariance.reshape(-1)
    message.position_covariance_type = NavSatFix.COVARIANCE_TYPE_KNOWN
    return message


def to_state_msg(estimate: PoseEstimate, header: Header, index_id: str) -> LocalizationState:
    """Status of the estimate."""
    return LocalizationState(
        header=header, state=int(estimate.status), probability=estimate.probability, chance=estimate.chance,
        reason=estimate.reason, index_id=index_id,
    )


def to_hypotheses_msg(hypotheses: tuple[Hypothesis, ...], header: Header, index_id: str) -> PlaceHypotheses:
    """Best first."""
    return PlaceHypotheses(
        header=header, index_id=index_id, method="map",
        hypotheses=[
            PlaceHypothesis(
                pose=to_pose_msg(hypothesis.pose), viewpoint=hypothesis.viewpoint, distance=hypothesis.distance,
                probability=hypothesis.probability,
            )
            for hypothesis in hypotheses
        ],
    )


def to_pose_array(hypotheses: tuple[Hypothesis, ...], header: Header) -> PoseArray:
    """The same for RViz."""
    return PoseArray(header=header, poses=[to_pose_msg(hypothesis.pose) for hypothesis in hypotheses])


def to_modes_msg(modes: tuple[Mode, ...], header: Header, index_id: str) -> PoseModes:
    """Most probable first."""
    return PoseModes(
        header=header, index_id=index_id,
        modes=[
            PoseMode(pose=_with_covariance(mode.pose, mode.covariance), probability=mode.probability) for mode in modes
        ],
    )


def _with_covariance(pose: Pose2, covariance: Float64) -> PoseWithCovariance:
    return PoseWithCovariance(pose=to_pose_msg(pose), covariance=to_covariance36(covariance))


def _xyzw(quaternion: Quaternion) -> tuple[float, float, float, float]:
    return quaternion.x, quaternion.y, quaternion.z, quaternion.w


def _quaternion(yaw_rad: float) -> Quaternion:
    return Quaternion(z=float(np.sin(yaw_rad / 2.0)), w=float(np.cos(yaw_rad / 2.0)))
