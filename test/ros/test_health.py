"""What a node tells about itself."""

import time
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from rclpy.logging import get_logger  # noqa: E402

from geoloc_ros.ros import health as health_module  # noqa: E402
from geoloc_ros.ros.health import Health  # noqa: E402


def values(status: DiagnosticStatus) -> dict[str, str]:
    return {entry.key: entry.value for entry in status.values}


def test_counts_latencies_and_what_is_asked_for_are_told() -> None:
    health = Health("node", get_logger("health"))
    for _ in range(3):
        health.count("frames processed")
    with health.timed("update"):
        time.sleep(0.01)
    status = health.status({"index id": "abc"})
    told = values(status)
    assert status.level == DiagnosticStatus.OK and status.name == "node"
    assert told["frames processed"] == "3" and told["index id"] == "abc"
    assert float(told["update latency"].split()[1]) >= 10.0
    assert health.summary() == "frames processed: 3"


def test_a_refusal_warns_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health("node", get_logger("health"))
    health.refuse("encoding", "'yuv'")
    status = health.status({})
    assert status.level == DiagnosticStatus.WARN and "'yuv'" in status.message
    assert values(status)["refused: encoding"] == "1"
    monkeypatch.setattr(health_module, "_QUIET_S", 0.0)
    assert health.status({}).level == DiagnosticStatus.OK


def test_a_failure_is_an_error_until_it_is_mended() -> None:
    health = Health("node", get_logger("health"))
    health.fail("two indexes")
    health.refuse("mismatch", "again")
    assert (health.status({}).level, health.status({}).message) == (DiagnosticStatus.ERROR, "two indexes")
    health.recover()
    assert health.status({}).level == DiagnosticStatus.WARN


def test_a_reason_that_repeats_is_logged_once_and_another_at_once(capfd: Any) -> None:
    health = Health("node", get_logger("health"))
    for number in range(100):
        health.refuse("size", number)
        health.refuse("encoding", number)
    logged = "".join(capfd.readouterr())
    assert logged.count("refused (size)") == logged.count("refused (encoding)") == 1
    assert health.counted("refused: size") == 100


def test_the_time_of_a_block_that_raises_is_not_counted() -> None:
    health = Health("node", get_logger("health"))
    with pytest.raises(ZeroDivisionError), health.timed("update"):
        raise ZeroDivisionError
    assert "update latency" not in values(health.status({}))


def test_what_stands_is_told_until_it_is_settled_and_logged_when_it_comes_and_goes(capfd: Any) -> None:
    health = Health("node", get_logger("health"))
    for seconds in range(3):
        health.stand("depth", f"no depth for {seconds} s")
        health.stand("camera", f"no image for {seconds} s", DiagnosticStatus.ERROR)
    status = health.status({})
    assert (status.level, status.message) == (DiagnosticStatus.ERROR, "no image for 2 s; no depth for 2 s")
    health.settle("camera")
    assert (health.status({}).level, health.standing()) == (DiagnosticStatus.WARN, ("depth",))
    health.settle("depth")
    health.settle("depth")
    assert health.status({}).level == DiagnosticStatus.OK
    logged = "".join(capfd.readouterr())
    assert logged.count("no depth") == logged.count("no image") == logged.count("depth: well again") == 1
