"""Bags with a handful of messages, written as the simulator writes them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import Writer

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.types import Pose2
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import PARTS, Part
from geoloc_ros.sim import messages
from geoloc_ros.sim.messages import typestore
from geoloc_ros.sim.recorder import record

GIVEN: tuple[Part, ...] = ("segmentation", "depth", "instances")
CAMERA = Camera.equirectangular(16, 8)
START_NS = 1_000_000_000
UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])
# Optical z ahead, x right, y down, seen from the base.
OPTICAL = np.array([-0.5, 0.5, -0.5, 0.5])

Entry = tuple[str, int, Any]


def odometry(stamp_ns: int, x_m: float, topic: str = "/odom") -> Entry:
    return topic, stamp_ns, messages.odometry(stamp_ns, "odom", np.array([x_m, 0, 0]), UPRIGHT, 0.0, 0.0, (1.0, 1.0))


def frame(stamp_ns: int) -> list[Entry]:
    pixels = np.zeros((8, 16), np.uint8)
    return [
        ("/camera/camera_info", stamp_ns, messages.camera_info(stamp_ns, CAMERA)),
        ("/camera/image", stamp_ns, messages.image(stamp_ns, np.full((8, 16, 3), (1, 2, 3), np.uint8))),
        ("/camera/depth", stamp_ns, messages.image(stamp_ns, np.full((8, 16), 7.0, np.float32))),
        ("/camera/segmentation", stamp_ns, messages.image(stamp_ns, pixels)),
        ("/camera/instances", stamp_ns, messages.image(stamp_ns, pixels.astype(np.uint16))),
    ]


def mount(parent: str = "base_link") -> Entry:
    transform = messages.transforms(START_NS, parent, messages.CAMERA_FRAME, np.array([0.0, 0.0, 2.0]), OPTICAL)
    return "/tf_static", START_NS, transform


@pytest.fixture
def make_bag(tmp_path: Path) -> Callable[[Iterable[Entry]], BagReader]:
    def make(entries: Iterable[Entry]) -> BagReader:
        with record(tmp_path / "small.mcap") as recorder:
            for topic, stamp_ns, message in entries:
                recorder.write(topic, stamp_ns, message)
        return BagReader(tmp_path / "small.mcap")

    return make


MakeBag = Callable[[Iterable[Entry]], BagReader]


def test_a_frame_halfway_between_two_odometry_stamps_has_their_mean(make_bag: MakeBag) -> None:
    middle = START_NS + 50_000_000
    reader = make_bag([mount(), odometry(START_NS, 1.0), *frame(middle), odometry(START_NS + 100_000_000, 3.0)])
    (found,) = reader.frames(GIVEN)
    assert (found.stamp_ns, found.odometry) == (middle, Pose2(2.0, 0.0, 0.0))


def test_a_frame_is_what_was_recorded(make_bag: MakeBag) -> None:
    (found,) = make_bag([mount(), odometry(START_NS, 0.0), *frame(START_NS)]).frames(PARTS)
    came = found.camera_frame()
    assert came.image is not None and came.image[0, 0].tolist() == [1, 2, 3]
    assert came.labels is not None and came.labels.shape == (8, 16) and came.instances is not None
    assert [(depth.source, float(depth.depth_m[0, 0])) for depth in came.depths] == [("depth", 7.0)]
    assert came.camera == CAMERA and came.base_from_camera is found.base_from_camera


def test_what_was_not_asked_for_is_not_read(make_bag: MakeBag) -> None:
    entries = [mount(), odometry(START_NS, 0.0), *frame(START_NS)]
    entries = [entry for entry in entries if entry[0] != "/camera/depth"]
    reader = make_bag(entries)
    (found,) = reader.frames(("image",))
    assert reader.parts == ("image", "segmentation", "instances")
    assert found.camera_frame().labels is None and found.camera_frame().depths == ()


@pytest.mark.parametrize(("extension", "format_"), [(".jpg", "rgb8; jpeg compressed bgr8"), (".png", "png")])
def test_a_compressed_image_is_read_as_one(extension: str, format_: str, tmp_path: Path) -> None:
    _, coded = cv2.imencode(extension, np.full((8, 16, 3), (10, 20, 200), np.uint8))
    compressed = typestore().types["sensor_msgs/msg/CompressedImage"](
        messages.header(START_NS, messages.CAMERA_FRAME), format_, coded.reshape(-1)
    )
    entries = [mount(), odometry(START_NS, 0.0), *frame(START_NS)[:1]]
    with Writer(tmp_path / "compressed", version=9) as writer:
        for topic, stamp_ns, message in [*entries, ("/camera/image/compressed", START_NS, compressed)]:
            connection = writer.add_connection(topic, message.__msgtype__, typestore=typestore())
            writer.write(connection, stamp_ns, typestore().serialize_cdr(message, message.__msgtype__))
    reader = BagReader(tmp_path / "compressed")
    (found,) = reader.frames(reader.parts)
    image = found.camera_frame().image
    assert reader.parts == ("image",)
    assert image is not None
    np.testing.assert_allclose(image[4, 4], [200, 20, 10], atol=3)


def test_the_camera_sits_where_tf_static_says(make_bag: MakeBag) -> None:
    (found,) = make_bag([mount(), odometry(START_NS, 0.0), *frame(START_NS)]).frames(GIVEN)
    ahead_of_camera = np.array([0.0, 0.0, 5.0])
    np.testing.assert_allclose(found.base_from_camera.apply(ahead_of_camera), [5.0, 0.0, 2.0], atol=1e-12)


def test_an_incomplete_frame_is_left_out(make_bag: MakeBag) -> None:
    later = START_NS + 200_000_000
    entries = [mount(), odometry(START_NS, 0.0), *frame(START_NS)[:-1], odometry(later, 1.0), *frame(later)]
    assert [found.stamp_ns for found in make_bag(entries).frames(GIVEN)] == [later]


def test_a_frame_before_all_odometry_is_left_out(make_bag: MakeBag) -> None:
    later = START_NS + 200_000_000
    entries = [mount(), *frame(START_NS), odometry(START_NS + 1, 0.0), *frame(later), odometry(later, 0.0)]
    assert [found.stamp_ns for found in make_bag(entries).frames(GIVEN)] == [later]


def test_true_poses_come_in_the_order_of_their_stamps(make_bag: MakeBag) -> None:
    stamps, poses = make_bag([odometry(START_NS + n, float(n), "/ground_truth") for n in (2, 1, 3)]).ground_truth()
    assert stamps.tolist() == [START_NS + n for n in (1, 2, 3)] and poses[:, 0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("topic", ["/odom", "/tf_static", "/camera/camera_info", "/camera/depth"])
def test_a_missing_topic_is_named(topic: str, make_bag: MakeBag) -> None:
    entries = [entry for entry in [mount(), odometry(START_NS, 0.0), *frame(START_NS)] if entry[0] != topic]
    with pytest.raises(DatasetError, match=topic):
        list(make_bag(entries).frames(GIVEN))


def test_a_bag_without_truth_says_so(make_bag: MakeBag) -> None:
    with pytest.raises(DatasetError, match="/ground_truth"):
        make_bag([mount()]).ground_truth()


def test_a_camera_that_hangs_on_nothing_is_refused(make_bag: MakeBag) -> None:
    with pytest.raises(DatasetError, match="base_link"):
        list(make_bag([mount("somewhere"), odometry(START_NS, 0.0), *frame(START_NS)]).frames(GIVEN))


def test_a_transform_that_is_none_spoils_no_other(make_bag: MakeBag) -> None:
    unset = messages.transforms(START_NS, "base_link", "radar", np.zeros(3), np.zeros(4))
    entries = [("/tf_static", START_NS, unset), mount(), odometry(START_NS, 0.0), *frame(START_NS)]
    (found,) = make_bag(entries).frames(GIVEN)
    assert found.base_from_camera.translation_m[2] == 2.0


def test_odometry_without_a_quaternion_is_left_out(make_bag: MakeBag) -> None:
    unset = messages.odometry(START_NS - 5, "odom", np.zeros(3), np.zeros(4), 0.0, 0.0, (1.0, 1.0))
    entries = [mount(), ("/odom", START_NS - 5, unset), odometry(START_NS, 3.0), *frame(START_NS)]
    (found,) = make_bag(entries).frames(GIVEN)
    assert found.odometry.x_m == 3.0


def test_odometry_that_goes_back_is_refused(make_bag: MakeBag) -> None:
    topic, _, message = odometry(START_NS, 0.0)
    entries = [mount(), *frame(START_NS), odometry(START_NS + 5, 0.0), (topic, START_NS + 10, message)]
    with pytest.raises(DatasetError, match="two drives"):
        list(make_bag(entries).frames(GIVEN))


def test_a_bad_image_is_an_error_of_its_frame_only(make_bag: MakeBag) -> None:
    entries = [mount(), odometry(START_NS, 0.0), *frame(START_NS)]
    wrong = messages.image(START_NS, np.zeros((8, 16), np.uint8))
    entries = [(topic, stamp, wrong if topic == "/camera/depth" else message) for topic, stamp, message in entries]
    (found,) = make_bag(entries).frames(GIVEN)
    with pytest.raises(ObservationError, match="mono8"):
        found.camera_frame()


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89MCAP0\r\n" + bytes(100)])
def test_no_bag_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "no.mcap").write_bytes(content)
    with pytest.raises(DatasetError, match=r"no\.mcap"):
        BagReader(tmp_path / "no.mcap")


def test_a_bag_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="geoloc simulate"):
        BagReader(tmp_path / "gone.mcap")


def test_images_need_no_odometry(make_bag: MakeBag) -> None:
    reader = make_bag([*frame(START_NS), mount(), *frame(START_NS + 1)])
    found = list(reader.images())
    assert [image.stamp_ns for image in found] == [START_NS, START_NS + 1]
    assert all(image.base_from_camera.translation_m.tolist() == [0.0, 0.0, 2.0] for image in found)
    came = found[0].camera_frame()
    assert came.image is not None and came.image[0, 0].tolist() == [1, 2, 3] and came.depths == ()


def test_without_mounts_the_camera_is_the_base(make_bag: MakeBag) -> None:
    reader = make_bag(frame(START_NS))
    (found,) = reader.images(("image", "depth"))
    assert not reader.has_mounts() and np.array_equal(found.base_from_camera.rotation, np.eye(3))
    assert found.camera_frame().depths[0].depth_m[0, 0] == 7.0


def test_a_bag_without_images_is_refused_with_what_it_has(make_bag: MakeBag) -> None:
    with pytest.raises(DatasetError, match=r"/camera/image.*it has"):
        next(make_bag(frame(START_NS)[:1]).images())


def test_a_camera_that_the_mounts_do_not_name_is_refused(make_bag: MakeBag) -> None:
    with pytest.raises(DatasetError, match="somewhere|camera_optical"):
        next(make_bag([mount("somewhere"), *frame(START_NS)]).images())
