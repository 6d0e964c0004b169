"""A bag that is played again and again, and paused, to nodes that go on running."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros, pytest.mark.slow]

from rclpy.parameter import Parameter  # noqa: E402

from geoloc_ros.core.config import Config  # noqa: E402
from geoloc_ros.index import index_map  # noqa: E402
from geoloc_ros.msg import LocalizationState  # noqa: E402
from geoloc_ros.ros.localizer import LocalizerNode  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402

from .given import given_parameters  # noqa: E402

CAMERA_TOPICS = ("camera_info", "depth", "segmentation", "instances")
RATE = "3"


@pytest.fixture
def player(tiny_drive: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Plays the drive for ever, with a clock."""
    command = ["-m", "geoloc_ros.cli", "play", str(tiny_drive.bag), "--clock", "--loop", "--rate", RATE]
    process = subprocess.Popen([sys.executable, *command])
    yield process
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.wait()


def active(node: Any) -> Any:
    assert node.trigger_configure().name == "SUCCESS"
    assert node.trigger_activate().name == "SUCCESS"
    return node


def test_a_bag_is_followed_each_time_it_is_played_and_through_a_pause(
    world: Any, tiny_drive: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    index = tmp_path / "tiny.index"
    index_map(tiny_drive.map_file, index, None, Config())
    states: list[LocalizationState] = world.hear(LocalizationState, "localization_state", 100)
    by_clock = Parameter("use_sim_time", value=True)
    remaps = [word for topic in CAMERA_TOPICS for word in ("-r", f"{topic}:=/camera/{topic}")]
    perception = active(PerceptionNode(
        parameter_overrides=[*given_parameters(use_imu=False), by_clock], cli_args=["--ros-args", *remaps]
    ))
    localizer = active(LocalizerNode(parameter_overrides=[Parameter("index_path", value=str(index)), by_clock]))
    for node in (perception, localizer):
        world.add(node)
    player = request.getfixturevalue("player")

    def jumps() -> int:
        return [state.reason for state in states].count("time went back")

    def processed() -> int:
        return int(localizer.health.counted("frames processed"))

    for played in (1, 2):
        world.until(lambda played=played: jumps() >= played)
        before = processed()
        world.until(lambda before=before: processed() > before + 5)
    player.send_signal(signal.SIGSTOP)
    time.sleep(1.0)
    before = processed()
    player.send_signal(signal.SIGCONT)
    world.until(lambda: processed() > before + 5)
    assert localizer.is_active and perception.is_active
