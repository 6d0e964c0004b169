"""Up, from an IMU."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3  # noqa: E402
from sensor_msgs.msg import Imu  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.ros.conversions import to_time  # noqa: E402
from geoloc_ros.ros.gravity import GravityTracker  # noqa: E402
from geoloc_ros.ros.tf import StaticTransforms  # noqa: E402

TEN_MS = 10_000_000
HALF = np.sqrt(0.5)


def mounted(**xyzw: float) -> GravityTracker:
    """A tracker whose IMU is turned like that on the vehicle."""
    transforms = StaticTransforms()
    mount = TransformStamped(header=Header(frame_id="base_link"), child_frame_id="imu")
    mount.transform.rotation = Quaternion(**xyzw)
    transforms.add([mount])
    return GravityTracker("base_link", transforms)


def message(number: int, **fields: Any) -> Imu:
    return Imu(header=Header(stamp=to_time(number * TEN_MS), frame_id="imu"), **fields)


def felt(number: int, x: float, y: float, z: float) -> Imu:
    """Of an IMU that tells no orientation."""
    unknown = np.array([-1.0, *[0.0] * 8])
    return message(number, linear_acceleration=Vector3(x=x, y=y, z=z), orientation_covariance=unknown)


def up_of(tracker: GravityTracker) -> list[float]:
    """What it says of the first message."""
    up = tracker.at(TEN_MS)
    assert up is not None
    return [float(part) for part in up]


def test_a_level_vehicle_has_up_above() -> None:
    tracker = mounted()
    tracker.add(message(1, orientation=Quaternion(z=HALF, w=HALF)))  # heading is no tilt
    assert up_of(tracker) == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_nose_up_by_a_tenth_turns_up_towards_the_back() -> None:
    tracker = mounted()
    # Pitch by -0.1 about y (left) lifts the nose.
    tracker.add(message(1, orientation=Quaternion(y=-np.sin(0.05), w=np.cos(0.05))))
    assert up_of(tracker) == pytest.approx([np.sin(0.1), 0.0, np.cos(0.1)], abs=1e-9)


def test_what_is_felt_says_the_same_as_the_attitude_on_an_imu_that_lies_on_its_side() -> None:
    # The IMU's x points up, its z forward: base_from_imu turns by -90 degrees about y.
    tracker = mounted(y=-HALF, w=HALF)
    tracker.add(felt(1, 9.81, 0.0, 0.0))
    assert up_of(tracker) == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_a_shaking_vehicle_is_smoothed_and_a_blow_is_not_listened_to() -> None:
    tracker = mounted()
    for number in range(500):
        shake = 2.0 if number % 2 else -2.0
        tracker.add(felt(2 * number, shake, 0.0, 9.6))
        tracker.add(felt(2 * number + 1, 60.0, 0.0, 9.6))
    up = tracker.at(998 * TEN_MS)
    assert up is not None and abs(up[0]) < 0.02


def test_what_is_older_than_a_fifth_of_a_second_counts_no_more() -> None:
    tracker = mounted()
    tracker.add(message(1))
    assert tracker.at(20 * TEN_MS) is not None and tracker.at(22 * TEN_MS) is None and tracker.was_heard()


def test_a_vehicle_on_its_side_is_a_wrong_mount() -> None:
    tracker = mounted(x=HALF, w=HALF)
    with pytest.raises(ObservationError, match="90 degrees.*'imu'"):
        tracker.add(message(1))


def test_an_imu_that_tells_nothing_or_hangs_nowhere_is_refused() -> None:
    nothing = felt(1, 0.0, 0.0, 0.0)
    nothing.linear_acceleration_covariance = np.array([-1.0, *[0.0] * 8])
    with pytest.raises(ObservationError, match="use_imu"):
        mounted().add(nothing)
    with pytest.raises(ObservationError, match="no static transform"):
        GravityTracker("base_link", StaticTransforms()).add(message(1))


def test_an_orientation_may_have_any_length_but_none() -> None:
    tracker = mounted()
    tracker.add(message(1, orientation=Quaternion(w=1e-200)))
    np.testing.assert_allclose(tracker.at(TEN_MS), [0.0, 0.0, 1.0], atol=1e-12)
    with pytest.raises(ObservationError, match="not a quaternion"):
        tracker.add(message(2, orientation=Quaternion(w=np.nan)))
