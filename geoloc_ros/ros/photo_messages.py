"""What recognition of photos says, as messages. Pure."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion
from std_msgs.msg import Header

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Pose2
from geoloc_ros.msg import MapInfo, PlaceHypotheses, PlaceHypothesis
from geoloc_ros.ros.conversions import to_pose_msg
from geoloc_ros.vpr.recognizer import Recognition

METHOD = "photo"


def to_photo_hypotheses(seen: Recognition, header: Header, index_id: str) -> PlaceHypotheses:
    """Places of an image, best first; the more alike, the smaller the distance.

    Args:
        seen: In the frame of the header.
        header: Stamp of the image, frame of the map.
        index_id: Of that map.
    """
    rows = zip(seen.position_m, seen.yaw_rad, seen.row, seen.likeness, seen.probability, strict=True)
    return PlaceHypotheses(
        header=header, index_id=index_id, method=METHOD,
        hypotheses=[
            PlaceHypothesis(
                pose=_pose(float(x_m), float(y_m), float(yaw_rad)), viewpoint=int(row), distance=-float(likeness),
                probability=float(probability),
            )
            for (x_m, y_m), yaw_rad, row, likeness, probability in rows
        ],
    )


def to_origin(message: MapInfo) -> GeoOrigin:
    """Where the map frame touches the earth."""
    return GeoOrigin(message.origin_latitude_deg, message.origin_longitude_deg, message.origin_height_m)


def _pose(x_m: float, y_m: float, yaw_rad: float) -> Pose:
    if np.isfinite(yaw_rad):
        return to_pose_msg(Pose2(x_m, y_m, yaw_rad))
    return Pose(position=Point(x=x_m, y=y_m), orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=0.0))
