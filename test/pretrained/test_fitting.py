"""ONNX files in the forms that others export them, made to fit and run; what they compute is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.types import Float32, Pose3
from geoloc_ros.inference.load import load_network
from geoloc_ros.pretrained.fitting import fit_network
from geoloc_ros.reading.described_reader import DescribedReader

ENGINE = InferenceConfig(backend="onnxruntime")
IMAGES = np.random.default_rng(3).integers(0, 256, (3, 3, 4, 6)).astype(np.float32)


def write(
    file: Path, nodes: list[onnx.NodeProto], shape: list[int | str], outputs: dict[str, int], *,
    kind: int = TensorProto.FLOAT, opset: int = 17, constants: dict[str, NDArray[np.generic]] | None = None,
) -> Path:
    graph = helper.make_graph(
        nodes, "theirs", [helper.make_tensor_value_info("pixels", kind, shape)],
        [helper.make_tensor_value_info(name, each, None) for name, each in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), str(file))
    return file


def run(file: Path, *outputs: str, images: Float32 = IMAGES) -> tuple[Float32, ...]:
    return load_network(file, "pixels", outputs, ENGINE, item_shape=images.shape[1:]).run(images)


def brightest(image: str, output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("ArgMax", [image], [output], axis=1, keepdims=0)]


def test_integer_outputs_become_float32(tmp_path: Path) -> None:
    source = write(tmp_path / "a.onnx", brightest("pixels", "ids"), ["n", 3, 4, 6], {"ids": TensorProto.INT64})
    assert fit_network(source, tmp_path / "b.onnx") == ("gets its output 'ids' converted to float32",)
    (ids,) = run(tmp_path / "b.onnx", "ids")
    np.testing.assert_array_equal(ids, IMAGES.argmax(axis=1))


def test_a_network_of_one_image_takes_any_number(tmp_path: Path) -> None:
    nodes = [  # a size of one that cannot be opened any more: it is in the numbers
        helper.make_node("Reshape", ["pixels", "flat"], ["row"]),
        helper.make_node("Softmax", ["row"], ["chances"], axis=1),
    ]
    flat = {"flat": np.array([1, 72], np.int64)}
    source = write(tmp_path / "a.onnx", nodes, [1, 3, 4, 6], {"chances": TensorProto.FLOAT}, constants=flat)
    fit_network(source, tmp_path / "b.onnx", ["chances"])
    images = IMAGES / 100.0
    (chances,) = run(tmp_path / "b.onnx", "chances", images=images)
    powers = np.exp(images.reshape(3, 72))
    np.testing.assert_allclose(chances, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("batch", [1, "n"])
def test_bytes_with_the_colours_last_become_float32_with_the_colours_first(tmp_path: Path, batch: int | str) -> None:
    nodes = [helper.make_node("ReduceMax", ["pixels"], ["brightest"], axes=[3], keepdims=0)]
    source = write(
        tmp_path / "a.onnx", nodes, [batch, 4, 6, 3], {"brightest": TensorProto.UINT8}, kind=TensorProto.UINT8
    )
    said = fit_network(source, tmp_path / "b.onnx")
    assert len(said) == (4 if batch == 1 else 3)
    (found,) = run(tmp_path / "b.onnx", "brightest")
    np.testing.assert_array_equal(found, IMAGES.max(axis=1))


@pytest.mark.parametrize("shape", [[1, 3, 4, 6], [3, 4, 6]])
def test_rows_are_filled_up_or_cut_off(tmp_path: Path, shape: list[int | str]) -> None:
    nodes = [  # as many "detections" as there are bright values, each with its place
        helper.make_node("Greater", ["pixels", "limit"], ["is_bright"]),
        helper.make_node("NonZero", ["is_bright"], ["found"]),
        helper.make_node("Transpose", ["found"], ["places"], perm=[1, 0]),
    ]
    limit = {"limit": np.array(240.0, np.float32)}
    source = write(tmp_path / "a.onnx", nodes, shape, {"places": TensorProto.INT64}, constants=limit)
    fit_network(source, tmp_path / "b.onnx", detections=5)
    images = IMAGES.copy()
    images[0] = 0.0
    (places,) = run(tmp_path / "b.onnx", "places", images=images)
    assert places.shape == (3, 5, len(shape))
    assert not places[0].any()
    for image, rows in zip(images, places, strict=True):
        expected = np.argwhere(image > 240.0)[:5]
        np.testing.assert_array_equal(rows[: len(expected), -3:], expected)
        assert not rows[len(expected) :].any()


def test_what_fits_stays_and_unwanted_outputs_go(tmp_path: Path) -> None:
    nodes = [helper.make_node("Neg", ["pixels"], ["dark"]), helper.make_node("Abs", ["pixels"], ["bright"])]
    outputs = {"dark": TensorProto.FLOAT, "bright": TensorProto.FLOAT}
    source = write(tmp_path / "a.onnx", nodes, ["n", 3, "h", "w"], outputs)
    assert fit_network(source, tmp_path / "b.onnx", ["dark"]) == ()
    np.testing.assert_array_equal(run(tmp_path / "b.onnx", "dark")[0], -IMAGES)
    assert [value.name for value in onnx.load(str(tmp_path / "b.onnx")).graph.output] == ["dark"]


def test_an_old_opset_is_brought_up(tmp_path: Path) -> None:
    source = write(
        tmp_path / "a.onnx", brightest("pixels", "ids"), [1, 3, 4, 6], {"ids": TensorProto.INT64}, opset=11
    )
    fit_network(source, tmp_path / "b.onnx")
    np.testing.assert_array_equal(run(tmp_path / "b.onnx", "ids")[0], IMAGES.argmax(axis=1))


def test_what_cannot_be_made_to_fit_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "a.onnx", brightest("pixels", "ids"), ["n", 3, 4, 6], {"ids": TensorProto.INT64})
    with pytest.raises(ArtifactError, match="no output 'labels'; it has ids"):
        fit_network(source, tmp_path / "b.onnx", ["labels"])
    vector = [helper.make_node("Neg", ["pixels"], ["minus"])]
    source = write(tmp_path / "a.onnx", vector, ["n", 12], {"minus": TensorProto.FLOAT})
    with pytest.raises(ArtifactError, match="not one image"):
        fit_network(source, tmp_path / "b.onnx")
    (tmp_path / "a.onnx").write_bytes(b"<html>")
    with pytest.raises(ArtifactError, match="no ONNX file"):
        fit_network(tmp_path / "a.onnx", tmp_path / "b.onnx")
    with pytest.raises(ArtifactError, match="no ONNX file"):
        fit_network(tmp_path / "absent.onnx", tmp_path / "b.onnx")
    assert not (tmp_path / "b.onnx").exists()


def test_the_command_makes_class_ids_of_others_readable(tmp_path: Path) -> None:
    nodes = [helper.make_node("ArgMax", ["pixels"], ["ids"], axis=1, keepdims=0)]
    source = write(tmp_path / "theirs.onnx", nodes, [1, 3, 16, 16], {"ids": TensorProto.INT64})
    done = CliRunner().invoke(app, ["export", "onnx", str(source), "-o", str(tmp_path / "fits.onnx"), "--keep", "ids"])
    assert done.exit_code == 0, done.output
    assert "takes images one after the other" in done.output and "converted to float32" in done.output
    (tmp_path / "fits.yaml").write_text(
        "onnx: fits.onnx\n"
        "input: {name: pixels, width: 16, height: 16, scale: 1.0}\n"
        "output: {kind: class_ids, name: ids, classes: {vegetation: [1], building: [0], sky: [2]}}\n"
    )
    image = np.zeros((16, 16, 3), np.uint8)
    image[:8, :, 2], image[8:, :8, 0], image[8:, 8:, 1] = 200, 200, 200
    level = Pose3(np.array([(0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]), np.zeros(3))
    reading = DescribedReader(tmp_path / "fits.yaml", ENGINE).read(image, Camera.pinhole(16, 16, 1.0), level)
    expected = np.full((16, 16), SemanticClass.SKY, np.uint8)
    expected[8:, :8], expected[8:, 8:] = SemanticClass.BUILDING, SemanticClass.VEGETATION
    np.testing.assert_array_equal(reading.labels, expected)
