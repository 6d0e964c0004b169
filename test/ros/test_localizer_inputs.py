"""What the localizer node listens to beside scans and odometry, and what of it changes while it runs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import PoseWithCovarianceStamped, Quaternion, TwistWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import Imu, NavSatFix  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402
from visualization_msgs.msg import MarkerArray  # noqa: E402

from geoloc_ros.core.types import HeadingFix, LocalizationStatus, PlaceEvidence, Pose2, PositionFix  # noqa: E402
from geoloc_ros.localization.evidence import place_evidence  # noqa: E402
from geoloc_ros.msg import PlaceHypotheses, PlaceHypothesis, PoseModes  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2, to_pose_with_covariance, to_time, to_transform_msg  # noqa: E402
from geoloc_ros.ros.speaker import FIX_STATES  # noqa: E402
from geoloc_ros.ros.tf import TF_STATIC_QOS  # noqa: E402

from .vehicle import Vehicle  # noqa: E402

SECOND = 1_000_000_000


def publisher_to(vehicle: Vehicle, message_type: type[Any], topic: str, qos: Any = 10) -> Any:
    """Of the world, once the node and it have found each other."""
    publisher = vehicle.world.node.create_publisher(message_type, topic, qos)
    vehicle.world.until(lambda: publisher.get_subscription_count() > 0)
    vehicle.world.until(lambda: vehicle.node.count_publishers(topic) > 0)
    return publisher


def told(vehicle: Vehicle, method: str) -> list[Any]:
    """What the localizer is told by a method that adds something, from now on."""
    heard: list[Any] = []
    setattr(vehicle.localizer, method, heard.append)
    return heard


def set_parameter(vehicle: Vehicle, name: str, value: Any) -> bool:
    (result,) = vehicle.node.set_parameters([Parameter(name, value=value)])
    return bool(result.successful)


def test_gps_can_be_switched_on_and_off_while_driving(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    positions = told(vehicle, "add_position")
    gps = publisher_to(vehicle, NavSatFix, "fix")
    latitude_deg, longitude_deg = vehicle.index.geomap.origin.to_geodetic(np.array([10.0, 20.0]))
    message = NavSatFix(latitude=float(latitude_deg), longitude=float(longitude_deg))
    message.header.stamp = to_time(SECOND)
    gps.publish(message)
    assert set_parameter(vehicle, "fix", "always")
    world.until(lambda: gps.publish(message) or positions)
    assert isinstance(positions[0], PositionFix) and positions[0].position_m == pytest.approx([10.0, 20.0], abs=1e-3)
    assert not set_parameter(vehicle, "fix", "sometimes")
    assert set_parameter(vehicle, "fix", "ignore")
    heard = len(positions)
    for _ in range(5):
        gps.publish(message)
    vehicle.send_frame(SECOND)
    assert len(positions) <= heard + 1  # one may have been on its way


def test_the_first_fix_is_a_hint_where_to_begin_and_the_others_are_not_heard(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index, fix="start")
    positions = told(vehicle, "add_position")
    gps = publisher_to(vehicle, NavSatFix, "fix")
    origin = vehicle.index.geomap.origin
    message = NavSatFix(latitude=origin.latitude_deg, longitude=origin.longitude_deg)
    for _ in range(3):
        gps.publish(message)
    world.until(lambda: positions)
    vehicle.send_frame(SECOND)
    assert len(positions) == 1


def test_a_compass_is_heard_twice_a_second_by_its_mount(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index, use_imu_heading=True)
    headings = told(vehicle, "add_heading")
    mounts = publisher_to(vehicle, TFMessage, "/tf_static", TF_STATIC_QOS)
    imu = publisher_to(vehicle, Imu, "imu")
    mounts.publish(TFMessage(transforms=[
        to_transform_msg(Pose2(1.0, 0.0, np.pi / 2.0), Header(frame_id="base_link"), "imu")
    ]))

    def say(stamp_ns: int) -> None:
        message = Imu(header=Header(stamp=to_time(stamp_ns), frame_id="imu"))
        message.orientation = Quaternion(z=np.sin(np.pi / 4.0), w=np.cos(np.pi / 4.0))
        imu.publish(message)

    world.until(lambda: say(SECOND) or headings)
    for tenth in range(1, 6):
        say(SECOND + tenth * SECOND // 10)
    world.until(lambda: len(headings) == 2)
    assert [heading.stamp_ns for heading in headings] == [SECOND, SECOND + SECOND // 2]
    assert isinstance(headings[0], HeadingFix) and headings[0].yaw_rad == pytest.approx(0.0)


def test_places_that_another_method_recognizes_are_passed_on_and_our_own_are_not(
    world: Any, tiny_index: Path
) -> None:
    vehicle = Vehicle(world, tiny_index)
    places = told(vehicle, "add_places")
    photos = publisher_to(vehicle, PlaceHypotheses, "photo/hypotheses")
    message = PlaceHypotheses(header=Header(frame_id="map"), method="map")
    message.hypotheses = [PlaceHypothesis(probability=0.5)]
    photos.publish(message)
    vehicle.until_refused("photo")
    message.method = "photo"
    photos.publish(message)
    world.until(lambda: places)
    assert isinstance(places[0], PlaceEvidence)
    expected = place_evidence(0, np.zeros((1, 2)), np.full(1, np.nan), np.array([0.5]), 10.0, vehicle.index)
    assert places[0].log_ratio == pytest.approx(expected.log_ratio)


def test_thresholds_change_while_the_fix_is_kept_and_the_camera_does_not_turn(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    start = Pose2(*vehicle.index.places.poses()[0])
    initial = publisher_to(vehicle, PoseWithCovarianceStamped, "initialpose", 1)
    initial.publish(to_pose_with_covariance(start, 0.1 * np.eye(3), Header(frame_id="map")))
    world.until(lambda: vehicle.node.health.counted("initial poses"))
    before = vehicle.send_frame(SECOND)
    assert before.state in FIX_STATES
    assert set_parameter(vehicle, "localizer.fix_probability", 0.97)
    assert not set_parameter(vehicle, "localizer.fix_probability", 1.5)
    assert not set_parameter(vehicle, "localizer.camera_yaw", "unknown")
    assert not set_parameter(vehicle, "tracker.cell_length_m", 3.0)
    after = vehicle.send_frame(2 * SECOND)
    assert after.state in FIX_STATES and after.probability == pytest.approx(before.probability, abs=0.05)
    assert vehicle.values["state"] in {state.name for state in FIX_STATES}
    assert {"chance of a look-alike", "modes", "reason"} <= set(vehicle.values)


def test_who_is_said_to_be_elsewhere_is_carried_no_further(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    carried = world.hear(Odometry, "odometry/global", 100)
    world.until(lambda: vehicle.node.count_subscribers("odometry/global"))
    initial = publisher_to(vehicle, PoseWithCovarianceStamped, "initialpose", 1)
    here, there = (Pose2(*vehicle.index.places.poses()[row]) for row in (0, 40))
    initial.publish(to_pose_with_covariance(here, 0.1 * np.eye(3), Header(frame_id="map")))
    world.until(lambda: vehicle.node.health.counted("initial poses") == 1)
    vehicle.send_frame(SECOND)
    world.until(lambda: vehicle.node.health.counted("frames processed") == 1)
    vehicle.send_odometry(2 * SECOND)
    world.until(lambda: carried)
    initial.publish(to_pose_with_covariance(there, 0.1 * np.eye(3), Header(frame_id="map")))
    world.until(lambda: vehicle.node.health.counted("initial poses") == 2)
    said = len(carried)
    vehicle.send_odometry(3 * SECOND)
    world.until(lambda: vehicle.node._odometry.reaches(3 * SECOND))
    vehicle.send_frame(4 * SECOND)
    assert len(carried) == said


def test_a_camera_that_stays_silent_for_too_long_loses_the_fix(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    initial = publisher_to(vehicle, PoseWithCovarianceStamped, "initialpose", 1)
    here = Pose2(*vehicle.index.places.poses()[0])
    initial.publish(to_pose_with_covariance(here, 0.1 * np.eye(3), Header(frame_id="map")))
    world.until(lambda: vehicle.node.health.counted("initial poses"))
    assert vehicle.send_frame(SECOND).state in FIX_STATES
    for second in range(2, 300):
        vehicle.send_odometry(second * SECOND, 20.0 * second)
        world.until(lambda second=second: vehicle.node._odometry.reaches(second * SECOND))
        if vehicle.states[-1].state == LocalizationStatus.LOST:
            break
    assert vehicle.states[-1].state == LocalizationStatus.LOST and "no frame for so long" in vehicle.states[-1].reason
    assert vehicle.states[-1].chance == 1.0


def test_velocities_serve_where_there_is_no_odometry(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index, odometry_source="twist")
    carried = world.hear(Odometry, "odometry/global", 100)
    world.until(lambda: vehicle.node.count_subscribers("odometry/global"))
    initial = publisher_to(vehicle, PoseWithCovarianceStamped, "initialpose", 1)
    twist = publisher_to(vehicle, TwistWithCovarianceStamped, "twist")
    start = Pose2(*vehicle.index.places.poses()[0])
    initial.publish(to_pose_with_covariance(start, 0.1 * np.eye(3), Header(frame_id="map")))
    world.until(lambda: vehicle.node.health.counted("initial poses"))
    for second in (1, 2):
        message = TwistWithCovarianceStamped(header=Header(stamp=to_time(second * SECOND), frame_id="base_link"))
        message.twist.twist.linear.x = 2.0
        twist.publish(message)
        if second == 1:
            vehicle.send_scan(SECOND)
            world.until(lambda: vehicle.node.health.counted("frames processed"))
    world.until(lambda: carried)
    pose = to_pose2(carried[-1].pose.pose)
    assert np.hypot(pose.x_m - start.x_m, pose.y_m - start.y_m) == pytest.approx(2.0, abs=1.5)
    assert carried[-1].child_frame_id == "base_link"


def test_modes_are_said_and_drawn(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    modes, markers = world.hear(PoseModes, "modes"), world.hear(MarkerArray, "modes/markers")
    for topic in ("modes", "modes/markers"):
        world.until(lambda topic=topic: vehicle.node.count_subscribers(topic))
    vehicle.send_frame(SECOND)
    world.until(lambda: modes and markers)
    probabilities = [mode.probability for mode in modes[0].modes]
    assert probabilities and probabilities == sorted(probabilities, reverse=True) and sum(probabilities) <= 1.001
    assert len(markers[0].markers) == 1 + 2 * len(probabilities)
