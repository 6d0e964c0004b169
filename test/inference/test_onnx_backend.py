from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import OnnxNetwork

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
WriteNetwork = Callable[..., Path]


def load(file: Path, input_name: str, output_names: Sequence[str], num_threads: int = 1) -> OnnxNetwork:
    return OnnxNetwork(read_network_file(file), input_name, output_names, num_threads)


def write(
    path: Path, shape: Sequence[object] = ("N", 3), scale: float = 2.0, numbers: int = onnx.TensorProto.FLOAT,
    operator: str = "Mul", output: Sequence[object] = ("N", 3),
) -> Path:
    """A network that multiplies x by `scale` and calls it y."""
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "scale"], ["y"])], "scale",
        [helper.make_tensor_value_info("x", numbers, shape)],
        [helper.make_tensor_value_info("y", numbers, output)], [helper.make_tensor("scale", numbers, [1], [scale])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"made": "up"})
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("num_threads", [0, 1, 2])
def test_it_computes_what_the_file_says_for_any_batch(tmp_path: Path, num_threads: int) -> None:
    network = load(write(tmp_path / "twice.onnx"), "x", ["y"], num_threads)
    assert (network.input_shape, network.output_shapes, network.metadata) == ((3,), ((3,),), {"made": "up"})
    for count in (1, 7):
        batch = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
        (output,) = network.run(batch)
        assert np.array_equal(output, 2.0 * batch)


def test_outputs_come_in_the_order_they_were_asked_for(write_network: WriteNetwork, tmp_path: Path) -> None:
    file, features = write_network(tmp_path / "ours.onnx"), np.ones((1, 8, 360), np.float32)
    one = load(file, "features", ("descriptor", "query")).run(features)
    other = load(file, "features", ("query", "descriptor")).run(features)
    assert np.array_equal(one[0], other[1]) and np.array_equal(one[1], other[0])
    assert not np.array_equal(one[0], one[1])


def test_its_name_changes_with_every_byte(tmp_path: Path) -> None:
    files = [write(tmp_path / name, scale=scale) for name, scale in (("a", 2.0), ("b", 2.0), ("c", 2.5))]
    first, second, third = (load(file, "x", ["y"]).file_id for file in files)
    assert first == second != third and len(first) == 12


def test_a_missing_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"nowhere.onnx': No such file.*name an ONNX file"):
        load(tmp_path / "nowhere.onnx", "x", ["y"])


@pytest.mark.parametrize("content", [b"", b"hello", b"version https://git-lfs.github.com/spec/v1\noid sha256:00"])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hello.onnx").write_bytes(content)
    with pytest.raises(BackendError, match=rf"hello.onnx' \({len(content)} bytes\) is no network that ONNX Runtime"):
        load(tmp_path / "hello.onnx", "x", ["y"])


def test_a_file_that_was_cut_short_is_refused(write_network: WriteNetwork, tmp_path: Path) -> None:
    file = write_network(tmp_path / "cut.onnx")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(BackendError, match="cut.onnx"):
        load(file, "features", ("descriptor", "query"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"shape": (1, 3), "output": (1, 3)}, r"input shape \[1, 3\]; only the first size must be left open"),
        ({"shape": ("N", "C"), "output": ("N", "C")}, "only the first size must be left open"),
        ({"numbers": onnx.TensorProto.DOUBLE}, r"must take and give float32, and has x: tensor\(double\)"),
        ({"operator": "NoSuchOperator"}, "is no network that ONNX Runtime"),
    ],
)
def test_a_network_that_cannot_be_used_says_why(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(BackendError, match=complaint):
        load(write(tmp_path / "odd.onnx", **changes), "x", ["y"])


def test_a_batch_size_that_is_baked_in_is_noticed(tmp_path: Path) -> None:
    helper = onnx.helper
    numbers = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])], "baked",
        [helper.make_tensor_value_info("x", numbers, ["N", 4])], [helper.make_tensor_value_info("y", numbers, None)],
        [helper.make_tensor("shape", onnx.TensorProto.INT64, [2], [1, -1])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(tmp_path / "b"))
    with pytest.raises(BackendError, match=r"outputs of shapes \[\(1, 8\)\] for two items"):
        load(tmp_path / "b", "x", ["y"])


def test_other_names_than_wanted_are_refused_with_both(tmp_path: Path) -> None:
    file = write(tmp_path / "twice.onnx")
    for input_name, output_names in (("x", ["z"]), ("features", ["y"])):
        with pytest.raises(BackendError, match=r"inputs \['x'\] and outputs \['y'\], wanted are input"):
            load(file, input_name, output_names)


def test_what_fails_on_some_numbers_only_is_told_as_an_error_of_ours(tmp_path: Path) -> None:
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["x"], ["index"], to=onnx.TensorProto.INT64),
            helper.make_node("Gather", ["table", "index"], ["y"]),
        ],
        "look up", [helper.make_tensor_value_info("x", number, ["N", 1])],
        [helper.make_tensor_value_info("y", number, ["N", 1])], [helper.make_tensor("table", number, [2], [3.0, 4.0])],
    )  # fmt: skip
    file = tmp_path / "look_up.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(file))
    network = load(file, "x", ["y"])
    assert network.run(np.ones((1, 1), np.float32))[0] == 4.0
    with pytest.raises(BackendError, match="look_up.onnx' failed on onnxruntime"):
        network.run(np.full((1, 1), 5.0, np.float32))
