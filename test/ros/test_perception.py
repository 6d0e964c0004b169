"""The perception node over real DDS."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import CameraInfo  # noqa: E402

from geoloc_ros.msg import SemanticScan  # noqa: E402
from geoloc_ros.ros.conversions import to_stamp_ns  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402

from .given import given_parameters  # noqa: E402

SECOND = 1_000_000_000


class Studio:
    """An active perception node, somebody with a camera, and the scans that come of it."""

    def __init__(self, world: Any, cameraman: Any) -> None:
        self.world, self.cameraman = world, cameraman
        self.scans = world.hear(SemanticScan, "scan")
        self.node = PerceptionNode(parameter_overrides=given_parameters())
        self.node.trigger_configure()
        self.node.trigger_activate()
        world.add(self.node)
        world.until(cameraman.is_watched)
        world.until(lambda: self.node.count_subscribers("scan") and self.node._chain.transforms._parent)
        self.stamp_ns = SECOND

    def next_frame(self) -> dict[str, Any]:
        self.stamp_ns += SECOND
        return self.cameraman.frame(self.stamp_ns)

    def scan_of(self, frame: dict[str, Any]) -> SemanticScan:
        """Publish a frame and wait for its scan."""
        before = len(self.scans)
        self.cameraman.publish(frame)
        self.world.until(lambda: len(self.scans) > before)
        return self.scans[-1]


@pytest.fixture(scope="module")
def studio(shared_world: Any, cameraman_in: Callable[[Any], Any]) -> Studio:
    return Studio(shared_world, cameraman_in(shared_world))


def test_a_frame_becomes_a_scan_of_the_same_stamp(studio: Studio) -> None:
    scan = studio.scan_of(studio.next_frame())
    assert to_stamp_ns(scan.header.stamp) == studio.stamp_ns and scan.header.frame_id == "base_link"
    np.testing.assert_allclose(np.array(scan.range_m), 10.0, rtol=0.02)
    assert all(scan.observed) and set(scan.instance) == {1} and len(scan.descriptor)


def spoil(topic: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    def change(frame: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(frame[topic], name, value)

    return change


def blind(frame: dict[str, Any]) -> None:
    nothing = np.full(frame["depth"].height * frame["depth"].width, np.nan, np.float32)
    frame["depth"].data = nothing.tobytes()


def resize(frame: dict[str, Any]) -> None:
    frame["depth"].height //= 2
    frame["depth"].data = frame["depth"].data[: len(frame["depth"].data) // 2]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (spoil("segmentation", encoding="rgb8"), "observation"),
        (spoil("segmentation", encoding="no such"), "observation"),
        (spoil("depth", encoding="mono8"), "observation"),
        (spoil("depth", step=7), "observation"),
        (resize, "observation"),
        (blind, "observation"),
        (spoil("camera_info", k=[0.0] * 9), "observation"),
        (spoil("camera_info", distortion_model="fisheye"), "observation"),
        (spoil("camera_info", width=2**32 - 1, height=2**32 - 1), "observation"),
        (spoil("camera_info", k=[1e-300, 0.0, 1e300, 0.0, 1e300, 0.0, 0.0, 0.0, 1.0]), "observation"),
        (spoil("segmentation", width=0, height=0, step=0, data=b""), "observation"),
        (lambda frame: frame.update(camera_info=CameraInfo(header=frame["camera_info"].header)), "observation"),
        (lambda frame: [setattr(message.header, "frame_id", "nowhere") for message in frame.values()], "observation"),
        (lambda frame: [setattr(message.header.stamp, "sec", 1) for message in frame.values()], "stamp"),
    ],
    ids=[
        "label encoding", "unknown encoding", "depth encoding", "step", "size", "NaN depth", "no calibration",
        "camera model", "gigantic", "nonsense", "no pixels", "empty camera_info", "no transform", "old stamp",
    ],
)
def test_a_bad_frame_is_counted_and_the_next_one_is_fine(
    studio: Studio, change: Callable[[dict[str, Any]], Any], reason: str
) -> None:
    before = studio.node.health.counted(f"refused: {reason}")
    frame = studio.next_frame()
    change(frame)
    studio.cameraman.publish(frame)
    studio.world.until(lambda: studio.node.health.counted(f"refused: {reason}") == before + 1)
    assert to_stamp_ns(studio.scan_of(studio.next_frame()).header.stamp) == studio.stamp_ns


def test_a_missing_camera_info_is_counted_by_its_name(studio: Studio) -> None:
    frame = studio.next_frame()
    del frame["camera_info"]
    studio.cameraman.publish(frame)
    studio.scan_of(studio.next_frame())
    assert studio.node.health.counted("refused: no camera_info") == 1


def test_what_a_ray_is_made_from_can_change_while_the_node_runs(studio: Studio) -> None:
    studio.node.set_parameters([Parameter("observe.min_height_m", value=19.0)])
    assert np.isnan(np.array(studio.scan_of(studio.next_frame()).range_m)).all()
    studio.node.set_parameters([Parameter("observe.min_height_m", value=1.0)])
    assert not np.isnan(np.array(studio.scan_of(studio.next_frame()).range_m)).any()
    refused = studio.node.set_parameters([Parameter("scan.num_rays", value=180)])[0]
    assert not refused.successful
