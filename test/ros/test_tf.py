"""Fixed transforms."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.types import Pose2  # noqa: E402
from geoloc_ros.ros.conversions import to_transform_msg  # noqa: E402
from geoloc_ros.ros.tf import StaticTransforms  # noqa: E402


def transforms(*links: tuple[str, str, Pose2]) -> StaticTransforms:
    heard = StaticTransforms()
    heard.add([to_transform_msg(pose, Header(frame_id=parent), child) for parent, child, pose in links])
    return heard


def test_a_chain_is_walked_down_and_up() -> None:
    heard = transforms(
        ("base", "mast", Pose2(1.0, 0.0, np.pi / 2.0)), ("mast", "camera", Pose2(2.0, 0.0, 0.0)),
        ("base", "lidar", Pose2(0.0, 5.0, 0.0)),
    )
    # Two metres ahead of a mast that looks left.
    np.testing.assert_allclose(heard.lookup("base", "camera").translation_m, [1.0, 2.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(heard.lookup("lidar", "camera").translation_m, [1.0, -3.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(heard.lookup("camera", "base").apply(np.array([1.0, 2.0, 0.0])), 0.0, atol=1e-12)


def test_a_frame_is_where_it_is_also_without_transforms() -> None:
    np.testing.assert_array_equal(StaticTransforms().lookup("base", "base").translation_m, 0.0)


def test_frames_that_nothing_joins_are_refused() -> None:
    heard = transforms(("base", "camera", Pose2(1.0, 0.0, 0.0)))
    with pytest.raises(ObservationError, match="known frames: camera"):
        heard.lookup("base", "lidar")
    with pytest.raises(ObservationError, match="none"):
        StaticTransforms().lookup("base", "lidar")


def test_a_loop_does_not_hang() -> None:
    heard = transforms(("a", "b", Pose2(1.0, 0.0, 0.0)), ("b", "a", Pose2(1.0, 0.0, 0.0)))
    with pytest.raises(ObservationError):
        heard.lookup("base", "a")


def test_one_that_is_none_does_not_take_the_others_along() -> None:
    heard = StaticTransforms()
    broken, good = (
        to_transform_msg(Pose2(1.0, 0.0, 0.0), Header(frame_id="base"), name) for name in ("lidar", "camera")
    )
    broken.transform.translation.x = np.nan
    with pytest.raises(ObservationError, match="'lidar'"):
        heard.add([broken, good])
    assert heard.lookup("base", "camera").translation_m[0] == 1.0
