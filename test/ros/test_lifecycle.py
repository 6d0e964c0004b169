"""Transitions of the nodes, as a lifecycle manager drives them."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from lifecycle_msgs.msg import Transition  # noqa: E402
from lifecycle_msgs.srv import ChangeState, GetState  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.qos import ReliabilityPolicy  # noqa: E402

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.ros.localizer import LocalizerNode  # noqa: E402
from geoloc_ros.ros.map_server import MapServerNode  # noqa: E402
from geoloc_ros.ros.perception import PerceptionNode  # noqa: E402

from .given import given_parameters  # noqa: E402


def change(world: Any, node: Any, transition: int) -> tuple[bool, str]:
    """Whether a transition went well, and the state after it."""
    name = node.get_name()
    request = ChangeState.Request(transition=Transition(id=transition))
    success = world.call(ChangeState, f"{name}/change_state", request).success
    return success, world.call(GetState, f"{name}/get_state", GetState.Request()).current_state.label


@pytest.mark.parametrize("make", [PerceptionNode, LocalizerNode, MapServerNode])
def test_every_node_goes_twice_through_its_life(world: Any, tiny_index: Path, make: Any) -> None:
    given = given_parameters() if make is PerceptionNode else [Parameter("index_path", value=str(tiny_index))]
    node = world.add(make(parameter_overrides=given))
    for _ in range(2):
        assert change(world, node, Transition.TRANSITION_CONFIGURE) == (True, "inactive")
        assert change(world, node, Transition.TRANSITION_ACTIVATE) == (True, "active")
        assert change(world, node, Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
        assert change(world, node, Transition.TRANSITION_CLEANUP) == (True, "unconfigured")
    assert change(world, node, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN) == (True, "finalized")


def test_an_inactive_node_subscribes_to_nothing(world: Any) -> None:
    node = world.add(PerceptionNode(parameter_overrides=given_parameters()))
    node.trigger_configure()
    assert world.node.count_subscribers("segmentation") == 0
    node.trigger_activate()
    world.until(lambda: world.node.count_subscribers("segmentation") == 1)
    node.trigger_deactivate()
    world.until(lambda: world.node.count_subscribers("segmentation") == 0)


def test_perception_does_not_configure_without_its_weights(world: Any, write_network: Any, tmp_path: Path) -> None:
    given = given_parameters(descriptor__method="learned", descriptor__model="/nowhere/a.onnx")
    node = world.add(PerceptionNode(parameter_overrides=given))
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")
    assert "/nowhere/a.onnx" in node.health.status({}).message
    file = write_network(tmp_path / "mine.onnx")
    node.set_parameters([Parameter("descriptor.model", value=str(file))])
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (True, "inactive")
    assert str(file) in node.diagnostic_values()["encoder"]


def test_configuring_fails_without_a_usable_index_and_works_once_it_is_given(world: Any, tiny_index: Path) -> None:
    node = world.add(LocalizerNode())
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")
    assert "index_path" in node.health.status({}).message
    node.set_parameters([Parameter("index_path", value=str(tiny_index / "nothing"))])
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")
    node.set_parameters([Parameter("index_path", value=str(tiny_index))])
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (True, "inactive")
    assert node.health.status({}).message == "running"
    assert not node.set_parameters([Parameter("index_path", value="elsewhere")])[0].successful


def test_a_damaged_index_fails_the_transition(world: Any, tiny_index: Path, tmp_path: Path) -> None:
    import shutil

    damaged = shutil.copytree(tiny_index, tmp_path / "damaged.index")
    file = next(damaged.glob("*.npy"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    node = world.add(LocalizerNode(parameter_overrides=[Parameter("index_path", value=str(damaged))]))
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")


def test_a_bug_in_a_transition_is_told_and_leaves_the_node_unconfigured(world: Any, capfd: Any) -> None:
    class Broken(PerceptionNode):
        def set_up(self) -> None:
            raise ZeroDivisionError("a bug")

    node = world.add(Broken())
    assert change(world, node, Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")
    assert "a bug" in "".join(capfd.readouterr())


def test_an_illegal_parameter_stops_the_node_at_once(world: Any) -> None:
    with pytest.raises(ConfigError, match="depth_sources"):
        PerceptionNode(parameter_overrides=[Parameter("depth_sources", value=["sonar"])])


def test_users_override_the_quality_of_service_of_a_subscription(world: Any) -> None:
    override = Parameter("qos_overrides./segmentation.subscription.reliability", value="reliable")
    node = world.add(PerceptionNode(parameter_overrides=[*given_parameters(), override]))
    node.trigger_configure()
    node.trigger_activate()
    reliability = {
        topic: node.get_subscriptions_info_by_topic(topic)[0].qos_profile.reliability
        for topic in ("/segmentation", "/depth")
    }
    assert reliability == {"/segmentation": ReliabilityPolicy.RELIABLE, "/depth": ReliabilityPolicy.BEST_EFFORT}
