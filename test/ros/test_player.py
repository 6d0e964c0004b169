"""Playing bags."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

import rclpy  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.serialization import deserialize_message  # noqa: E402
from rosbags.highlevel import AnyReader  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from geoloc_ros.core.errors import DatasetError  # noqa: E402
from geoloc_ros.ros.conversions import to_stamp_ns  # noqa: E402
from geoloc_ros.ros.player import BagPlayer, PlayOptions, play_bag  # noqa: E402


def test_every_message_arrives_as_recorded_and_the_clock_never_goes_back(world: Any, tiny_drive: Any) -> None:
    odometry, images = world.hear(Odometry, "/odom", 1000), world.hear(Image, "/camera/depth", 1000)
    clock = world.hear(Clock, "/clock", 1000)
    sent: list[tuple[str, int]] = []
    with AnyReader([tiny_drive.bag]) as reader:
        player = BagPlayer(world.node, reader, lambda topic, stamp_ns: sent.append((topic, stamp_ns)))
        for topic in ("/odom", "/camera/depth"):
            world.until(lambda topic=topic: player.publishers[topic].get_subscription_count() > 0)
        player.play(rate=10.0, with_clock=True)
        expected = {topic: info.msgcount for topic, info in reader.topics.items()}
        first = next(data for connection, _, data in reader.messages() if connection.topic == "/odom")
    world.until(lambda: len(odometry) == expected["/odom"] and len(images) == expected["/camera/depth"])
    assert {topic: [name for name, _ in sent].count(topic) for topic in expected} == expected
    assert odometry[0] == deserialize_message(first, Odometry)
    ticks = [to_stamp_ns(message.clock) for message in clock]
    assert len(ticks) > 10 and ticks == sorted(ticks)


@pytest.mark.parametrize("content", [None, b"", b"no bag at all"])
def test_what_is_no_bag_is_refused(tmp_path: Path, content: bytes | None) -> None:
    bag = tmp_path / "drive.mcap"
    if content is not None:
        bag.write_bytes(content)
    with pytest.raises(DatasetError, match=r"drive\.mcap"):
        play_bag(PlayOptions(bag))
    assert not rclpy.ok()
