from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import golden_batch, relative_error
from geoloc_ros.inference.load import load_network

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
torch = pytest.importorskip("torch", reason="torch is not installed: make dev")
ORT, TORCH = InferenceConfig(backend="onnxruntime"), InferenceConfig(backend="torch")
NAMES = {
    "scan_ours": ("features", ("descriptor", "query"), None),
    "scan_paper": ("features", ("embedding",), None),
    "street": ("image", ("logits", "log_range", "boundary"), (4, 64, 96)),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_agrees_with_onnx_runtime_on_the_networks_that_are_shipped(root: Path, name: str) -> None:
    file, (input_name, outputs, item_shape) = root / "models" / f"{name}.onnx", NAMES[name]
    if not file.is_file():
        pytest.skip(f"{file.name} is not shipped yet")
    ours, reference = (load_network(file, input_name, outputs, config, item_shape) for config in (TORCH, ORT))
    assert ours.engine_name.startswith("torch ")
    for attribute in ("file", "file_id", "metadata", "input_shape", "output_shapes"):
        assert getattr(ours, attribute) == getattr(reference, attribute)
    batch = golden_batch(ours.input_shape, 3)
    for found, expected in zip(ours.run(batch), reference.run(batch), strict=True):
        assert found.dtype == np.float32 and relative_error(found, expected) < 1e-4


def write_node(
    path: Path, operator: str, attributes: Mapping[str, Any], others: Sequence[Any], shape: tuple[int, ...]
) -> Path:
    """A network of one operator on x, of which what else it takes is constant."""
    helper, numbers = onnx.helper, onnx.TensorProto.FLOAT
    names = ["x", *("" if other is None else f"c{index}" for index, other in enumerate(others))]
    constants = [
        onnx.numpy_helper.from_array(np.asarray(other), f"c{index}")
        for index, other in enumerate(others) if other is not None
    ]  # fmt: skip
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["y"], **attributes)], "one",
        [helper.make_tensor_value_info("x", numbers, ["N", *shape])],
        [helper.make_tensor_value_info("y", numbers, None)],
        constants,
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def numbers(*shape: int) -> Float32:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


IMAGE = (4, 9, 12)
CASES: list[tuple[str, dict[str, Any], list[Any], tuple[int, ...]]] = [
    ("Conv", {"pads": [1, 2, 0, 1], "strides": [2, 1], "dilations": [1, 2]}, [numbers(5, 4, 3, 3), numbers(5)], IMAGE),
    ("Conv", {"group": 4, "kernel_shape": [3]}, [numbers(8, 1, 3)], (4, 20)),
    ("ConvTranspose", {"strides": [2, 3], "pads": [1, 0, 1, 0], "output_padding": [1, 0]},
     [numbers(4, 5, 3, 4)], IMAGE),
    ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, [], IMAGE),
    ("AveragePool", {"kernel_shape": [2, 3], "strides": [2, 3]}, [], IMAGE),
    ("GlobalAveragePool", {}, [], IMAGE),
    ("BatchNormalization", {"epsilon": 0.1}, [numbers(4), numbers(4), numbers(4), np.abs(numbers(4))], IMAGE),
    ("LayerNormalization", {}, [numbers(12), numbers(12)], IMAGE),
    ("Resize", {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
     [None, np.array([1, 1, 2, 2], np.float32)], IMAGE),
    ("Resize", {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
     [None, np.array([1, 1, 3, 2], np.float32)], IMAGE),
    ("Resize", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
     [None, np.array([1, 1, 2, 3], np.float32)], IMAGE),
    ("ReduceMean", {"axes": [2, 3], "keepdims": 0}, [], IMAGE),
    ("ReduceSum", {"keepdims": 1}, [np.array([-1])], IMAGE),
    ("ReduceL2", {"axes": [1]}, [], IMAGE),
    ("ReduceMax", {"axes": [2, 3]}, [], IMAGE),
    ("ReduceMin", {"axes": [-1], "keepdims": 0}, [], IMAGE),
    ("Slice", {}, [np.array([-1, 1]), np.array([-6, 100]), np.array([3, 2]), np.array([-2, 3])], IMAGE),
    ("Gather", {"axis": 2}, [np.array([[3, -1], [0, 3]])], IMAGE),
    ("Gather", {"axis": -1}, [np.array(-2)], IMAGE),
    ("Clip", {}, [np.float32(-0.5), np.float32(0.25)], IMAGE),
    ("Clip", {}, [None, np.float32(0.25)], IMAGE),
    ("Transpose", {"perm": [0, 3, 1, 2]}, [], IMAGE),
    ("Reshape", {}, [np.array([0, 0, -1])], IMAGE),
    ("Flatten", {"axis": 1}, [], IMAGE),
    ("Unsqueeze", {}, [np.array([-1, 1])], IMAGE),
    ("Squeeze", {}, [np.array([1])], (1, 5)),
    ("Expand", {}, [np.array([1, 3, 1, 5])], (1, 4, 5)),
    ("Softmax", {"axis": 1}, [], IMAGE),
    ("HardSigmoid", {"alpha": 0.3}, [], IMAGE),
    ("HardSwish", {}, [], IMAGE),
    ("LeakyRelu", {"alpha": 0.3}, [], IMAGE),
    ("LpNormalization", {"axis": 1, "p": 2}, [], IMAGE),
    ("Gemm", {"transB": 1, "alpha": 0.5, "beta": 2.0}, [numbers(7, 6), numbers(7)], (6,)),
    ("MatMul", {}, [numbers(12, 5)], IMAGE),
    *((each, {}, [numbers(12)], IMAGE) for each in ("Add", "Sub", "Mul", "Div")),
    ("Pow", {}, [np.float32(3.0)], IMAGE),
    *((each, {}, [], IMAGE) for each in ("Abs", "Sign", "Erf", "Exp", "Identity", "Neg", "Relu", "Sigmoid", "Tanh")),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "attributes", "others", "shape"), CASES)
