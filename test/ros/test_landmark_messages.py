import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import PoseWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from scipy.spatial.transform import Rotation  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.landmarks import CameraPose, Landmarks, NotFound, VotedLandmarks  # noqa: E402
from geoloc_ros.core.types import Pose2, Pose3  # noqa: E402
from geoloc_ros.landmarks.finder import Sighting  # noqa: E402
from geoloc_ros.landmarks.vehicle_pose import VehiclePose  # noqa: E402
from geoloc_ros.ros.conversions import to_odometry_msg, to_time  # noqa: E402
from geoloc_ros.ros.landmark_messages import (  # noqa: E402
    to_landmark_markers,
    to_pose_fix,
    to_refined_pose,
    to_tracked_pose,
)

HEADER = Header(stamp=to_time(7_000_000_005), frame_id="map")


def refined(frame: str = "map") -> PoseWithCovarianceStamped:
    turned = Rotation.from_euler("xyz", [0.05, -0.1, 2.0]).as_matrix()
    root = np.random.default_rng(0).normal(size=(6, 6))
    pose = VehiclePose(Pose3(turned, np.array([3.0, -4.0, 1.5])), root @ root.T)
    return to_refined_pose(pose, Header(stamp=HEADER.stamp, frame_id=frame))


def test_what_is_said_in_six_degrees_of_freedom_is_heard_on_the_ground() -> None:
    message = refined()
    assert message.pose.pose.position.z == 1.5
    fix = to_pose_fix(message, "map", Pose2(1.0, 2.0, 3.0))
    assert fix.pose.as_array() == pytest.approx([3.0, -4.0, 2.0])
    full = np.array(message.pose.covariance).reshape(6, 6)
    assert np.array_equal(full, full.T) and fix.covariance == pytest.approx(full[np.ix_([0, 1, 5], [0, 1, 5])])
    assert fix.stamp_ns == 7_000_000_005 and fix.odometry == Pose2(1.0, 2.0, 3.0)


def test_another_frame_is_refused() -> None:
    with pytest.raises(ObservationError, match="'odom'"):
        to_pose_fix(refined("odom"), "map", Pose2(0.0, 0.0, 0.0))


@pytest.mark.parametrize("covariance", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.diag([1.0, -1.0, 1.0])])
def test_a_tracker_that_does_not_say_how_sure_it_is_leads_nowhere(covariance: np.ndarray) -> None:
    message = to_odometry_msg(Pose2(1.0, 2.0, 0.5), np.eye(3), Odometry(), HEADER)
    pose, spread = to_tracked_pose(message, "map")
    assert pose.as_array() == pytest.approx([1.0, 2.0, 0.5]) and spread == pytest.approx(np.eye(3))
    with pytest.raises(ObservationError, match="covariance"):
        to_tracked_pose(to_odometry_msg(pose, covariance, Odometry(), HEADER), "map")


def test_landmarks_are_drawn_where_they_are_on_the_map_by_whether_they_agree() -> None:
    landmarks = Landmarks(np.diag([1.0, 2.0, 3.0]), np.eye(3, dtype=np.float32), 0.5)
    seen = np.array([1, 3], np.int32)
    voted = VotedLandmarks(seen, np.zeros((2, 2)), np.full(2, 9, np.int32), np.tile(np.eye(2), (2, 1, 1)))
    agreeing = CameraPose(Pose3(np.eye(3), np.zeros(3)), np.eye(6), 2, seen[1:], 0.5, -9.0)
    camera = Camera("pinhole", 8, 6, 5.0, 5.0, 4.0, 3.0)
    map_from_scene = Pose3(np.eye(3), np.array([10.0, 20.0, 30.0]))
    for answer, counts in ((agreeing, (1, 1)), (NotFound("too few", 2), (0, 2))):
        sighting = Sighting(answer, voted, np.zeros((3, 4), np.int32), camera, {})
        markers = to_landmark_markers(sighting, landmarks, map_from_scene, HEADER).markers
        assert tuple(len(marker.points) for marker in markers) == counts
    sighting = Sighting(agreeing, voted, sighting.label, camera, {})
    green = to_landmark_markers(sighting, landmarks, map_from_scene, HEADER).markers[0]
    at = green.points[0]
    assert (at.x, at.y, at.z) == (10.0, 20.0, 33.0) and green.color.g > green.color.r
