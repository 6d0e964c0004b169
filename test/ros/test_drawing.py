"""What RViz is shown."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from std_msgs.msg import Header  # noqa: E402
from visualization_msgs.msg import Marker  # noqa: E402

from geoloc_ros.core.types import Mode, Pose2  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2  # noqa: E402
from geoloc_ros.ros.drawing import to_mode_markers  # noqa: E402


def test_an_ellipse_is_as_long_as_the_belief_is_wide_and_lies_along_it() -> None:
    along, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    covariance = np.eye(3)
    covariance[:2, :2] = 9.0 * np.outer(along, along) + 1.0 * np.outer(across, across)
    clear, ellipse, arrow = to_mode_markers((Mode(Pose2(5.0, 6.0, 1.0), covariance, 0.5),), Header()).markers
    assert clear.action == Marker.DELETEALL
    yaw_rad = to_pose2(ellipse.pose).yaw_rad
    # 2.45 standard deviations hold 95 % in two dimensions.
    length_m = {"x": ellipse.scale.x, "y": ellipse.scale.y}
    assert sorted(length_m.values()) == pytest.approx([2 * 2.448, 6 * 2.448])
    long_axis_rad = yaw_rad + (np.pi / 2.0 if length_m["y"] > length_m["x"] else 0.0)
    assert abs(np.cos(long_axis_rad) * along[0] + np.sin(long_axis_rad) * along[1]) == pytest.approx(1.0)
    assert to_pose2(arrow.pose).yaw_rad == pytest.approx(1.0)


def test_who_has_no_mode_draws_nothing_but_clears_the_old_ones() -> None:
    assert [marker.action for marker in to_mode_markers((), Header()).markers] == [Marker.DELETEALL]
