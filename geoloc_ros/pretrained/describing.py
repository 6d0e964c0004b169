"""The description of a network as a YAML file for people to read and correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.reading.class_map import table_of
from geoloc_ros.reading.class_names import KNOWN_CLASSES, class_of_name
from geoloc_ros.reading.network_description import load_description


@dataclass(frozen=True)
class MatchedClasses:
    """What a network's own class names mean to us."""

    table: Mapping[str, Any]
    """As a description lists them."""
    unmatched: tuple[str, ...]
    """Names that are "other"."""


def match_classes(names: Sequence[str], dataset: str = "") -> MatchedClasses:
    """Our classes of theirs, by name.

    Args:
        names: Theirs, in the order of their ids.
        dataset: Of `KNOWN_CLASSES`, whose ids count instead of the names; empty where the names do.

    Raises:
        ConfigError: If none is a building, the data set is unknown, or it has another number of classes.
    """
    if dataset and (dataset not in KNOWN_CLASSES or KNOWN_CLASSES[dataset].num_classes != len(names)):
        sizes = ", ".join(f"{name} ({known.num_classes})" for name, known in KNOWN_CLASSES.items())
        raise ConfigError(f"classes '{dataset}' do not fit {len(names)} classes of the network; known are {sizes}")
    meaning = (
        KNOWN_CLASSES[dataset].meaning() if dataset
        else {number: class_of_name(name) for number, name in enumerate(names)}
    )
    if SemanticClass.BUILDING not in meaning.values():
        raise ConfigError(
            f"no class of the network is a building by its name ({', '.join(names[:8])}, ...); choose another network, "
            f"or say which data set it was trained on: --classes {'|'.join(KNOWN_CLASSES)}"
        )
    unmatched = tuple(
        name for number, name in enumerate(names) if meaning.get(number, SemanticClass.OTHER) == SemanticClass.OTHER
    )
    # A name that stands for two of their classes says nothing; ids always do.
    theirs: dict[str, Any] = {
        ours: [names[number] if names.count(names[number]) == 1 else number for number in numbers]
        for ours, numbers in table_of(meaning).items()
    }
    return MatchedClasses({"names": list(names), **theirs}, unmatched)


def write_description(
    path: Path, onnx_file: Path, image_input: Mapping[str, Any], output: Mapping[str, Any], comments: Sequence[str]
) -> None:
    """Write the description of `onnx_file`, which lies beside it, and read it back.

    Args:
        path: Of the description (.yaml).
        onnx_file: What it describes.
        image_input: Section `input`.
        output: Section `output`.
        comments: Lines to begin with.
    """
    tree = {"onnx": onnx_file.name, "input": dict(image_input), "output": dict(output)}
    body = yaml.safe_dump(tree, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    with write_beside(path) as partial:
        partial.write_text("".join(f"# {line}\n" for line in comments) + body)
        load_description(partial)
