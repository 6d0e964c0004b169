"""What others say about where the vehicle is."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import Quaternion  # noqa: E402
from sensor_msgs.msg import Imu, NavSatFix  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.geodesy import GeoOrigin  # noqa: E402
from geoloc_ros.core.geometry import rotation_from_rpy  # noqa: E402
from geoloc_ros.core.types import Pose2, Pose3  # noqa: E402
from geoloc_ros.localization.place_index import PlaceIndex  # noqa: E402
from geoloc_ros.maps.geomap import GeoMap  # noqa: E402
from geoloc_ros.maps.places import build_places  # noqa: E402
from geoloc_ros.msg import PlaceHypotheses, PlaceHypothesis  # noqa: E402
from geoloc_ros.ros.conversions import to_pose_with_covariance  # noqa: E402
from geoloc_ros.ros.priors import (  # noqa: E402
    to_heading_fix,
    to_initial_pose,
    to_place_evidence,
    to_position_fix,
)

ORIGIN = GeoOrigin(35.0, 135.7)
COVARIANCE = np.array([[4.0, 0.0, 0.1], [0.0, 9.0, 0.0], [0.1, 0.0, 0.5]])


def gps(covariance: np.ndarray | None = None) -> NavSatFix:
    """A receiver at the origin of the map."""
    message = NavSatFix(latitude=35.0, longitude=135.7)
    message.status.status = 0
    if covariance is not None:
        message.position_covariance_type = NavSatFix.COVARIANCE_TYPE_KNOWN
        message.position_covariance = covariance.reshape(-1)
    return message


def imu(yaw_rad: float, variance_rad2: float = 0.0) -> Imu:
    message = Imu(header=Header(frame_id="imu"))
    message.orientation = Quaternion(z=np.sin(yaw_rad / 2.0), w=np.cos(yaw_rad / 2.0))
    message.orientation_covariance[8] = variance_rad2
    return message


def mount(yaw_rad: float) -> Pose3:
    return Pose3(rotation_from_rpy(0.0, 0.0, yaw_rad), np.zeros(3))


def test_an_initial_pose_keeps_its_planar_part(square_room: GeoMap) -> None:
    message = to_pose_with_covariance(Pose2(1.0, 2.0, 0.5), COVARIANCE, Header(frame_id="map"))
    pose, covariance = to_initial_pose(message, "map", square_room)
    np.testing.assert_array_equal(covariance, COVARIANCE)
    assert pose == Pose2(1.0, 2.0, pytest.approx(0.5))


def test_an_initial_pose_without_a_covariance_is_as_exact_as_it_says(square_room: GeoMap) -> None:
    message = to_pose_with_covariance(Pose2(1.0, 2.0, 0.5), np.zeros((3, 3)), Header(frame_id="map"))
    np.testing.assert_array_equal(to_initial_pose(message, "map", square_room)[1], 0.0)


@pytest.mark.parametrize(("frame", "pose", "covariance", "why"), [
    ("odom", Pose2(1.0, 2.0, 0.5), COVARIANCE, "odom"),
    ("map", Pose2(1.0, 2.0, 0.5), -COVARIANCE, "covariance that is none"),
    ("map", Pose2(1.0, 2.0, 0.5), np.array([[1.0, 9.0, 0.0], [9.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), "covariance that"),
    ("map", Pose2(1.0, 2.0, 0.5), np.full((3, 3), np.nan), "covariance that is none"),
    ("map", Pose2(70_000.0, 0.0, 0.0), COVARIANCE, "outside of the map"),
])
def test_an_initial_pose_that_cannot_be_is_refused(
    square_room: GeoMap, frame: str, pose: Pose2, covariance: np.ndarray, why: str
) -> None:
    message = to_pose_with_covariance(pose, covariance, Header(frame_id=frame))
    with pytest.raises(ObservationError, match=why):
        to_initial_pose(message, "map", square_room)


def test_a_gps_fix_has_its_own_covariance_but_is_not_believed_to_the_centimetre() -> None:
    fix = to_position_fix(gps(np.diag([25.0, 1e-4, 100.0])), ORIGIN)
    assert fix.position_m == pytest.approx([0.0, 0.0], abs=1e-6)
    np.testing.assert_allclose(np.diag(fix.covariance_m2), [34.0, 9.0001])


def test_a_gps_that_does_not_say_how_good_it_is_counts_as_poor() -> None:
    np.testing.assert_array_equal(to_position_fix(gps(), ORIGIN).covariance_m2, np.eye(2) * 900.0)


@pytest.mark.parametrize("covariance", [np.diag([np.nan, 1.0, 1.0]), np.diag([-100.0, 1.0, 1.0])])
def test_a_covariance_that_is_none_is_refused(covariance: np.ndarray) -> None:
    with pytest.raises(ObservationError, match="covariance"):
        to_position_fix(gps(covariance), ORIGIN)


def test_a_receiver_without_a_fix_is_refused() -> None:
    message = gps()
    message.status.status = -1
    with pytest.raises(ObservationError, match="not a position"):
        to_position_fix(message, ORIGIN)


def test_an_imu_mounted_to_the_left_that_looks_north_is_on_a_vehicle_that_looks_east() -> None:
    heading = to_heading_fix(imu(np.pi / 2.0, 0.01), mount(np.pi / 2.0))
    assert heading.yaw_rad == pytest.approx(0.0) and heading.sigma_rad == pytest.approx(0.1)


def test_a_compass_is_not_believed_to_the_second_of_arc_and_one_that_says_nothing_is_poor() -> None:
    assert to_heading_fix(imu(0.0, 1e-12), mount(0.0)).sigma_rad == pytest.approx(0.03)
    assert to_heading_fix(imu(0.0), mount(0.0)).sigma_rad == pytest.approx(0.2)


def test_an_imu_without_orientation_is_refused() -> None:
    message = imu(0.0)
    message.orientation_covariance[0] = -1.0
    with pytest.raises(ObservationError, match="use_imu_heading"):
        to_heading_fix(message, mount(0.0))


@pytest.fixture
def room_index(square_room: GeoMap) -> PlaceIndex:
    places = build_places(square_room.roads, 10.0)
    descriptors = np.zeros((len(places.viewpoint_place), 3), np.float16)
    return PlaceIndex(descriptors, "none", places, square_room, "index", {})


def photos(*hypotheses: PlaceHypothesis, **fields: str) -> PlaceHypotheses:
    message = PlaceHypotheses(header=Header(frame_id="map"), method="photo", hypotheses=hypotheses)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def place(x_m: float, probability: float, quaternion: Quaternion | None = None) -> PlaceHypothesis:
    hypothesis = PlaceHypothesis(probability=probability)
    hypothesis.pose.position.x = x_m
    if quaternion is not None:
        hypothesis.pose.orientation = quaternion
    return hypothesis


def test_hypotheses_become_evidence_of_those_that_have_a_probability(room_index: PlaceIndex) -> None:
    nowhere = Quaternion(x=0.0, y=0.0, z=0.0, w=0.0)
    message = photos(place(1.0, 1e-2), place(2.0, 1e-1, nowhere), place(3.0, 0.0), index_id="")
    evidence = to_place_evidence(message, "map", room_index)
    assert evidence.log_ratio[1] - evidence.log_ratio[0] == pytest.approx(np.log(10.0))
    np.testing.assert_array_equal(evidence.position_m, [[1.0, 0.0], [2.0, 0.0]])
    assert evidence.yaw_rad[0] == 0.0 and np.isnan(evidence.yaw_rad[1])


@pytest.mark.parametrize("spoilt", [
    photos(place(1.0, 0.5), method="map"), photos(place(1.0, 0.5), index_id="another"), photos(),
    photos(place(float("nan"), 0.5)), photos(place(1.0, 1.5)),
])
def test_hypotheses_that_are_our_own_of_another_map_or_none_are_refused(
    spoilt: PlaceHypotheses, room_index: PlaceIndex
) -> None:
    with pytest.raises(ObservationError, match="hypotheses"):
        to_place_evidence(spoilt, "map", room_index)
