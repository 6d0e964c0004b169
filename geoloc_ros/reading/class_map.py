"""Which of our classes each of theirs is: from a data set's name, or as a description lists it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.section import Section
from geoloc_ros.core.types import UInt8
from geoloc_ros.reading.class_names import KNOWN_CLASSES

MOST_CLASSES = 10_000
"""More than any network tells apart."""

Theirs = tuple[int | str, ...]
"""Ids, ranges of them ("3-7", both included) and names."""


class ClassTable(Section):
    """Classes as a description lists them; those that nobody lists are "other"."""

    names: tuple[str, ...] = Field((), description="Their classes in the order of their ids, to be named below")
    building: Theirs = ()
    vegetation: Theirs = ()
    road: Theirs = ()
    pavement: Theirs = ()
    sky: Theirs = ()
    vehicle: Theirs = ()
    person: Theirs = ()
    num_classes: int = Field(0, ge=0, le=MOST_CLASSES, description="How many; 0 where `names` tells, or nobody knows")

    @model_validator(mode="after")
    def _sensible(self) -> ClassTable:
        meaning = self.meaning()
        if self.names and self.num_classes not in (0, len(self.names)):
            raise ValueError(f"num_classes is {self.num_classes}, and there are {len(self.names)} names")
        last = (self.count or MOST_CLASSES) - 1
        if beyond := [number for number in meaning if not 0 <= number <= last]:
            raise ValueError(f"id {beyond[0]} is listed, and ids go from 0 to {last}")
        if SemanticClass.BUILDING not in meaning.values():
            raise ValueError("no class is a building (COCO's detectors know none), and nothing else makes a scan")
        return self

    @property
    def count(self) -> int:
        """How many classes they have; 0 where nobody knows."""
        return len(self.names) or self.num_classes

    def meaning(self) -> dict[int, SemanticClass]:
        """Our class of each of their ids that is listed."""
        found: dict[int, SemanticClass] = {}
        for ours in SemanticClass:
            for entry in getattr(self, ours.name.lower(), ()):
                for number in _ids(entry, self.names):
                    if (other := found.setdefault(number, ours)) != ours:
                        raise ValueError(f"class {number} is both '{other.name.lower()}' and '{ours.name.lower()}'")
        return found

    def lookup(self, num_classes: int) -> UInt8:
        """Our class of each of their `num_classes` ids."""
        table = np.full(num_classes, SemanticClass.OTHER, np.uint8)
        for number, ours in self.meaning().items():
            table[number] = ours
        return table


def _ids(entry: int | str, names: Sequence[str]) -> range | list[int]:
    if isinstance(entry, int):
        return [entry]
    if found := [number for number, name in enumerate(names) if name == entry]:
        return found
    if bounds := re.fullmatch(r"(\d+)\s*-\s*(\d+)", entry):
        # What is beyond is refused by its first id: nobody waits for a slip of the keyboard to be listed.
        first, last = (min(int(bound), MOST_CLASSES) for bound in bounds.groups())
        return range(first, last + 1)
    raise ValueError(f"'{entry}' is neither an id, a range like '3-7', nor one of `names`")


def _from_name(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in KNOWN_CLASSES:
        raise ValueError(f"'{value}' is not known; use one of {', '.join(KNOWN_CLASSES)}, or list the classes")
    known = KNOWN_CLASSES[value]
    return {"num_classes": known.num_classes, **table_of(known.meaning())}


def table_of(meaning: Mapping[int, SemanticClass]) -> dict[str, list[int]]:
    """The fields of a `ClassTable` that say so."""
    listed: dict[str, list[int]] = {}
    for number, ours in sorted(meaning.items()):
        if ours != SemanticClass.OTHER:
            listed.setdefault(ours.name.lower(), []).append(number)
    return listed


ClassMap = Annotated[ClassTable, BeforeValidator(_from_name)]
"""A `ClassTable`, or the name of a data set in `KNOWN_CLASSES`."""
