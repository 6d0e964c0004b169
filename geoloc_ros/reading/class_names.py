"""What other people's class names mean in ours, and the classes of the data sets that networks are trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geoloc_ros.core.classes import SemanticClass

# Simplified as by `_simple`. What is not listed is OTHER: nothing that a scan needs.
_WORDS: dict[SemanticClass, tuple[str, ...]] = {
    SemanticClass.BUILDING: (
        "building", "house", "skyscraper", "hovel", "tower", "garage", "roof", "edifice", "facade",
    ),
    SemanticClass.VEGETATION: (
        "vegetation", "tree", "terrain", "grass", "plant", "palm", "flower", "field", "bush", "hedge", "potted plant",
    ),
    SemanticClass.ROAD: (
        "road", "street", "lane marking general", "lane marking crosswalk", "crosswalk plain", "bike lane",
        "service lane", "parking", "manhole", "catch basin", "pothole", "runway", "gravel", "dirt track", "lane",
    ),
    SemanticClass.PAVEMENT: ("pavement", "sidewalk", "pedestrian area", "curb", "curb cut", "path", "footpath"),
    SemanticClass.SKY: ("sky",),
    SemanticClass.VEHICLE: (
        "vehicle", "car", "truck", "bus", "train", "motorcycle", "motorbike", "minibike", "bicycle", "bike", "van",
        "caravan", "trailer", "on rails", "other vehicle", "wheeled slow", "boat", "ship", "tank", "airplane", "tram",
    ),
    SemanticClass.PERSON: (
        "person", "pedestrian", "rider", "people", "bicyclist", "motorcyclist", "other rider", "cyclist",
    ),
}  # fmt: skip
_MEANING = {word: ours for ours, words in _WORDS.items() for word in words}


def class_of_name(name: str) -> SemanticClass:
    """Our class of something that others call `name`; OTHER where the name is unknown or of no use to a scan.

    Where a name has several words, as in "building, edifice" or "sky-other-merged", the first that is known counts.
    """
    for synonym in name.split(","):
        if (ours := _MEANING.get(_simple(synonym))) is not None:
            return ours
    return SemanticClass.OTHER


def _simple(name: str) -> str:
    """Lower case, words parted by one space, without what COCO's panoptic classes add."""
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).split()
    while len(words) > 1 and words[-1] in ("merged", "other", "stuff"):
        words.pop()
    return " ".join(words)


@dataclass(frozen=True)
class KnownClasses:
    """The classes of a data set, in the ids that its networks give."""

    num_classes: int
    names: Mapping[int, str]
    """Of those that mean something to us; all others are OTHER."""

    def meaning(self) -> dict[int, SemanticClass]:
        """Our class of their ids."""
        return {number: class_of_name(name) for number, name in self.names.items()}


def _known(num_classes: int, names: str, first: int = 0) -> KnownClasses:
    """Names in a row, separated by commas, with an id in front where numbers are left out."""
    found: dict[int, str] = {}
    following = first
    for entry in names.split(","):
        number, name = re.fullmatch(r"\s*(\d*)\s*(.+?)\s*", entry, re.DOTALL).groups()  # type: ignore[union-attr]
        following = int(number) if number else following
        found[following] = name
        following += 1
    return KnownClasses(num_classes, MappingProxyType(found))


KNOWN_CLASSES: Mapping[str, KnownClasses] = MappingProxyType({
    # The 19 that are evaluated ("train ids").
    "cityscapes": _known(
        19,
        "road, sidewalk, building, wall, fence, pole, traffic light, traffic sign, vegetation, terrain, sky, person, "
        "rider, car, truck, bus, train, motorcycle, bicycle",
    ),
    # Scene parsing, 150 classes; a network with 151 has "background" first and needs a map of its own.
    "ade20k": _known(
        150,
        "1 building, 2 sky, 4 tree, 6 road, 9 grass, 11 sidewalk, 12 person, 17 plant, 20 car, 25 house, 29 field, "
        "48 skyscraper, 52 path, 54 runway, 66 flower, 72 palm, 76 boat, 79 hovel, 80 bus, 83 truck, 84 tower, "
        "90 airplane, 91 dirt track, 102 van, 103 ship, 116 minibike, 122 tank, 127 bicycle",
    ),
    # Detectors, ids 1 to 90 with gaps as torchvision gives them. COCO has no building among its things.
    "coco": _known(91, "1 person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, 64 potted plant"),
    "coco_panoptic": _known(
        133,
        "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, 58 potted plant, 88 flower, 90 gravel, "
        "91 house, 100 road, 101 roof, 116 tree-merged, 119 sky-other-merged, 123 pavement-merged, 125 grass-merged, "
        "129 building-other-merged",
    ),
    # Version 1.2: 65 classes, and perhaps "unlabeled" last.
    "mapillary_vistas": _known(
        65,
        "2 curb, 7 bike lane, crosswalk - plain, curb cut, parking, pedestrian area, 13 road, service lane, sidewalk, "
        "17 building, 19 person, bicyclist, motorcyclist, other rider, lane marking - crosswalk, "
        "lane marking - general, 27 sky, 29 terrain, vegetation, 36 catch basin, 41 manhole, 43 pothole, "
        "52 bicycle, boat, bus, car, caravan, motorcycle, on rails, other vehicle, trailer, truck, wheeled slow",
    ),
})  # fmt: skip
"""By the name under which a description asks for them."""
