from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import relative_error
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import OnnxNetwork, read_signature

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
precision = pytest.importorskip("geoloc_ros.inference.precision")


def write_image_network(path: Path, largest_weight: float = 1.0) -> Path:
    """Convolution, normalisation, resize by scales (which must stay float32), mean over the image, and a last layer."""
    helper, single = onnx.helper, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(0)
    weights = {
        "w": rng.normal(size=(8, 4, 3, 3)), "b": np.zeros(8), "scale": rng.uniform(1, 2, 8), "bias": rng.normal(size=8),
        "mean": rng.normal(size=8), "variance": rng.uniform(1, 2, 8), "scales": np.array([1, 1, 2, 2]),
        "last": rng.normal(size=(3, 8, 1, 1)) * largest_weight,
    }  # fmt: skip
    weights["w"][0, 0, 0, 0] = largest_weight
    nodes = [
        helper.make_node("Conv", ["image", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["c", "scale", "bias", "mean", "variance"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Resize", ["r", "", "scales"], ["big"], mode="linear"),
        helper.make_node("ReduceMean", ["big"], ["whole"], axes=[2, 3], keepdims=1),
        helper.make_node("Add", ["big", "whole"], ["sum"]),
        helper.make_node("Conv", ["sum", "last"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("image", single, ["N", 4, "H", "W"])],
        [helper.make_tensor_value_info("logits", single, ["N", 3, "h", "w"])],
        [onnx.numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"geoloc_kind": "street"})
    onnx.save(model, str(path))
    return path


def logits(file: Path, images: Float32) -> Float32:
    network = OnnxNetwork(read_network_file(file), "image", ["logits"], item_shape=images.shape[1:])
    return network.run(images)[0]


@pytest.fixture
def images() -> Float32:
    return np.random.default_rng(1).normal(size=(3, 4, 16, 24)).astype(np.float32)


def test_half_precision_differs_by_less_than_a_hundredth(tmp_path: Path, images: Float32) -> None:
    file, half = write_image_network(tmp_path / "a.onnx"), tmp_path / "half.onnx"
    precision.write_half(read_network_file(file), half)
    error = relative_error(logits(half, images), logits(file, images))
    assert 1e-6 < error < 1e-2


def test_weights_are_half_and_means_outputs_and_scales_are_not(tmp_path: Path) -> None:
    precision.write_half(read_network_file(write_image_network(tmp_path / "a.onnx")), tmp_path / "half.onnx")
    model = onnx.load(str(tmp_path / "half.onnx"))
    types = {onnx.numpy_helper.to_array(each).ndim: each.data_type for each in model.graph.initializer}
    sizes = {each.dims[0]: each.data_type for each in model.graph.initializer if len(each.dims) == 4}
    assert sizes == {8: onnx.TensorProto.FLOAT16, 3: onnx.TensorProto.FLOAT}
    assert types[1] in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    producers = {name: node.op_type for node in model.graph.node for name in node.output}
    means = [node for node in model.graph.node if node.op_type == "ReduceMean"]
    assert producers[means[0].input[0]] == "Cast" and "BatchNormalization" not in producers.values()


def test_it_says_what_it_is_and_what_it_was_made_from(tmp_path: Path) -> None:
    network = read_network_file(write_image_network(tmp_path / "a.onnx"))
    precision.write_half(network, tmp_path / "half.onnx")
    signature = read_signature(read_network_file(tmp_path / "half.onnx"), (4, 8, 8))
    assert signature.precision == "fp16"
    assert (signature.metadata["geoloc_source"], signature.metadata["geoloc_kind"]) == (network.sha256, "street")


def test_weights_that_half_precision_cannot_hold_are_refused(tmp_path: Path) -> None:
    file = write_image_network(tmp_path / "a.onnx", largest_weight=1e6)
    with pytest.raises(BackendError, match="half precision ends at 65504; leave it at fp32"):
        precision.write_half(read_network_file(file), tmp_path / "half.onnx")
    assert not (tmp_path / "half.onnx").exists()


def test_eight_bits_differ_by_a_few_hundredths_on_what_they_were_made_for(tmp_path: Path, images: Float32) -> None:
    file, small = write_image_network(tmp_path / "a.onnx"), tmp_path / "int8.onnx"
    network = read_network_file(file)
    precision.write_quantized(network, read_signature(network, (4, 16, 24)), [images[:2], images[2:]], small)
    assert relative_error(logits(small, images), logits(file, images)) < 0.05
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in onnx.load(str(small)).graph.node}
    assert read_signature(read_network_file(small), (4, 16, 24)).precision == "int8"


def test_eight_bits_need_to_see_what_they_are_made_for(write_network: Callable[..., Path], tmp_path: Path) -> None:
    network = read_network_file(write_network(tmp_path / "a.onnx"))
    for batches, complaint in (([], "give calibration data"), ([np.zeros((1, 2, 9), np.float32)], r"takes \(8, 360\)")):
        with pytest.raises(BackendError, match=complaint):
            precision.write_quantized(network, read_signature(network), batches, tmp_path / "int8.onnx")
