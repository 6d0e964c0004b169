"""The localizer node over real DDS."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import PoseWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from nav_msgs.msg import Path as PathMsg  # noqa: E402
from sensor_msgs.msg import NavSatFix, PointCloud2  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from std_srvs.srv import Empty, Trigger  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from geoloc_ros.core.config import Config, MapConfig  # noqa: E402
from geoloc_ros.core.geometry import compose, inverse  # noqa: E402
from geoloc_ros.core.types import LocalizationStatus, Pose2, PoseEstimate  # noqa: E402
from geoloc_ros.index import index_map  # noqa: E402
from geoloc_ros.localization.place_index import PlaceIndex  # noqa: E402
from geoloc_ros.msg import MapInfo, PlaceHypotheses  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2, to_pose_with_covariance, to_stamp_ns  # noqa: E402
from geoloc_ros.ros.sensors import to_structured  # noqa: E402
from geoloc_ros.srv import LoadMap, SetInitialPose  # noqa: E402

from .vehicle import Vehicle  # noqa: E402

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def other_index(tiny_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the same town with other places."""
    path = tmp_path_factory.mktemp("other") / "other.index"
    index_map(tiny_index.with_name("tiny.osm"), path, None, Config(map=MapConfig(place_spacing_m=20.0)))
    return path


@pytest.fixture
def vehicle(world: Any, tiny_index: Path) -> Vehicle:
    return Vehicle(world, tiny_index)


def test_a_scan_with_odometry_is_answered_with_state_and_hypotheses_of_its_stamp(vehicle: Vehicle) -> None:
    hypotheses = vehicle.world.hear(PlaceHypotheses, "hypotheses")
    belief = vehicle.world.hear(PointCloud2, "similarity")
    for topic in ("hypotheses", "similarity"):
        vehicle.world.until(lambda topic=topic: vehicle.node.count_subscribers(topic))
    assert vehicle.states[-1].state == LocalizationStatus.UNINITIALIZED
    state = vehicle.send_frame(SECOND)
    assert state.state == LocalizationStatus.INITIALIZING and state.index_id == vehicle.index.index_id
    vehicle.world.until(lambda: hypotheses and belief)
    best = hypotheses[0].hypotheses[0]
    dissimilarity = vehicle.index.dissimilarities(vehicle.query(0))
    assert best.viewpoint == dissimilarity.argmin() == 0 and best.distance == pytest.approx(dissimilarity[0])
    assert to_pose2(best.pose).x_m == pytest.approx(vehicle.index.places.poses()[0, 0])
    points = to_structured(belief[0])
    assert points["viewpoint"].max() < len(vehicle.index) and 0.0 < points["intensity"].sum() <= 1.001


def test_a_scan_waits_for_its_odometry_which_is_interpolated(vehicle: Vehicle) -> None:
    vehicle.send_odometry(1 * SECOND, 0.0)
    vehicle.send_scan(1 * SECOND + SECOND // 2)
    vehicle.world.until(lambda: vehicle.node._waiting)
    vehicle.send_odometry(2 * SECOND, 10.0)
    vehicle.world.until(lambda: vehicle.node.health.counted("frames processed") == 1)
    assert vehicle.node._last_frame.observation.odometry.x_m == pytest.approx(5.0)


def test_scans_without_odometry_are_counted(vehicle: Vehicle) -> None:
    vehicle.send_odometry(100 * SECOND)
    vehicle.send_scan(50 * SECOND)
    vehicle.until_refused("scan")
    for second in range(200, 206):
        vehicle.send_scan(second * SECOND)
    vehicle.until_refused("no odometry")
    assert vehicle.worst_diagnostics().level == DiagnosticStatus.WARN
    vehicle.send_frame(206 * SECOND)


def test_stamps_that_go_back_are_counted(vehicle: Vehicle) -> None:
    vehicle.send_frame(10 * SECOND)
    vehicle.send_scan(9 * SECOND)
    vehicle.until_refused("stamp")
    vehicle.send_odometry(9 * SECOND)
    vehicle.until_refused("odometry")
    vehicle.send_frame(11 * SECOND)


def test_scans_of_another_encoder_are_refused_loudly_until_they_agree(vehicle: Vehicle) -> None:
    vehicle.send_odometry(SECOND)
    vehicle.send_scan(SECOND, encoder_id="another-1")
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNKNOWN)
    assert "another-1" in vehicle.states[-1].reason and vehicle.index.encoder_id in vehicle.states[-1].reason
    assert vehicle.index.descriptor_settings in vehicle.states[-1].reason
    assert vehicle.worst_diagnostics().level == DiagnosticStatus.ERROR
    assert vehicle.node.health.counted("frames processed") == 0
    assert vehicle.send_frame(2 * SECOND).state == LocalizationStatus.INITIALIZING
    assert vehicle.worst_diagnostics().level == DiagnosticStatus.OK


