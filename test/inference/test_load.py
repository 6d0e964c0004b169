import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.inference.engine import EngineMissingError
from geoloc_ros.inference.load import Engine, NetworkRequest, engines_for, load_network, load_on_first
from geoloc_ros.inference.network_file import read_network_file

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


def request_for(file: Path) -> NetworkRequest:
    return NetworkRequest(read_network_file(file), "features", ("query",), None)


def broken(error: BackendError) -> Engine:
    def load(request: NetworkRequest, config: InferenceConfig) -> Network:
        raise error

    return Engine("Fancy", load)


def on_processor() -> Engine:
    return engines_for(CPU)[-1]


@pytest.fixture
def file(write_network: Callable[..., Path], tmp_path: Path) -> Path:
    return write_network(tmp_path / "ours.onnx")


def test_the_first_engine_that_works_is_taken_and_the_log_says_why(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    network = load_on_first(
        request_for(file), CPU, [broken(EngineMissingError("no driver")), on_processor(), broken(BackendError("never"))]
    )
    assert network.engine_name.startswith("onnxruntime")
    assert re.search(r"ours.onnx' runs on onnxruntime \S+ CPU, 1 thread \(Fancy: no driver\)", caplog.text)
    assert "WARNING" not in caplog.text


def test_an_engine_that_should_work_and_fails_is_warned_of(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_on_first(request_for(file), CPU, [broken(BackendError("its output is off by 0.3")), on_processor()])
    assert "WARNING" in caplog.text and "does not run on Fancy: its output is off by 0.3" in caplog.text


def test_an_engine_that_was_asked_for_by_name_is_not_replaced(file: Path) -> None:
    with pytest.raises(BackendError, match="is 'tensorrt', which does not work here: no driver; set it to auto"):
        load_on_first(
            request_for(file), InferenceConfig(backend="tensorrt"), [broken(EngineMissingError("no driver"))]
        )
    with pytest.raises(BackendError, match="^off by 0.3$"):
        load_on_first(request_for(file), InferenceConfig(backend="tensorrt"), [broken(BackendError("off by 0.3"))])


def test_each_name_stands_for_its_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    def names(backend: str) -> list[str]:
        return [each.name for each in engines_for(InferenceConfig.model_validate({"backend": backend}))]

    assert names("auto") == ["TensorRT", "CUDA", "onnxruntime"]
    assert (names("tensorrt"), names("torch")) == (["TensorRT"], ["torch"])
    assert names("onnxruntime") == ["CUDA", "onnxruntime"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert names("auto") == ["torch"]


def test_onnx_runtime_that_falls_back_from_cuda_says_so_and_the_processor_is_used(
    file: Path, monkeypatch: pytest.MonkeyPatch, fake_libcuda: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As onnxruntime-gpu without cuDNN: it lists CUDA, and silently gives a session on the processor."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr("geoloc_ros.inference.cuda_driver._LIBRARY", str(fake_libcuda))
    real = onnxruntime.InferenceSession

    def falls_back(content: bytes, options: onnxruntime.SessionOptions, providers: list[Any]) -> Any:
        return real(content, options, ["CPUExecutionProvider"])

    monkeypatch.setattr("onnxruntime.InferenceSession", falls_back)
    network = load_network(file, "features", ["query"], CPU)
    assert "falls back to CPUExecutionProvider: libraries of CUDA or cuDNN are missing" in caplog.text
    assert network.engine_name.endswith("CPU, 1 thread") and "(CUDA failed)" in caplog.text


def test_a_network_with_other_outputs_is_refused_by_every_engine(file: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed: make dev")
    for backend in ("onnxruntime", "torch"):
        config = InferenceConfig.model_validate({"backend": backend})
        with pytest.raises(BackendError, match=r"outputs \['descriptor', 'query'\], wanted are .*\['embedding'\]"):
            load_network(file, "features", ["embedding"], config)


def test_the_robots_path_runs_a_network_without_torch(file: Path) -> None:
    code = f"""
import sys
from pathlib import Path
import geoloc_ros.localize, geoloc_ros.scan.encoders
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.inference.load import load_network
load_network(Path({str(file)!r}), "features", ["query"], InferenceConfig())
sys.exit("torch" in sys.modules or "onnx" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
