"""What live nodes said, as a trace."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.core.types import LocalizationStatus  # noqa: E402
from geoloc_ros.msg import LocalizationState  # noqa: E402
from geoloc_ros.ros.drawing import BELIEF_DTYPE  # noqa: E402
from geoloc_ros.ros.recorder import RecordedFrame, to_trace  # noqa: E402


def test_without_a_fix_the_pose_is_that_of_the_most_probable_viewpoint() -> None:
    belief = np.zeros(2, BELIEF_DTYPE)
    belief["x"], belief["y"], belief["yaw"] = [1.0, 3.0], [2.0, 4.0], [0.1, 0.2]
    belief["intensity"], belief["viewpoint"] = [0.25, 0.75], [10, 20]
    searching = LocalizationState(state=int(LocalizationStatus.INITIALIZING), probability=0.75)
    found = LocalizationState(state=int(LocalizationStatus.INITIALIZED), probability=0.95)
    trace = to_trace({
        5: RecordedFrame(state=searching, belief=belief),
        6: RecordedFrame(state=found, pose=np.array([7.0, 8.0, 9.0]), covariance=np.eye(3), belief=belief[:1]),
    })
    assert trace.stamp_ns.tolist() == [5, 6] and trace.status.tolist() == [2, 3]
    np.testing.assert_allclose(trace.pose, [[3.0, 4.0, 0.2], [7.0, 8.0, 9.0]])
    assert trace.belief(0)[0].tolist() == [10, 20] and trace.belief(1)[1].tolist() == [0.25]


def test_nothing_heard_is_an_empty_trace() -> None:
    assert len(to_trace({})) == 0