def test_a_map_server_with_another_index_is_refused_loudly_until_they_agree(vehicle: Vehicle) -> None:
    vehicle.map_info.publish(MapInfo(index_id="another map"))
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNKNOWN)
    assert "another map" in vehicle.states[-1].reason
    vehicle.send_odometry(SECOND)
    vehicle.send_scan(SECOND)
    vehicle.until_refused("mismatch")
    status = vehicle.worst_diagnostics()
    assert status.level == DiagnosticStatus.ERROR and "another map" in status.message
    vehicle.map_info.publish(MapInfo(index_id=vehicle.index.index_id))
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNINITIALIZED)
    vehicle.send_frame(2 * SECOND)


def test_loading_the_map_on_display_settles_a_disagreement(vehicle: Vehicle, other_index: Path) -> None:
    other_id = PlaceIndex.load(other_index).index_id
    vehicle.map_info.publish(MapInfo(index_id=other_id))
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNKNOWN)
    response = vehicle.world.call(LoadMap, "load_map", LoadMap.Request(path=str(other_index)))
    assert response.success and response.index_id == other_id
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNINITIALIZED)
    vehicle.world.until(lambda: not vehicle.node._mismatches)
    back = vehicle.world.call(LoadMap, "load_map", LoadMap.Request(path=str(vehicle.path)))
    assert back.success
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNKNOWN)


def test_a_fix_is_published_everywhere_with_the_transform_that_explains_it(vehicle: Vehicle) -> None:
    heard = {
        topic: vehicle.world.hear(message_type, topic)
        for topic, message_type in {
            "pose": PoseWithCovarianceStamped, "odometry/global": Odometry, "fix_global": NavSatFix, "path": PathMsg,
            "/tf": TFMessage,
        }.items()
    }
    for topic in heard:
        vehicle.world.until(lambda topic=topic: vehicle.node.count_subscribers(topic))
    pose = Pose2(30.0, 40.0, 1.0)
    fix = PoseEstimate(SECOND, pose, np.eye(3), LocalizationStatus.INITIALIZED, 0.95, "pretended", (), (), 1.0)
    _pretend(vehicle, fix)
    vehicle.send_frame(SECOND, x_m=7.0)
    vehicle.send_odometry(2 * SECOND, x_m=8.0)
    vehicle.world.until(lambda: all(heard.values()))
    assert to_pose2(heard["pose"][0].pose.pose) == Pose2(30.0, 40.0, pytest.approx(1.0))
    assert heard["pose"][0].header.frame_id == "map" and to_stamp_ns(heard["pose"][0].header.stamp) == SECOND
    odometry = heard["odometry/global"][0]
    assert to_stamp_ns(odometry.header.stamp) == 2 * SECOND
    assert to_pose2(odometry.pose.pose).x_m == pytest.approx(30.0 + np.cos(1.0))
    assert odometry.child_frame_id == "base_link" and odometry.twist.twist.linear.x == 3.0
    transform = heard["/tf"][0].transforms[0]
    assert (transform.header.frame_id, transform.child_frame_id) == ("map", "odom")
    assert to_stamp_ns(transform.header.stamp) == SECOND + SECOND  # post-dated by the tolerance
    expected = compose(pose, inverse(Pose2(7.0, 0.0, 0.0)))
    assert transform.transform.translation.x == pytest.approx(expected.x_m)
    assert transform.transform.translation.y == pytest.approx(expected.y_m)
    latitude_deg, _ = vehicle.index.geomap.origin.to_geodetic(np.array([30.0, 40.0]))
    assert heard["fix_global"][0].latitude == pytest.approx(float(latitude_deg))


