"""A street network of which the outcome can be told by hand."""

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.classes import SemanticClass

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")

EVERYWHERE_M = float(np.exp(2.0))
"""Its range where the ground channel is zero."""


def write_colour_network(path: Path, stride: int = 4, **metadata: str) -> Path:
    """Write a network: red is building, green is road, black is sky; the log range is 2 plus the ground channel."""
    helper, tensor = onnx.helper, onnx.TensorProto
    weights = np.zeros((10, 4, 1, 1), np.float32)
    weights[SemanticClass.BUILDING, 0] = weights[SemanticClass.ROAD, 1] = 1.0
    weights[8, 3] = 1.0
    bias = np.zeros(10, np.float32)
    bias[[SemanticClass.SKY, 8, 9]] = 60.0, np.log(EVERYWHERE_M), -8.0
    splits = np.array([8, 1, 1], np.int64)
    constants = [
        onnx.numpy_helper.from_array(value, name)
        for name, value in (("weights", weights), ("bias", bias), ("splits", splits))
    ]
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[stride] * 2, strides=[stride] * 2),
        helper.make_node("Conv", ["cells", "weights", "bias"], ["all"]),
        helper.make_node("Split", ["all", "splits"], ["logits", "log_range", "boundary"], axis=1),
    ]
    outputs = [
        helper.make_tensor_value_info(name, tensor.FLOAT, ["N", channels, "h", "w"])
        for name, channels in (("logits", 8), ("log_range", 1), ("boundary", 1))
    ]
    image = helper.make_tensor_value_info("image", tensor.FLOAT, ["N", 4, "H", "W"])
    graph = helper.make_graph(nodes, "colours", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"geoloc_kind": "street", "geoloc_features": "1"} | metadata)
    onnx.save(model, str(path))
    return path
