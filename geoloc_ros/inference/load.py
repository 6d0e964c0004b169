"""A network on the best engine that works here."""

from __future__ import annotations

import functools
import importlib.util
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.inference.engine import EngineMaker, EngineMissingError
from geoloc_ros.inference.network_file import NetworkFile, read_network_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkRequest:
    """What shall be loaded."""

    file: NetworkFile
    input_name: str
    output_names: tuple[str, ...]
    item_shape: tuple[int, ...] | None
    """None where the file leaves nothing but N open."""


@dataclass(frozen=True)
class Engine:
    """One way to run networks."""

    name: str
    load: Callable[[NetworkRequest, InferenceConfig], Network]
    """Raises BackendError where it does not work here, which is found out by trying."""


def load_network(
    file: Path, input_name: str, output_names: Sequence[str], config: InferenceConfig,
    item_shape: tuple[int, ...] | None = None,
) -> Network:
    """The network of an ONNX file, loaded by the engine of `inference.backend` and run once.

    Args:
        file: One ONNX file that holds its weights itself.
        input_name: The name that its only input must have.
        output_names: Those that are wanted, in the order in which `run` gives them.
        config: What runs it.
        item_shape: Of one item of the input, where the file leaves more than N open (H and W of an image network).

    Raises:
        BackendError: If the file is missing, broken, or not such a network; or the engine cannot be used here.
    """
    request = NetworkRequest(read_network_file(file), input_name, tuple(output_names), item_shape)
    return load_on_first(request, config, engines_for(config))


def engines_for(config: InferenceConfig) -> tuple[Engine, ...]:
    """Those that `inference.backend` allows, the fastest first."""
    tensorrt, torch = Engine("TensorRT", _on_tensorrt), Engine("torch", _on_torch)
    onnxruntime = (Engine("CUDA", _on_cuda), Engine("onnxruntime", _on_processor))
    if config.backend == "auto":
        # The last resort: it is large, slow to start, and reads the files with an evaluator of our own.
        return (tensorrt, *onnxruntime) if importlib.util.find_spec("onnxruntime") is not None else (torch,)
    return {"tensorrt": (tensorrt,), "onnxruntime": onnxruntime, "torch": (torch,)}[config.backend]


def load_on_first(request: NetworkRequest, config: InferenceConfig, engines: Sequence[Engine]) -> Network:
    """The network on the first of `engines` that works; says which, and why none before it.

    Raises:
        BackendError: If none works; it is what the last of them says.
    """
    reasons: list[str] = []
    for engine in engines[:-1]:
        try:
            network = engine.load(request, config)
        except BackendError as error:
            level = logging.DEBUG if isinstance(error, EngineMissingError) else logging.WARNING
            logger.log(level, "network '%s' does not run on %s: %s", request.file.path, engine.name, error)
            reasons.append(f"{engine.name}: {error}" if level == logging.DEBUG else f"{engine.name} failed")
        else:
            return _announced(request, network, reasons)
    try:
        return _announced(request, engines[-1].load(request, config), reasons)
    except EngineMissingError as error:
        raise BackendError(
            f"inference.backend is '{config.backend}', which does not work here: {error}; set it to auto"
        ) from error


@functools.cache
def tensorrt_here() -> EngineMaker:
    """TensorRT on the GPU of this machine.

    Raises:
        EngineMissingError: If it is not installed, or there is no driver or no GPU.
        BackendError: If it is installed and broken, too old, or not for this GPU.
    """
    from geoloc_ros.inference.cuda_driver import CudaDriver
    from geoloc_ros.inference.tensorrt_backend import TensorRtMaker
    from geoloc_ros.inference.tensorrt_library import TensorRtLibrary, installed_module

    if (module := installed_module()) is None:
        raise EngineMissingError("neither tensorrt nor tensorrt_rtx is installed")
    try:
        # Before the library is loaded: it is large, and crashes if it looks for a GPU where there is no driver.
        driver = CudaDriver()
    except BackendError as error:
        raise EngineMissingError(f"{module} is installed, but {error}") from error
    return TensorRtMaker(TensorRtLibrary(), driver, driver.device.capability)


def _announced(request: NetworkRequest, network: Network, reasons: Sequence[str]) -> Network:
    why = f" ({'; '.join(reasons)})" if reasons else ""
    logger.info("network '%s' runs on %s%s", request.file.path, network.engine_name, why)
    return network


def _on_tensorrt(request: NetworkRequest, config: InferenceConfig) -> Network:
    maker = tensorrt_here()
    from geoloc_ros.inference.compiled_network import CompileRequest, load_compiled
    from geoloc_ros.inference.engine_cache import EngineCache
    from geoloc_ros.inference.onnx_backend import read_signature

    signature = read_signature(request.file, request.item_shape)
    signature.require(request.file, request.input_name, request.output_names)
    return load_compiled(
        CompileRequest(request.file, signature, maker), request.output_names, EngineCache.of_user(config.engine_cache)
    )


def _on_cuda(request: NetworkRequest, config: InferenceConfig) -> Network:
    from geoloc_ros.inference.cuda_driver import CudaDriver
    from geoloc_ros.inference.onnx_backend import OnnxNetwork, has_cuda

    if not has_cuda():
        raise EngineMissingError("onnxruntime is not built for it")
    try:
        CudaDriver()
    except BackendError as error:
        raise EngineMissingError(str(error)) from error
    return OnnxNetwork(
        request.file, request.input_name, request.output_names, config.num_threads, request.item_shape, "CUDA"
    )


def _on_processor(request: NetworkRequest, config: InferenceConfig) -> Network:
    from geoloc_ros.inference.onnx_backend import OnnxNetwork

    return OnnxNetwork(request.file, request.input_name, request.output_names, config.num_threads, request.item_shape)


def _on_torch(request: NetworkRequest, config: InferenceConfig) -> Network:
    try:
        from geoloc_ros.inference.torch_backend import TorchNetwork
    except ImportError as error:
        raise EngineMissingError(f"{error}: pip install 'geoloc_ros[train]'") from error
    return TorchNetwork(request.file, request.input_name, request.output_names, config.num_threads, request.item_shape)
