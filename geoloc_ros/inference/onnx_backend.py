"""Networks on ONNX Runtime: the engine that runs everywhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.network_file import NetworkFile, Signature, resolved_shape

Device = Literal["CPU", "CUDA"]

# They have no common base class.
_REFUSALS = (EPFail, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplemented, RuntimeException)
_ERRORS_ONLY = 3
_CPU = "CPUExecutionProvider"
# By its default, products on a GPU have 10 bits.
_CUDA = ("CUDAExecutionProvider", {"use_tf32": "0"})
_PROVIDERS: dict[Device, list[Any]] = {"CPU": [_CPU], "CUDA": [_CUDA, _CPU]}


class OnnxNetwork:
    """A network with one input (N, ...) of any N, all numbers float32; implements `core.interfaces.Network`."""

    def __init__(
        self, file: NetworkFile, input_name: str, output_names: Sequence[str], num_threads: int = 1,
        item_shape: tuple[int, ...] | None = None, device: Device = "CPU",
    ) -> None:
        """Load `file` and run it once.

        Args:
            file: One ONNX file that holds its weights itself.
            input_name: The name that its only input must have.
            output_names: Those that are wanted, in the order in which `run` gives them.
            num_threads: One is best for small networks, and leaves the other cores to others; 0 is one per core.
            item_shape: Of one item of the input, where the file leaves more than N open.
            device: Where it shall run.

        Raises:
            BackendError: If it is no ONNX file that this runtime can run, or has other inputs or outputs; or if it
                shall run on a GPU and this runtime cannot use one.
        """
        self.file, self.file_id = file.path, file.file_id
        options = _options(num_threads)
        self._session = _open(file, options, device)
        self.engine_name = _engine_name(device, options.intra_op_num_threads)
        signature = _signature(self._session, file, item_shape)
        signature.require(file, input_name, output_names)
        self.metadata, self.input_shape = signature.metadata, signature.item_shape
        self._input_name, self._output_names = input_name, list(output_names)
        self.output_shapes = self._probed_output_shapes(file)

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...) of a batch (N, ...) of inputs.

        Raises:
            BackendError: If a node cannot be run on these numbers, or the device is out of memory.
        """
        assert batch.dtype == np.float32 and batch.shape[1:] == self.input_shape, (batch.dtype, batch.shape)
        try:
            return self._run(batch)
        except _REFUSALS as error:
            raise BackendError(f"network '{self.file}' failed on {self.engine_name}: {_first_line(error)}") from error

    def _run(self, batch: Float32) -> tuple[Float32, ...]:
        return tuple(self._session.run(self._output_names, {self._input_name: np.ascontiguousarray(batch)}))

    def _probed_output_shapes(self, file: NetworkFile) -> tuple[tuple[int, ...], ...]:
        """By running it, for what a file says of its outputs need not be complete."""
        try:
            outputs = self._run(np.zeros((2, *self.input_shape), np.float32))
        except _REFUSALS as error:
            raise file.unfit(f"does not run on two items at once ({_first_line(error)})") from error
        if any(output.ndim == 0 or len(output) != 2 for output in outputs):
            raise file.unfit(f"gives outputs of shapes {[output.shape for output in outputs]} for two items")
        return tuple(output.shape[1:] for output in outputs)


def read_signature(file: NetworkFile, item_shape: tuple[int, ...] | None = None) -> Signature:
    """What a network takes and gives, without making it ready to run.

    Args:
        file: One ONNX file that holds its weights itself.
        item_shape: Of one item of the input, where the file leaves more than N open.

    Raises:
        BackendError: If it is no ONNX file, or not of the kind that networks here are of.
    """
    return _signature(_open(file, _unoptimised(), "CPU"), file, item_shape)


def declared_input(file: NetworkFile) -> tuple[object, ...]:
    """Sizes of the first input as the file has them; what is no integer is open.

    Raises:
        BackendError: If it is no ONNX file.
    """
    return tuple(_open(file, _unoptimised(), "CPU").get_inputs()[0].shape)


def has_cuda() -> bool:
    """Was this ONNX Runtime built for NVIDIA GPUs?"""
    return _CUDA[0] in onnxruntime.get_available_providers()


def _open(file: NetworkFile, options: onnxruntime.SessionOptions, device: Device) -> onnxruntime.InferenceSession:
    if device == "CUDA" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # finds the CUDA libraries of Python wheels
    try:
        session = onnxruntime.InferenceSession(file.content, options, _PROVIDERS[device])
    except _REFUSALS as error:
        raise BackendError(
            f"'{file.path}' ({len(file.content)} bytes) is no network that ONNX Runtime {onnxruntime.__version__} can "
            f"run: {_first_line(error)}; export or download it again"
        ) from error
    # It says nothing where CUDA or cuDNN are missing or too old, and runs on the processor.
    if device == "CUDA" and (used := session.get_providers()[0]) != _CUDA[0]:
        raise BackendError(
            f"ONNX Runtime {onnxruntime.__version__} was built for CUDA and falls back to {used}: libraries of CUDA or "
            "cuDNN are missing, or the driver is too old; run onnxruntime.print_debug_info() for which"
        )
    return session


def _signature(
    session: onnxruntime.InferenceSession, file: NetworkFile, item_shape: tuple[int, ...] | None
) -> Signature:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        raise file.unfit(f"has inputs {[node.name for node in inputs]}, wanted is one")
    others = [f"{node.name}: {node.type}" for node in (*inputs, *outputs) if node.type != "tensor(float)"]
    if others:
        raise file.unfit(f"must take and give float32, and has {', '.join(others)}")
    return Signature(
        inputs[0].name, tuple(node.name for node in outputs), resolved_shape(file, inputs[0].shape, item_shape),
        dict(session.get_modelmeta().custom_metadata_map),
    )  # fmt: skip


def _options(num_threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # Its own "one per core" counts cores that this process may not use, and pins threads to them.
    options.intra_op_num_threads = num_threads or len(os.sched_getaffinity(0))
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the other core from everything else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _unoptimised() -> onnxruntime.SessionOptions:
    options = _options(1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _engine_name(device: Device, num_threads: int) -> str:
    threads = "" if device != "CPU" else f", {num_threads} thread" + "s" * (num_threads != 1)
    return f"onnxruntime {onnxruntime.__version__} {device}{threads}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