def test_every_operator_means_what_onnx_runtime_means(
    tmp_path: Path, operator: str, attributes: dict[str, Any], others: list[Any], shape: tuple[int, ...]
) -> None:
    file = write_node(tmp_path / "one.onnx", operator, attributes, others, shape)
    batch = numbers(2, *shape)
    (found,), (expected,) = (load_network(file, "x", ["y"], config).run(batch) for config in (TORCH, ORT))
    assert found.shape == expected.shape and relative_error(found, expected) < 1e-5


@pytest.mark.parametrize(
    ("operator", "attributes", "complaint"),
    [
        ("Celu", {}, "has operator 'Celu' .* not known to the torch engine; set inference.backend=onnxruntime"),
        ("MaxPool", {"kernel_shape": [2, 2], "ceil_mode": 1}, "node 'MaxPool', which is not possible in torch here"),
    ],
)
def test_what_it_cannot_do_is_named_with_the_way_out(
    tmp_path: Path, operator: str, attributes: dict[str, Any], complaint: str
) -> None:
    file = write_node(tmp_path / "one.onnx", operator, attributes, [], IMAGE)
    with pytest.raises(BackendError, match=complaint):
        load_network(file, "x", ["y"], TORCH)


@pytest.mark.parametrize("content", [b"hello", b"version https://git-lfs.github.com/spec/v1\noid sha256:00"])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hello.onnx").write_bytes(content)
    with pytest.raises(BackendError, match=r"hello.onnx' \(\d+ bytes\) is no ONNX file"):
        load_network(tmp_path / "hello.onnx", "x", ["y"], TORCH)


def test_half_and_quantized_files_are_the_same_in_torch(root: Path, tmp_path: Path) -> None:
    from geoloc_ros.inference.network_file import read_network_file
    from geoloc_ros.inference.onnx_backend import read_signature
    from geoloc_ros.inference.precision import write_half, write_quantized

    network, half, quantized = (
        read_network_file(root / "models" / "scan_paper.onnx"), tmp_path / "half.onnx", tmp_path / "quantized.onnx",
    )  # fmt: skip
    batch = golden_batch((2, 360), 3)
    write_half(network, half)
    write_quantized(network, read_signature(network), [batch], quantized)
    for file, bar in ((half, 1e-2), (quantized, 1e-2)):
        (found,), (expected,) = (
            load_network(file, "features", ["embedding"], config).run(batch) for config in (TORCH, ORT)
        )
        assert relative_error(found, expected) < bar


def write_constant(file: Path, operator: str, kind: str, value: Any) -> Path:
    """A network of one operator on x and on a constant node."""
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], **{kind: value}), helper.make_node(operator, ["x", "c"], ["y"])],
        "one", [helper.make_tensor_value_info("x", number, ["N", 1])],
        [helper.make_tensor_value_info("y", number, None)],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(file))
    return file


@pytest.mark.parametrize(
    ("operator", "kind", "value"),
    [("Add", "value_float", 2.0), ("Add", "value_floats", [2.0]), ("Reshape", "value_ints", [-1, 1, 1])],
)
def test_constants_of_every_kind_are_read(tmp_path: Path, operator: str, kind: str, value: Any) -> None:
    file, batch = write_constant(tmp_path / "one.onnx", operator, kind, value), numbers(3, 1)
    (found,), (expected,) = (load_network(file, "x", ["y"], config).run(batch) for config in (TORCH, ORT))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_a_constant_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="value_string"):
        load_network(write_constant(tmp_path / "one.onnx", "Add", "value_string", b"2"), "x", ["y"], TORCH)


def test_weights_in_another_file_are_refused_wherever_that_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_node(tmp_path / "sum.onnx", "Add", {}, [numbers(2)], (2,))
    onnx.save(onnx.load(str(file)), str(file), save_as_external_data=True, location="weights", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BackendError, match="weights in other files"):
        load_network(file, "x", ["y"], TORCH)
