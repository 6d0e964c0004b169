"""ROS parameters of a node."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

import rclpy  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.core.node_config import LocalizerNodeConfig, PerceptionNodeConfig  # noqa: E402
from geoloc_ros.ros.parameters import NodeParameters  # noqa: E402


@pytest.fixture(autouse=True)
def ros() -> Iterator[None]:
    rclpy.init()
    yield
    rclpy.shutdown()


def node(**given: Any) -> Node:
    return Node(
        "under_test", automatically_declare_parameters_from_overrides=True,
        parameter_overrides=[Parameter(name.replace("__", "."), value=value) for name, value in given.items()],
    )


def test_without_values_every_parameter_has_the_default_of_the_config() -> None:
    under_test = node()
    assert NodeParameters(under_test, LocalizerNodeConfig).config == LocalizerNodeConfig()
    assert under_test.get_parameter("tracker.cell_length_m").value == LocalizerNodeConfig().tracker.cell_length_m


def test_values_reach_nested_sections_and_integers_pass_for_floats() -> None:
    config = NodeParameters(node(scan__max_range_m=50, base_frame="robot"), PerceptionNodeConfig).config
    assert config.scan.max_range_m == 50.0 and config.base_frame == "robot"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scan__num_ray": 5}, "scan.num_ray"),
        ({"scan__num_rays": 1}, "scan.num_rays"),
        ({"labels": "sonar"}, "sonar"),
        ({"base_frame": 3}, "base_frame"),
        ({"cameras": ["left", "left"]}, "named twice"),
    ],
)
def test_unknown_and_illegal_values_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        NodeParameters(node(**given), PerceptionNodeConfig)


def test_parameters_say_what_they_are() -> None:
    under_test = node()
    NodeParameters(under_test, PerceptionNodeConfig)
    descriptor = under_test.describe_parameter("scan.num_rays")
    assert descriptor.description == "Rays in one turn"
    assert (descriptor.integer_range[0].from_value, descriptor.integer_range[0].to_value) == (8, 4096)
    assert under_test.describe_parameter("autostart").read_only
    assert "configured" in descriptor.additional_constraints
    assert under_test.describe_parameter("observe.min_height_m").additional_constraints == "changes at once"


def test_while_configured_only_runtime_parameters_change_and_the_node_hears_of_it() -> None:
    under_test = node()
    parameters = NodeParameters(under_test, PerceptionNodeConfig)
    heard: list[PerceptionNodeConfig] = []
    parameters.on_change = heard.append
    parameters.frozen = True
    outcomes = under_test.set_parameters(
        [Parameter("scan.num_rays", value=180), Parameter("observe.range_quantile", value=0.2)]
    )
    assert [outcome.successful for outcome in outcomes] == [False, True]
    assert "clean it up" in outcomes[0].reason
    assert heard[-1].observe.range_quantile == parameters.config.observe.range_quantile == 0.2
    parameters.frozen = False
    assert under_test.set_parameters([Parameter("scan.num_rays", value=180)])[0].successful
    assert parameters.config.scan.num_rays == 180


def test_an_illegal_change_is_refused_with_the_reason() -> None:
    under_test = node()
    parameters = NodeParameters(under_test, PerceptionNodeConfig)
    outcome = under_test.set_parameters([Parameter("labels", value="sonar")])[0]
    assert not outcome.successful and "sonar" in outcome.reason
    assert parameters.config.labels == "network"