def test_without_a_fix_there_is_no_pose_and_no_transform(vehicle: Vehicle) -> None:
    poses, transforms = (vehicle.world.hear(t, n) for t, n in ((PoseWithCovarianceStamped, "pose"), (TFMessage, "/tf")))
    vehicle.world.until(lambda: vehicle.node.count_subscribers("pose") and vehicle.node.count_subscribers("/tf"))
    origin = Pose2(0.0, 0.0, 0.0)
    _pretend(vehicle, PoseEstimate(SECOND, origin, np.eye(3), LocalizationStatus.LOST, 0.1, "lost", (), (), 1.0))
    assert vehicle.send_frame(SECOND).state == LocalizationStatus.LOST
    assert not poses and not transforms


def test_services_have_their_usual_names_and_answer(vehicle: Vehicle, tmp_path: Path) -> None:
    call = vehicle.world.call
    assert not call(Trigger, "trigger_localization", Trigger.Request()).success
    vehicle.send_frame(SECOND)
    call(Empty, "reinitialize_global_localization", Empty.Request())
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.UNINITIALIZED)
    assert call(Trigger, "trigger_localization", Trigger.Request()).success
    vehicle.world.until(lambda: vehicle.states[-1].state == LocalizationStatus.INITIALIZING)
    refused = call(LoadMap, "load_map", LoadMap.Request(path=str(tmp_path / "nothing")))
    assert not refused.success and "geoloc index" in refused.message
    vehicle.send_frame(2 * SECOND)


def test_an_initial_pose_is_taken_in_the_map_frame_only(vehicle: Vehicle) -> None:
    x_m, y_m, yaw_rad = vehicle.index.places.poses()[5]
    pose = to_pose_with_covariance(Pose2(x_m, y_m, yaw_rad), np.eye(3), Header(frame_id="odom"))
    request = SetInitialPose.Request(pose=pose)
    refused = vehicle.world.call(SetInitialPose, "set_initial_pose", request)
    assert not refused.success and "'odom'" in refused.message
    request.pose.header.frame_id = "map"
    assert vehicle.world.call(SetInitialPose, "set_initial_pose", request).success
    assert int(np.argmax(vehicle.localizer.belief)) == 5


def test_a_source_that_starts_again_is_followed(vehicle: Vehicle) -> None:
    vehicle.send_frame(1000 * SECOND)
    for step in range(1, 6):
        vehicle.send_scan(step * SECOND)
    vehicle.world.until(lambda: "time went back" in [state.reason for state in vehicle.states])
    vehicle.send_odometry(7 * SECOND)
    vehicle.send_scan(7 * SECOND)
    vehicle.world.until(lambda: vehicle.node.health.counted("frames processed") == 2)


def _pretend(vehicle: Vehicle, estimate: PoseEstimate) -> None:
    """Let the localizer say what the test wants to see published."""
    vehicle.localizer.update = lambda *arguments: estimate


def test_the_way_to_the_first_frame_does_not_come_after_it(vehicle: Vehicle) -> None:
    for second in range(1, 6):
        vehicle.send_odometry(second * SECOND, 20.0 * second)
    vehicle.send_frame(6 * SECOND, 120.0)
    assert "stamps went back" not in vehicle.send_frame(7 * SECOND, 121.0).reason
