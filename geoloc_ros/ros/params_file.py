"""The parameter file of the nodes, from their config sections: `python -m geoloc_ros.ros.params_file > FILE`."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from geoloc_ros.core.config import Config
from geoloc_ros.core.node_config import NODE_CONFIGS, NodeConfig
from geoloc_ros.core.section import Section

_HEADER = """\
# Parameters of the nodes with their defaults. Generated from the config sections, do not edit; make a new one with
#   python -m geoloc_ros.ros.params_file > config/localization.yaml
"""


def params_text(config: Config) -> str:
    """YAML of every parameter of every node; those that `config` has too take its values."""
    lines = [_HEADER]
    for name, config_type in NODE_CONFIGS.items():
        shared = {key: getattr(config, key) for key in Config.model_fields if key in config_type.model_fields}
        lines += [f"/**/{name}:", "  ros__parameters:", *_lines(config_type(**shared), "    "), ""]
    return "\n".join(lines).rstrip() + "\n"


def _lines(section: NodeConfig | Section, indent: str) -> list[str]:
    lines = []
    for name, field in type(section).model_fields.items():
        value: Any = getattr(section, name)
        if isinstance(value, Section):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
            continue
        lines += [f"{indent}# {field.description}", f"{indent}{name}: {_scalar(value)}"]
    return lines


def _scalar(value: Any) -> str:
    # A float keeps its point: ROS tells 1 from 1.0.
    plain = list(value) if isinstance(value, tuple) else value
    text: str = yaml.safe_dump(plain, default_flow_style=True)
    return text.removesuffix("\n").removesuffix("\n...")


if __name__ == "__main__":
    sys.stdout.write(params_text(Config()))
