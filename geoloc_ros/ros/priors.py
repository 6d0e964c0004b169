"""What others say about where the vehicle is: conversions of satellite, compass and initial pose messages. Pure."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import Imu, NavSatFix, NavSatStatus

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_quaternion
from geoloc_ros.core.satellites import satellite_position
from geoloc_ros.core.types import Float64, HeadingFix, PlaceEvidence, Pose2, Pose3, PositionFix
from geoloc_ros.localization.evidence import place_evidence
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.msg import PlaceHypotheses, PlaceHypothesis
from geoloc_ros.ros.conversions import PLANAR, to_pose2, to_stamp_ns

# A compass that does not say how good it is, on a vehicle of iron.
_POOR_HEADING_RAD = 0.2
_BEST_HEADING_RAD = 0.03
# Who recognizes a place knows it to about the spacing of places.
_PLACE_SIGMA_M = 10.0
_ROUNDING = 1e-9


def to_initial_pose(message: PoseWithCovarianceStamped, map_frame: str, geomap: GeoMap) -> tuple[Pose2, Float64]:
    """Pose and covariance (3, 3) that somebody claims, in the map frame.

    Raises:
        ObservationError: If it is given in another frame or lies outside of the map, holds NaNs, or its covariance is
            not one.
    """
    if message.header.frame_id.lstrip("/") != map_frame:
        raise ObservationError(f"initial pose is in frame '{message.header.frame_id}'; give it in '{map_frame}'")
    covariance = np.array(message.pose.covariance).reshape(6, 6)[np.ix_(PLANAR, PLANAR)]
    # Variances of nought are what tools send that do not know better.
    if not np.all(np.isfinite(covariance)) or np.linalg.eigvalsh(covariance)[0] < -_ROUNDING * np.abs(covariance).max():
        raise ObservationError(f"initial pose has a covariance that is none: {covariance.tolist()}")
    pose = to_pose2(message.pose.pose)
    west_m, south_m, east_m, north_m = geomap.bounds_m
    if not (west_m <= pose.x_m <= east_m and south_m <= pose.y_m <= north_m):
        raise ObservationError(
            f"initial pose ({pose.x_m:.0f}, {pose.y_m:.0f}) m lies outside of the map, which reaches from "
            f"({west_m:.0f}, {south_m:.0f}) to ({east_m:.0f}, {north_m:.0f}) m"
        )
    return pose, covariance


def to_position_fix(message: NavSatFix, origin: GeoOrigin) -> PositionFix:
    """Position of a GPS fix on the map; its covariance is not believed to be better than 3 m.

    Raises:
        ObservationError: If it says itself that it is none, or holds NaNs.
    """
    covariance = None
    if message.position_covariance_type != NavSatFix.COVARIANCE_TYPE_UNKNOWN:
        covariance = np.array(message.position_covariance).reshape(3, 3)[:2, :2]
    return satellite_position(
        to_stamp_ns(message.header.stamp), np.array([message.latitude, message.longitude]),
        message.status.status != NavSatStatus.STATUS_NO_FIX, covariance, origin,
    )


def to_heading_fix(message: Imu, base_from_imu: Pose3) -> HeadingFix:
    """Heading of the base by an IMU's orientation, which REP-103 wants to be 0 towards the east.

    Raises:
        ObservationError: If it tells no orientation, or one that is none.
    """
    quaternion = message.orientation
    xyzw = np.array([quaternion.x, quaternion.y, quaternion.z, quaternion.w])
    if message.orientation_covariance[0] < 0.0 or not np.any(xyzw) or not np.all(np.isfinite(xyzw)):
        raise ObservationError(f"the IMU tells no orientation ({xyzw}); set use_imu_heading to false")
    map_from_base = rotation_from_quaternion(xyzw) @ base_from_imu.rotation.T
    variance_rad2 = message.orientation_covariance[8]
    sigma_rad = float(np.sqrt(variance_rad2)) if variance_rad2 > 0.0 else _POOR_HEADING_RAD
    return HeadingFix(
        to_stamp_ns(message.header.stamp), float(np.arctan2(map_from_base[1, 0], map_from_base[0, 0])),
        max(sigma_rad, _BEST_HEADING_RAD),
    )


def to_place_evidence(message: PlaceHypotheses, map_frame: str, index: PlaceIndex) -> PlaceEvidence:
    """What another method believes of one frame, as the places of the index hear it.

    Raises:
        ObservationError: If it is our own, of another map or frame, or holds no probability.
    """
    if message.method in ("", "map"):
        raise ObservationError(f"hypotheses of method '{message.method}' are our own; name the method that made them")
    if message.header.frame_id.lstrip("/") != map_frame or message.index_id not in ("", index.index_id):
        raise ObservationError(
            f"hypotheses of '{message.method}' are in frame '{message.header.frame_id}' of index '{message.index_id}'; "
            f"give them in '{map_frame}' of '{index.index_id}'"
        )
    likely = [hypothesis for hypothesis in message.hypotheses if hypothesis.probability > 0.0]
    position_m = np.array([[one.pose.position.x, one.pose.position.y] for one in likely]).reshape(-1, 2)
    probability = np.array([one.probability for one in likely])
    if not len(likely) or not np.all(np.isfinite(position_m)) or np.any(probability > 1.0):
        raise ObservationError(f"hypotheses of '{message.method}' hold no places with a probability of 0 to 1")
    yaw_rad = np.array([_heading(one) for one in likely])
    return place_evidence(
        to_stamp_ns(message.header.stamp), position_m, yaw_rad, probability, _PLACE_SIGMA_M, index
    )


def _heading(hypothesis: PlaceHypothesis) -> float:
    """Of the base; NaN where nobody says."""
    quaternion = hypothesis.pose.orientation
    if not any((quaternion.x, quaternion.y, quaternion.z, quaternion.w)):
        return float("nan")
    return to_pose2(hypothesis.pose).yaw_rad
