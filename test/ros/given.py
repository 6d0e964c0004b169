"""Parameters of a perception node to which another node gives labels and depth, as it needs no network."""

from __future__ import annotations

from typing import Any


def given_parameters(**others: Any) -> list[Any]:
    """For `parameter_overrides`, with other parameters whose dots are written as two underscores."""
    from rclpy.parameter import Parameter

    values = {"labels": "topic", "depth_sources": ["depth"], **others}
    return [Parameter(name.replace("__", "."), value=value) for name, value in values.items()]
