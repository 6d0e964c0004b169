"""Descriptions of networks, right and wrong, and what names of classes mean."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.reading.class_map import ClassTable
from geoloc_ros.reading.class_names import KNOWN_CLASSES, class_of_name
from geoloc_ros.reading.network_description import LogitsOutput, Mask2FormerOutput, NetworkDescription, load_description

GOOD = """
onnx: net.onnx
input: {name: image, width: 1024, height: 512, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}
output: {kind: logits, name: logits, classes: cityscapes}
"""


def load(folder: Path, text: str) -> NetworkDescription:
    (folder / "net.yaml").write_text(text)
    return load_description(folder / "net.yaml")


def classes_of(description: NetworkDescription) -> ClassTable:
    assert isinstance(description.output, LogitsOutput | Mask2FormerOutput)
    return description.output.classes


def test_the_network_is_found_from_the_folder_of_its_description(tmp_path: Path) -> None:
    description = load(tmp_path, GOOD)
    assert description.onnx == str(tmp_path / "net.onnx")
    assert description.output_names() == ("logits",)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("input: {width: 64, heigth: 32}", "input.heigth: no such key"),
        ("input: {height: 32}", "input.width: is missing"),
        ("input: {width: 64, fit: pad}", "needs a height"),
        ("input: {width: 64, std: [1, 1, 0]}", "must be positive"),
        ("output: {kind: logit, classes: cityscapes}", "'logits', 'class_ids'"),
        ("output: {kind: logits, classes: cityscape}", "use one of cityscapes, ade20k"),
        ("output: {kind: logits, classes: {buildng: [1]}}", "output.classes.buildng: no such key"),
        ("output: {kind: logits, classes: {vegetation: [1]}}", "no class is a building"),
        ("output: {kind: maskrcnn, classes: coco}", "no class is a building (COCO's detectors know none)"),
        ("output: {kind: logits, classes: {building: [1, 2], sky: ['2-4']}}", "class 2 is both 'building' and 'sky'"),
        ("output: {kind: logits, classes: {building: [house]}}", "'house' is neither an id, a range"),
        ("output: {kind: logits, classes: {building: [3], num_classes: 3}}", "ids go from 0 to 2"),
        ("output: {kind: logits, classes: {building: ['1-999999999999']}}", "ids go from 0 to 9999"),
        ("input: {width: 64, std: [1, 1, .nan]}", "finite number"),
        ("onnx: ~nobody_at_all/net.onnx", "no path here"),
        ("output: {kind: inverse_depth, scale: 1.0}", "output.shift: is missing"),
        ("output: {kind: depth_m, scale: 2.0}", "output.scale: no such key"),
        ("panorama: {num_faces: 2}", "use 4"),
        ("output: [", "cannot read"),
    ],
)
def test_a_mistake_is_an_error_that_says_where(tmp_path: Path, line: str, complaint: str) -> None:
    tree = yaml.safe_load(GOOD) if line != "output: [" else {}
    if tree:
        tree |= yaml.safe_load(line)
    with pytest.raises(ConfigError, match=re.escape(complaint)) as caught:
        load(tmp_path, yaml.safe_dump(tree) if tree else line)
    assert "net.yaml" in str(caught.value)


def test_a_missing_file_or_one_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_description(tmp_path / "absent.yaml")
    with pytest.raises(ConfigError, match="docs/networks.md"):
        load(tmp_path, "- onnx")


def test_ids_ranges_and_names_say_the_same() -> None:
    names = ("road", "house", "shed", "tree", "sky")
    by_name = ClassTable(names=names, building=("house", "shed"), road=("road",), vegetation=("tree",))
    by_id = ClassTable(num_classes=5, building=("1-2",), road=(0,), vegetation=(3,))
    expected = np.array([3, 1, 1, 2, 0], np.uint8)
    np.testing.assert_array_equal(by_name.lookup(5), expected)
    np.testing.assert_array_equal(by_id.lookup(5), expected)
    assert by_name.count == by_id.count == 5


def test_the_ids_of_cityscapes_are_the_train_ids(tmp_path: Path) -> None:
    table = classes_of(load(tmp_path, GOOD)).lookup(19)
    building, vegetation, road, pavement, sky, vehicle, person = (
        np.flatnonzero(table == ours).tolist() for ours in range(1, 8)
    )
    assert (building, vegetation, road, pavement, sky) == ([2], [8, 9], [0], [1], [10])
    assert (vehicle, person) == ([13, 14, 15, 16, 17, 18], [11, 12])


@pytest.mark.parametrize(("dataset", "building"), [
    ("ade20k", [1, 25, 48, 79, 84]), ("coco_panoptic", [91, 101, 129]), ("mapillary_vistas", [17])])  # fmt: skip
def test_known_data_sets_know_buildings_and_everything_else_we_need(dataset: str, building: list[int]) -> None:
    meaning = KNOWN_CLASSES[dataset].meaning()
    assert [number for number, ours in meaning.items() if ours == SemanticClass.BUILDING] == building
    assert set(meaning.values()) >= set(SemanticClass) - {SemanticClass.OTHER, SemanticClass.UNLABELLED}
    assert max(meaning) < KNOWN_CLASSES[dataset].num_classes


def test_every_listed_name_of_a_known_data_set_but_cityscapes_means_something() -> None:
    unknown = {
        name for dataset, known in KNOWN_CLASSES.items() if dataset != "cityscapes"
        for name in known.names.values() if class_of_name(name) == SemanticClass.OTHER
    }  # fmt: skip
    assert not unknown


@pytest.mark.parametrize(("name", "ours"), [
    ("Building", SemanticClass.BUILDING), ("building, edifice", SemanticClass.BUILDING),
    ("sky-other-merged", SemanticClass.SKY), ("Lane Marking - General", SemanticClass.ROAD),
    ("traffic_light", SemanticClass.OTHER), ("wall-brick", SemanticClass.OTHER), ("", SemanticClass.OTHER),
    ("car, auto, automobile", SemanticClass.VEHICLE), ("Road", SemanticClass.ROAD),
])  # fmt: skip
def test_names_mean_what_a_reader_would_think(name: str, ours: SemanticClass) -> None:
    assert class_of_name(name) == ours


def test_the_examples_can_be_read(root: Path) -> None:
    examples = sorted((root / "config" / "networks").glob("*.yaml"))
    assert len(examples) >= 4
    for example in examples:
        load_description(example)
