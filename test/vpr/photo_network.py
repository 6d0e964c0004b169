"""A network of photos of which the outcome can be told by hand, in place of a trained one."""

from pathlib import Path

import pytest


def write_photo_network(path: Path, height: int = 6, width: int = 8, **metadata: str | None) -> Path:
    """Descriptor: the mean colours of both halves, left and right, at unit length (6,). None leaves an entry out."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
    helper, numbers = onnx.helper, onnx.TensorProto.FLOAT
    half = [height, width // 2]
    nodes = [
        helper.make_node("AveragePool", ["image"], ["halves"], kernel_shape=half, strides=half),
        helper.make_node("Transpose", ["halves"], ["by_half"], perm=[0, 3, 2, 1]),
        helper.make_node("Flatten", ["by_half"], ["colours"]),
        helper.make_node("LpNormalization", ["colours"], ["descriptor"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info("image", numbers, ["N", 3, height, width])],
        [helper.make_tensor_value_info("descriptor", numbers, ["N", 6])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    usual: dict[str, str | None] = {"geoloc_kind": "photo", "geoloc_features": "1", "method": "mean colours"}
    helper.set_model_props(model, {key: value for key, value in (usual | metadata).items() if value is not None})
    onnx.save(model, str(path))
    return path
