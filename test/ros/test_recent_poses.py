import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.core.types import Pose2  # noqa: E402
from geoloc_ros.ros.recent_poses import RecentPoses  # noqa: E402

SECOND = 1_000_000_000


def test_the_nearest_one_counts_the_less_the_farther_it_is() -> None:
    poses = RecentPoses()
    assert poses.at(SECOND) is None
    for second in (1, 2):
        poses.add(second * SECOND, Pose2(float(second), 0.0, 0.0), np.eye(3))
    at = poses.at(2 * SECOND - SECOND // 10)
    assert at is not None and at[0].x_m == 2.0
    assert np.diag(at[1]) == pytest.approx([5.0, 5.0, 1.01])
    assert poses.at(3 * SECOND + 1) is None
    poses.clear()
    assert poses.at(2 * SECOND) is None
