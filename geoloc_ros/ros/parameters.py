"""ROS parameters of a node, declared from its config section and read back through the same constructor."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic.fields import FieldInfo
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.node_config import NodeConfig
from geoloc_ros.core.section import Section, validated

AnyNodeConfig = TypeVar("AnyNodeConfig", bound=NodeConfig)

# Declared by rclpy itself.
_BUILT_IN = ("use_sim_time", "start_type_description_service", "qos_overrides")


class NodeParameters(Generic[AnyNodeConfig]):
    """The parameters of `node`, which must be made with `automatically_declare_parameters_from_overrides`.

    That way every value given to the node can be seen here, the unknown ones too, and an integer is accepted for a
    float as in any YAML file. Attribute `on_change` is called with the new config when a parameter changes at run time.

    Raises:
        ConfigError: If a given parameter is unknown or has an illegal value.
    """

    def __init__(self, node: Node, config_type: type[AnyNodeConfig]) -> None:
        self._node = node
        self._config_type = config_type
        self.frozen = False
        """While set (the node is configured), only the runtime-changeable parameters may change."""
        self.on_change: Callable[[AnyNodeConfig], None] = lambda config: None
        given = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix("").items()
            if not name.startswith(_BUILT_IN)
        }
        try:
            self.config = _config(config_type, given)
        except ConfigError as error:
            raise ConfigError(f"parameters of node '{node.get_name()}': {error}") from error
        for name in given:
            node.undeclare_parameter(name)
        for name, field, value in _leaves(self.config):
            descriptor = _descriptor(name, field)
            at_once = _is_runtime_changeable(config_type, name)
            descriptor.additional_constraints = "changes at once" if at_once else "read when the node is configured"
            node.declare_parameter(name, value, descriptor, ignore_override=True)
        self._names = [name for name, _, _ in _leaves(self.config)]
        node.add_on_set_parameters_callback(self._on_set)

    def _on_set(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        changed = {parameter.name: parameter.value for parameter in parameters if parameter.name in self._names}
        if not changed:
            return SetParametersResult(successful=True)
        for name in changed:
            if self.frozen and not _is_runtime_changeable(self._config_type, name):
                return SetParametersResult(
                    successful=False, reason=f"'{name}' cannot change while the node is configured; clean it up first"
                )
        values = {name: self._node.get_parameter(name).value for name in self._names} | changed
        try:
            self.config = _config(self._config_type, values)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self.on_change(self.config)
        return SetParametersResult(successful=True)


def _config(config_type: type[AnyNodeConfig], values: dict[str, Any]) -> AnyNodeConfig:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *sections, leaf = name.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[leaf] = value
    return validated(config_type, tree)


def _leaves(section: Section, prefix: str = "") -> list[tuple[str, FieldInfo, Any]]:
    leaves = []
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            leaves += _leaves(value, f"{prefix}{name}.")
        else:
            leaves.append((prefix + name, field, value))
    return leaves


def _descriptor(name: str, field: FieldInfo) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(name=name, description=field.description or "", read_only=name == "autostart")
    # ROS knows closed ranges only; the constructor still refuses the open end itself.
    low, high = _bound(field, "ge", "gt"), _bound(field, "le", "lt")
    if low is None and high is None:
        return descriptor
    if field.annotation is float:
        infinity = sys.float_info.max
        low, high = (-infinity if low is None else float(low)), (infinity if high is None else float(high))
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif field.annotation is int:
        low, high = (-(2**63) if low is None else int(low)), (2**63 - 1 if high is None else int(high))
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor


def _bound(field: FieldInfo, *names: str) -> float | int | None:
    bounds = [getattr(limit, name, None) for limit in field.metadata for name in names]
    return next((bound for bound in bounds if bound is not None), None)


def _is_runtime_changeable(config_type: type[NodeConfig], name: str) -> bool:
    return any(name == entry or name.startswith(f"{entry}.") for entry in config_type.runtime_changeable)
