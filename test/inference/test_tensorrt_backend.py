from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import golden_batch, relative_error
from geoloc_ros.inference.compiled_network import CompileRequest, build_for_elsewhere
from geoloc_ros.inference.cuda_driver import CudaDriver
from geoloc_ros.inference.cuda_stream import CudaStream
from geoloc_ros.inference.engine import EngineMissingError, EnginePlan
from geoloc_ros.inference.engine_cache import EngineCache
from geoloc_ros.inference.graph_runner import GraphRunner
from geoloc_ros.inference.load import load_network, tensorrt_here
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import read_signature
from geoloc_ros.inference.tensorrt_backend import TensorRtMaker, TensorRtSession
from geoloc_ros.inference.tensorrt_library import TensorRtLibrary, installed_module

ADA = (8, 9)


def has_gpu() -> bool:
    try:
        CudaDriver()
    except BackendError:
        return False
    return True


@pytest.fixture(scope="session")
def library() -> TensorRtLibrary:
    if installed_module() != "tensorrt_rtx":
        pytest.skip("tensorrt_rtx, which builds without a GPU, is not installed: pip install tensorrt-rtx-cu13")
    return TensorRtLibrary()


@pytest.fixture(scope="session")
def shipped(root: Path) -> Path:
    return root / "models" / "scan_ours.onnx"


def request_of(file: Path, maker: TensorRtMaker) -> CompileRequest:
    network = read_network_file(file)
    return CompileRequest(network, read_signature(network), maker)


def test_a_real_engine_is_built_without_a_gpu(library: TensorRtLibrary, shipped: Path, tmp_path: Path) -> None:
    request = request_of(shipped, TensorRtMaker(library, None, ADA))
    said: list[tuple[str, float]] = []
    cache = EngineCache(tmp_path)
    assert build_for_elsewhere(request, cache, lambda *stage: said.append(stage)) > 1_000_000
    cached = cache.find(request.key)
    assert cached is not None and not cached.is_checked
    assert (request.key.device, request.key.precision) == ("compute capability 8.9", "fp32")
    ratios = [ratio for _, ratio in said]
    assert ratios == sorted(ratios) and ratios[-1] == 1.0 and 10 < len(ratios) < 110


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_precisions_that_are_part_of_the_file_are_built(
    library: TensorRtLibrary, shipped: Path, tmp_path: Path, precision: str
) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed: make dev")
    from geoloc_ros.inference.precision import write_half, write_quantized

    network, target = read_network_file(shipped), tmp_path / "other.onnx"
    if precision == "fp16":
        write_half(network, target)
    else:
        write_quantized(network, read_signature(network), [golden_batch((8, 360), 2)], target)
    request = request_of(target, TensorRtMaker(library, None, ADA))
    assert request.key.precision == precision
    assert build_for_elsewhere(request, EngineCache(tmp_path), no_progress) > 100_000


def test_what_tensorrt_does_not_know_is_said(library: TensorRtLibrary) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")
    numbers, helper = onnx.TensorProto.FLOAT, onnx.helper
    graph = helper.make_graph(
        [helper.make_node("NoSuchOperator", ["x"], ["y"])], "odd",
        [helper.make_tensor_value_info("x", numbers, ["N", 3])],
        [helper.make_tensor_value_info("y", numbers, ["N", 3])],
    )  # fmt: skip
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    with pytest.raises(BackendError, match=r"cannot read this network: .*NoSuchOperator"):
        TensorRtMaker(library, None, ADA).build(content, EnginePlan("x", (3,), 4), b"", no_progress)


def test_a_build_can_be_interrupted(library: TensorRtLibrary, shipped: Path) -> None:
    def interrupt(stage: str, ratio: float) -> None:
        raise KeyboardInterrupt

    maker = TensorRtMaker(library, None, ADA)
    with pytest.raises(KeyboardInterrupt):
        maker.build(shipped.read_bytes(), EnginePlan("features", (8, 360), 4), b"", interrupt)


def test_a_gpu_that_it_does_not_build_for_is_refused(library: TensorRtLibrary) -> None:
    with pytest.raises(BackendError, match=r"compute capability .*8\.9.*, and not for 3\.5"):
        TensorRtMaker(library, None, (3, 5))


def test_plain_tensorrt_builds_only_where_a_gpu_is() -> None:
    plain: Any = SimpleNamespace(is_rtx=False, name="tensorrt 10.3.0.26")
    with pytest.raises(BackendError, match="install tensorrt_rtx to build elsewhere"):
        TensorRtMaker(plain, None, ADA)


def test_plain_tensorrt_ties_engines_to_the_size_of_the_gpu(fake_libcuda: Path) -> None:
    plain: Any = SimpleNamespace(is_rtx=False, name="tensorrt 10.3.0.26")
    maker = TensorRtMaker(plain, CudaDriver(str(fake_libcuda)), (8, 7))
    assert maker.device_id == "compute capability 8.7, 16 multiprocessors, 30 GiB"


