from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference.load import load_network

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
CPU = InferenceConfig(backend="onnxruntime")


def write_image_network(path: Path) -> Path:
    """Mean of every channel over 4 x 4 pixels, of images of any size."""
    helper, numbers = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("AveragePool", ["image"], ["means"], kernel_shape=[4, 4], strides=[4, 4])], "means",
        [helper.make_tensor_value_info("image", numbers, ["N", 4, "H", "W"])],
        [helper.make_tensor_value_info("means", numbers, None)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def test_open_sizes_are_those_that_were_asked_for(tmp_path: Path) -> None:
    file = write_image_network(tmp_path / "means.onnx")
    network = load_network(file, "image", ["means"], CPU, (4, 32, 64))
    assert (network.input_shape, network.output_shapes) == ((4, 32, 64), ((4, 8, 16),))
    (means,) = network.run(np.full((3, 4, 32, 64), 7.0, np.float32))
    assert np.array_equal(means, np.full((3, 4, 8, 16), 7.0))


@pytest.mark.parametrize("item_shape", [(3, 32, 64), (4, 32), (4, 32, 64, 1)])
def test_sizes_that_the_file_does_not_leave_open_cannot_be_changed(tmp_path: Path, item_shape: tuple[int, ...]) -> None:
    file = write_image_network(tmp_path / "means.onnx")
    with pytest.raises(BackendError, match=r"'N', 4, 'H', 'W'\] and shall get items of"):
        load_network(file, "image", ["means"], CPU, item_shape)


def test_what_runs_it_is_said(write_network: Callable[..., Path], tmp_path: Path) -> None:
    network = load_network(write_network(tmp_path / "a.onnx"), "features", ["query"], CPU)
    assert network.engine_name.startswith("onnxruntime ") and network.engine_name.endswith(" CPU, 1 thread")
