"""Values to messages and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import Quaternion, Transform  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.serialization import deserialize_message, serialize_message  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.geodesy import GeoOrigin  # noqa: E402
from geoloc_ros.core.types import LocalizationStatus, Mode, Pose2, PoseEstimate, SemanticScan  # noqa: E402
from geoloc_ros.msg import SemanticScan as SemanticScanMsg  # noqa: E402
from geoloc_ros.ros import conversions as convert  # noqa: E402

COVARIANCE = np.array([[4.0, 1.0, 0.1], [1.0, 9.0, 0.2], [0.1, 0.2, 0.5]])


HERE = Pose2(1.0, 2.0, 0.5)


def estimate(pose: Pose2 = HERE) -> PoseEstimate:
    return PoseEstimate(5, pose, COVARIANCE, LocalizationStatus.INITIALIZED, 0.9, "here", (), (), 1.0)


@given(stamp_ns=st.integers(0, 2**31 * 10**9 - 1))
def test_stamps_survive(stamp_ns: int) -> None:
    assert convert.to_stamp_ns(convert.to_time(stamp_ns)) == stamp_ns


@given(yaw_rad=st.floats(-np.pi, np.pi), x_m=st.floats(-1e6, 1e6))
def test_poses_survive(yaw_rad: float, x_m: float) -> None:
    pose = convert.to_pose2(convert.to_pose_msg(Pose2(x_m, 3.0, yaw_rad)))
    assert (pose.x_m, pose.y_m) == (x_m, 3.0)
    assert np.exp(1j * pose.yaw_rad) == pytest.approx(np.exp(1j * yaw_rad))


def test_a_pose_without_rotation_or_with_a_nan_is_refused() -> None:
    message = convert.to_pose_msg(Pose2(1.0, 2.0, 0.0))
    message.orientation = Quaternion(x=0.0, y=0.0, z=0.0, w=0.0)
    with pytest.raises(ObservationError):
        convert.to_pose2(message)
    odometry = Odometry()
    odometry.pose.pose.position.x = float("nan")
    with pytest.raises(ObservationError):
        convert.to_odometry_pose(odometry)
    transform = Transform()
    transform.translation.z = float("inf")
    with pytest.raises(ObservationError):
        convert.to_pose3(transform)


def test_the_covariance_of_a_pose_is_never_zero_and_keeps_its_planar_part() -> None:
    message = convert.to_pose_with_covariance(Pose2(1.0, 2.0, 0.5), COVARIANCE, Header(frame_id="map"))
    full = np.array(message.pose.covariance).reshape(6, 6)
    assert full[0, 0] == 4.0 and full[1, 1] == 9.0 and full[5, 5] == 0.5 and full[0, 5] == full[5, 0] == 0.1
    assert np.all(np.diag(full)[2:5] > 1.0)
    assert convert.to_pose2(message.pose.pose) == Pose2(1.0, 2.0, pytest.approx(0.5))


def test_modes_keep_their_order_covariance_and_probability() -> None:
    modes = (Mode(Pose2(1.0, 2.0, 0.5), COVARIANCE, 0.7), Mode(Pose2(3.0, 4.0, -0.5), 2.0 * COVARIANCE, 0.2))
    message = convert.to_modes_msg(modes, Header(frame_id="map"), "index")
    assert [mode.probability for mode in message.modes] == pytest.approx([0.7, 0.2])
    assert convert.to_pose2(message.modes[1].pose.pose).x_m == 3.0
    assert message.modes[1].pose.covariance[35] == 2.0 * COVARIANCE[2, 2]


def test_a_scan_survives_the_wire_with_its_nans() -> None:
    scan = SemanticScan(
        np.array([1.5, np.nan, 3.0], np.float32), np.array([7, -1, 7], np.int32), np.array([True, False, True])
    )
    descriptor = np.array([0.25, -1.0], np.float32)
    sent = convert.to_scan_msg(scan, descriptor, "encoder", Header(frame_id="base_link"))
    got = deserialize_message(serialize_message(sent), SemanticScanMsg)
    np.testing.assert_array_equal(np.array(got.range_m, np.float32), scan.range_m)
    assert list(got.instance) == [7, -1, 7] and list(got.observed) == [1, 0, 1]
    seen = convert.to_observation(got, Pose2(1.0, 2.0, 0.5))
    np.testing.assert_array_equal(seen.scan.range_m, scan.range_m)
    np.testing.assert_array_equal(seen.scan.observed, scan.observed)
    np.testing.assert_array_equal(seen.query, descriptor)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")]])
def test_a_descriptor_that_is_missing_or_not_finite_is_refused(values: list[float]) -> None:
    with pytest.raises(ObservationError):
        convert.to_observation(SemanticScanMsg(descriptor=values), Pose2(0.0, 0.0, 0.0))


@pytest.mark.parametrize("rays", [{"range_m": [1.0, 2.0]}, {"range_m": [-1.0], "instance": [1], "observed": [1]}])
def test_rays_that_do_not_belong_together_or_cannot_be_are_refused(rays: dict[str, list[float]]) -> None:
    with pytest.raises(ObservationError, match="rays|ranges"):
        convert.to_observation(SemanticScanMsg(descriptor=[1.0], **rays), Pose2(0.0, 0.0, 0.0))


def test_a_global_fix_is_where_the_pose_is() -> None:
    origin = GeoOrigin(35.0, 135.7, 40.0)
    message = convert.to_fix(estimate(Pose2(100.0, -50.0, 0.0)), origin, Header())
    np.testing.assert_allclose(
        origin.to_map(np.array(message.latitude), np.array(message.longitude)), [100.0, -50.0], atol=1e-3
    )
    assert message.position_covariance[0] == 4.0 and message.altitude == 40.0