def test_nothing_is_run_without_a_driver(library: TensorRtLibrary, shipped: Path) -> None:
    with pytest.raises(BackendError, match="no GPU to run an engine"):
        TensorRtMaker(library, None, ADA).load(b"", EnginePlan("features", (8, 360), 4))
    if has_gpu():
        pytest.skip("there is a driver here")
    with pytest.raises(EngineMissingError, match="is installed, but there is no NVIDIA driver"):
        tensorrt_here.__wrapped__()


class FakeContext:
    """Triples numbers at the addresses it was given."""

    def __init__(self, output_shape: tuple[int, ...] | None = None) -> None:
        self.shape: tuple[int, ...] = ()
        self.output_shape = output_shape
        self.address: dict[str, int] = {}
        self.num_starts = 0

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shape = shape
        return shape[0] <= 4

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self.output_shape or self.shape

    def set_tensor_address(self, name: str, address: int) -> bool:
        self.address[name] = address
        return True

    def execute_async_v3(self, stream: int) -> bool:
        self.num_starts += 1
        numbers = int(np.prod(self.shape)) * ctypes.c_float
        given, done = (numbers.from_address(self.address[name]) for name in ("x", "y"))
        np.ctypeslib.as_array(done)[:] = 3.0 * np.ctypeslib.as_array(given)
        return bool(stream)


class FakeEngine:
    name, num_io_tensors = "triple", 2

    def get_tensor_name(self, index: int) -> str:
        return "xy"[index]

    def get_tensor_mode(self, name: str) -> str:
        return {"x": "input", "y": "output"}[name]

    def get_tensor_dtype(self, name: str) -> str:
        return "float"


@pytest.mark.parametrize("output_shape", [(-1, 3), (4, -1, 3), (8, 3)])
def test_outputs_of_which_nobody_knows_the_size_are_refused(fake_libcuda: Path, output_shape: tuple[int, ...]) -> None:
    with pytest.raises(BackendError, match=r"output 'y' has sizes .* for 4 items, .*=onnxruntime"):
        session_on(fake_libcuda, FakeContext(output_shape))


def session_on(fake_libcuda: Path, context: FakeContext) -> TensorRtSession:
    driver = CudaDriver(str(fake_libcuda))
    module = SimpleNamespace(TensorIOMode=SimpleNamespace(INPUT="input"), float32="float")
    plan = EnginePlan("x", (2, 3), 4)
    return TensorRtSession(module, None, FakeEngine(), context, CudaStream(driver), driver, plan)


def test_a_session_moves_numbers_to_the_device_and_back(fake_libcuda: Path) -> None:
    context = FakeContext()
    session = session_on(fake_libcuda, context)
    assert (session.input_name, session.output_names, session.output_shapes) == ("x", ("y",), ((2, 3),))
    runner = GraphRunner(session, 4)
    for count in (1, 3, 9):
        batch: Float32 = np.random.default_rng(count).random((count, 2, 3), dtype=np.float32)
        (output,) = runner.run(batch)
        assert np.array_equal(output, 3.0 * batch)
    assert context.num_starts == 1 + 1 + 3


@pytest.mark.skipif(not has_gpu() or installed_module() is None, reason="no GPU with TensorRT here")
@pytest.mark.parametrize("name", ["scan_ours", "scan_paper", "street"])
def test_tensorrt_agrees_with_onnx_runtime(root: Path, tmp_path: Path, name: str) -> None:
    input_name, outputs, item_shape = {
        "scan_ours": ("features", ("descriptor", "query"), None),
        "scan_paper": ("features", ("embedding",), None),
        "street": ("image", ("logits", "log_range", "boundary"), (4, 256, 512)),
    }[name]
    file, cache = root / "models" / f"{name}.onnx", str(tmp_path)
    ours, reference = (
        load_network(file, input_name, outputs, InferenceConfig(backend=backend, engine_cache=cache), item_shape)
        for backend in ("tensorrt", "onnxruntime")
    )
    assert "tensorrt" in ours.engine_name
    for count in (1, 1, 1, 70 if item_shape is None else 5, 3):
        batch = golden_batch(ours.input_shape, count)
        for found, expected in zip(ours.run(batch), reference.run(batch), strict=True):
            assert relative_error(found, expected) < 1e-3


def test_its_engines_are_not_asked_for_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, write_network: Callable[..., Path], tmp_path: Path
) -> None:
    monkeypatch.setattr("geoloc_ros.inference.tensorrt_library.installed_module", lambda: None)
    tensorrt_here.cache_clear()
    with pytest.raises(BackendError, match=r"inference.backend is 'tensorrt', which does not work here: neither"):
        load_network(
            write_network(tmp_path / "a.onnx"), "features", ["query"], InferenceConfig(backend="tensorrt")
        )
