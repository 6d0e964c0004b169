"""What goes wrong with cameras, depth and networks while the perception node runs, and how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import Quaternion, TransformStamped  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image, Imu  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.core.errors import BackendError  # noqa: E402
from geoloc_ros.core.types import Float32, Float64, Pose3, UInt8  # noqa: E402
from geoloc_ros.core.view import Reading, ReadingKind  # noqa: E402
from geoloc_ros.msg import SemanticScan  # noqa: E402
from geoloc_ros.ros.conversions import to_stamp_ns, to_time  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402
from geoloc_ros.ros.sensors import to_camera_info, to_image  # noqa: E402
from geoloc_ros.ros.tf import TF_STATIC_QOS  # noqa: E402
from geoloc_ros.scan import perceive  # noqa: E402

CAMERA = Camera.equirectangular(360, 60)
MILLISECOND = 1_000_000
STEP_NS = 100 * MILLISECOND
MEASURED_M, READ_M = 10.0, 20.0
OPTICAL_XYZW = {"": (-0.5, 0.5, -0.5, 0.5), "front": (-0.5, 0.5, -0.5, 0.5), "rear": (0.5, 0.5, -0.5, -0.5)}


def yard(range_m: float) -> Float32:
    """Depth of a round yard."""
    directions = CAMERA.rays()
    return (range_m / np.hypot(directions[..., 0], directions[..., 2])).astype(np.float32)


class FakeReader:
    """Sees a round yard of 20 m; or breaks."""

    provides: frozenset[ReadingKind] = frozenset(("labels", "instances", "depth"))
    is_broken = False

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        if self.is_broken:
            raise BackendError("the engine is gone")
        size = image.shape[:2]
        depth_m = yard(READ_M) if size == (60, 360) else np.full(size, READ_M, np.float32)
        return Reading(np.full(size, SemanticClass.BUILDING, np.uint8), np.ones(size, np.uint16), depth_m)


class Street:
    """An active perception node whose network sees a yard, and cameras that take pictures every 0.1 s."""

    def __init__(self, world: Any, cameras: tuple[str, ...], topics: tuple[str, ...], **parameters: Any) -> None:
        self.world, self.cameras = world, cameras
        self.stamp_ns = 10**9
        self.scans = world.hear(SemanticScan, "scan")
        values = {"cameras": list(cameras), "missing_after_s": 0.3, **parameters}
        self.node = PerceptionNode(parameter_overrides=[Parameter(name, value=value) for name, value in values.items()])
        types = {"camera_info": CameraInfo, "imu": Imu}
        self.publishers = {
            (camera, topic): world.node.create_publisher(
                types.get(topic, Image), f"{camera}/{topic}" if camera else topic, 10
            )
            for camera in cameras for topic in topics
        }
        self.static = world.node.create_publisher(TFMessage, "/tf_static", TF_STATIC_QOS)
        self.static.publish(TFMessage(transforms=[_mount(camera) for camera in cameras]))
        assert self.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        self.node.trigger_activate()
        world.add(self.node)
        for publisher in self.publishers.values():
            world.until(lambda publisher=publisher: publisher.get_subscription_count() > 0)
            world.until(lambda publisher=publisher: self.node.count_publishers(publisher.topic_name) > 0)
        world.until(lambda: self.node.count_subscribers("scan") and self.node._chain.transforms._parent)

    def take(self, camera: str = "", late_ns: int = 0, **changed: Any) -> None:
        """Publish what a camera takes now; a message of None is left out."""
        header = Header(stamp=to_time(self.stamp_ns + late_ns), frame_id=f"{camera}_optical")
        messages = {
            "image": to_image(np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8), "bgr8", header),
            "camera_info": to_camera_info(CAMERA, header),
            "depth": to_image(yard(MEASURED_M), "32FC1", header),
            **changed,
        }
        for topic, message in messages.items():
            if message is not None and (camera, topic) in self.publishers:
                self.publishers[camera, topic].publish(message)

    def step(self) -> None:
        """The next picture comes 0.1 s later."""
        self.stamp_ns += STEP_NS

    def until_scanned(self) -> SemanticScan:
        """The scan of what was taken last."""
        self.world.until(lambda: self.scans and to_stamp_ns(self.scans[-1].header.stamp) >= self.stamp_ns)
        return self.scans[-1]

    def status(self) -> DiagnosticStatus:
        """Diagnostics of now."""
        return self.node.health.status(self.node.diagnostic_values())

    def value(self, key: str) -> str:
        """One of the diagnostics."""
        return str({entry.key: entry.value for entry in self.status().values}[key])


def _mount(camera: str) -> TransformStamped:
    transform = TransformStamped(header=Header(frame_id="base_link"), child_frame_id=f"{camera}_optical")
    transform.transform.translation.z = 2.0
    x, y, z, w = OPTICAL_XYZW[camera]
    transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return transform


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReader]:
    """In place of a network."""
    reader = FakeReader()
    monkeypatch.setattr(perceive, "make_readers", lambda networks, inference: (reader,))
    yield reader


def distance(scan: SemanticScan) -> float:
    return float(np.nanmedian(np.array(scan.range_m)))


def test_a_camera_alone_is_enough(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("",), ("image", "camera_info"), depth_sources=["network"])
    street.take()
    assert distance(street.until_scanned()) == pytest.approx(READ_M, rel=0.02)
    assert street.value("depth of the last frame") == "network"
    assert {"decode latency", "networks latency", "observe latency", "encode latency"} <= {
        entry.key for entry in street.status().values
    }


def test_depth_that_goes_missing_is_replaced_and_told_and_taken_again_when_it_returns(
    world: Any, reader: FakeReader, capfd: Any
) -> None:
    street = Street(world, ("",), ("image", "camera_info", "depth"))
    street.take()
    assert distance(street.until_scanned()) == pytest.approx(MEASURED_M, rel=0.02)
    for _ in range(8):
        street.step()
        street.take(depth=None)
    assert distance(street.until_scanned()) == pytest.approx(READ_M, rel=0.02)
    status = street.status()
    assert status.level == DiagnosticStatus.WARN and "'/depth'" in status.message
    for _ in range(2):  # the first may be given out before its depth comes: nobody waits for it yet
        street.step()
        street.take()
        world.until(lambda: street.node.health.standing() == ())
    assert distance(street.until_scanned()) == pytest.approx(MEASURED_M, rel=0.02)
    assert street.node.health.standing() == ()
    logged = "".join(capfd.readouterr())
    assert logged.count("nothing comes on '/depth'") == 1 and "depth: well again" in logged


def test_a_camera_that_stops_is_an_error_until_it_returns(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("",), ("image", "camera_info"), depth_sources=["network"])
    street.take()
    street.until_scanned()
    world.until(lambda: street.status().level == DiagnosticStatus.ERROR)
    assert "no image for" in street.status().message and "'/image'" in street.status().message
    street.step()
    street.take()
    street.until_scanned()
    assert street.status().level == DiagnosticStatus.OK


@pytest.mark.parametrize(("lives", "stops"), [("front", "rear"), ("rear", "front")])
def test_the_other_camera_of_a_rig_goes_on_and_is_rejoined(
    world: Any, reader: FakeReader, lives: str, stops: str
) -> None:
    street = Street(world, ("front", "rear"), ("image", "camera_info"), depth_sources=["network"])
    street.take("front")
    street.take("rear")
    street.until_scanned()
    assert street.value("depth of the last frame") == "front: network, rear: network"
    for _ in range(8):
        street.step()
        street.take(lives)
    street.until_scanned()
    assert street.value("depth of the last frame") == f"{lives}: network"
    assert street.status().level == DiagnosticStatus.WARN and f"'/{stops}/" in street.status().message
    for _ in range(2):  # as above
        street.step()
        street.take("front")
        street.take("rear")
        world.until(lambda: street.node.health.standing() == ())
    street.until_scanned()
    assert street.value("depth of the last frame") == "front: network, rear: network"
    assert street.node.health.standing() == ()


def test_cameras_200_ms_out_of_step_are_not_put_together_and_the_difference_is_told(
    world: Any, reader: FakeReader
) -> None:
    street = Street(world, ("front", "rear"), ("image", "camera_info"), depth_sources=["network"])
    for _ in range(6):
        street.stamp_ns += 5 * STEP_NS
        street.take("front")
        street.take("rear", late_ns=200 * MILLISECOND)
    street.until_scanned()
    # Topics come in any order: at first the other camera may look silent.
    world.until(lambda: "'/rear/image' is out of step by 200 ms" in street.status().message)
    assert street.value("depth of the last frame") == "front: network"


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"camera_info": Camera.equirectangular(720, 120)}, "camera_info"),
        ({"depth": ("32FC1", 1e3)}, "millimetres"),
        ({"image": "yuv422"}, "yuv422"),
    ],
    ids=["intrinsics of another size", "millimetres as metres", "encoding"],
)
def test_a_frame_that_cannot_be_right_is_refused_and_counted(
    world: Any, reader: FakeReader, changed: dict[str, Any], complaint: str
) -> None:
    street = Street(world, ("",), ("image", "camera_info", "depth"))
    header = Header(stamp=to_time(street.stamp_ns), frame_id="_optical")
    spoilt: dict[str, Any] = {}
    if "camera_info" in changed:
        spoilt["camera_info"] = to_camera_info(changed["camera_info"], header)
    if "depth" in changed:
        spoilt["depth"] = to_image(yard(MEASURED_M) * np.float32(changed["depth"][1]), "32FC1", header)
    if "image" in changed:
        spoilt["image"] = to_image(np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8), "rgb8", header)
        spoilt["image"].encoding = changed["image"]
    street.take(**spoilt)
    world.until(lambda: street.node.health.counted("refused: observation") == 1)
    assert street.status().level == DiagnosticStatus.WARN and complaint in street.status().message
    street.step()
    street.take()
    assert distance(street.until_scanned()) == pytest.approx(MEASURED_M, rel=0.02)


def test_millimetres_that_say_so_are_metres(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("",), ("image", "camera_info", "depth"))
    header = Header(stamp=to_time(street.stamp_ns), frame_id="_optical")
    street.take(depth=to_image(np.round(yard(MEASURED_M) * 1e3).astype(np.uint16), "16UC1", header))
    assert distance(street.until_scanned()) == pytest.approx(MEASURED_M, rel=0.02)


def test_a_camera_of_a_rig_without_a_transform_is_left_out_and_counted(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("front", "rear"), ("image", "camera_info"), depth_sources=["network"])
    lost = Header(stamp=to_time(street.stamp_ns), frame_id="nowhere")
    street.take("front")
    street.take("rear", image=to_image(np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8), "rgb8", lost))
    street.until_scanned()
    assert street.node.health.counted("refused: camera") == 1 and "nowhere" in street.status().message
    assert street.value("depth of the last frame") == "front: network"


def test_depth_of_another_size_is_refused_with_the_way_out(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("",), ("image", "camera_info", "depth"))
    header = Header(stamp=to_time(street.stamp_ns), frame_id="_optical")
    street.take(depth=to_image(yard(MEASURED_M)[::2, ::2].copy(), "32FC1", header))
    world.until(lambda: street.node.health.counted("refused: observation") == 1)
    assert "180x30" in street.status().message and "registered" in street.status().message


def test_given_labels_without_their_depth_take_it_from_the_network(world: Any, reader: FakeReader) -> None:
    topics = ("segmentation", "image", "camera_info", "depth")
    street = Street(world, ("",), topics, labels="topic", use_instances=False)
    for _ in range(8):
        street.step()
        header = Header(stamp=to_time(street.stamp_ns), frame_id="_optical")
        labels = np.full((CAMERA.height, CAMERA.width), SemanticClass.BUILDING, np.uint8)
        street.take(segmentation=to_image(labels, "mono8", header), depth=None)
    assert distance(street.until_scanned()) == pytest.approx(READ_M, rel=0.02)


def test_an_imu_says_which_way_is_up_and_its_silence_is_told(
    world: Any, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Float64 | None] = []
    real = perceive.Perceiver.perceive

    def listening(self: perceive.Perceiver, frames: Any, gravity: Float64 | None = None) -> perceive.Perception:
        heard.append(gravity)
        return real(self, frames, gravity)

    monkeypatch.setattr(perceive.Perceiver, "perceive", listening)
    street = Street(world, ("",), ("image", "camera_info", "imu"), depth_sources=["network"])
    imu = Imu(header=Header(stamp=to_time(street.stamp_ns), frame_id="base_link"))
    imu.orientation = Quaternion(x=np.sin(0.05), w=np.cos(0.05))
    street.publishers["", "imu"].publish(imu)
    world.until(street.node._gravity.was_heard)
    street.take()
    street.until_scanned()
    assert heard[-1] == pytest.approx([0.0, np.sin(0.1), np.cos(0.1)], abs=1e-6)
    street.stamp_ns += 10 * STEP_NS
    street.take()
    street.until_scanned()
    assert heard[-1] is None and "'imu'" in street.status().message


def test_an_engine_that_breaks_is_an_error_until_it_works(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("",), ("image", "camera_info"), depth_sources=["network"])
    reader.is_broken = True
    street.take()
    world.until(lambda: street.status().level == DiagnosticStatus.ERROR)
    assert "the engine is gone" in street.status().message
    reader.is_broken = False
    street.step()
    street.take()
    street.until_scanned()
    assert street.status().level == DiagnosticStatus.OK


def test_a_corrupt_network_fails_the_transition_with_the_reason(world: Any, tmp_path: Path) -> None:
    file = tmp_path / "corrupt.onnx"
    file.write_bytes(b"this is no network")
    node = world.add(PerceptionNode(parameter_overrides=[Parameter("networks.segmentation", value=str(file))]))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    status = node.health.status({})
    assert status.level == DiagnosticStatus.ERROR and str(file) in status.message


def test_previews_are_drawn_while_somebody_listens(world: Any, reader: FakeReader) -> None:
    street = Street(world, ("front",), ("image", "camera_info"), depth_sources=["network"])
    street.take("front")
    street.until_scanned()
    heard = {
        topic: world.hear(Image, topic)
        for topic in ("front/segmentation_preview", "front/depth_preview", "scan_preview")
    }
    world.until(lambda: all(street.node.count_subscribers(topic) for topic in heard))

    def all_came() -> bool:
        street.step()
        street.take("front")
        return all(heard.values())

    world.until(all_came)
    assert {message[0].encoding for message in heard.values()} == {"rgb8"}
    assert heard["front/depth_preview"][0].header.frame_id == "front_optical"
    assert heard["scan_preview"][0].header.frame_id == "base_link"
