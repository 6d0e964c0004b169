"""Networks on ONNX Runtime: the engine that runs everywhere."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32

# They have no common base class.
_REFUSALS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplemented, RuntimeException)
_ERRORS_ONLY = 3
_PROVIDERS = {"CPU": ["CPUExecutionProvider"], "CUDA": ["CUDAExecutionProvider", "CPUExecutionProvider"]}


class OnnxNetwork:
    """A network with one input (N, ...) of any N, all numbers float32; implements `core.interfaces.Network`."""

    def __init__(
        self, file: Path, input_name: str, output_names: Sequence[str], num_threads: int = 1,
        item_shape: tuple[int, ...] | None = None, device: Literal["CPU", "CUDA"] = "CPU",
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
            BackendError: If the file is missing, is no ONNX file that this runtime can run, or has other inputs or
                outputs; or if it shall run on a GPU and this runtime cannot use one.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BackendError(
                f"cannot read network '{file}': {error.strerror}; name an ONNX file in the configuration, "
                "or leave it empty for the one that is shipped"
            ) from error
        self.file = file
        self.file_id = hashlib.sha256(content).hexdigest()[:12]
        self._output_names = list(output_names)
        options = _options(num_threads)
        try:
            self._session = onnxruntime.InferenceSession(content, options, _PROVIDERS[device])
        except _REFUSALS as error:
            raise BackendError(
                f"'{file}' ({len(content)} bytes) is no network that ONNX Runtime {onnxruntime.__version__} can run: "
                f"{_first_line(error)}; export or download it again"
            ) from error
        if (used := self._session.get_providers()[0]) != _PROVIDERS[device][0]:
            raise BackendError(
                f"ONNX Runtime {onnxruntime.__version__} runs '{file}' on {used} and not on {device}: its CUDA "
                "libraries or the driver do not fit; set inference.backend=auto to run on the processor"
            )
        self.engine_name = _engine_name(device, options.intra_op_num_threads)
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self._input_name = input_name
        self.input_shape = self._checked_input_shape(item_shape)
        self.output_shapes = self._probed_output_shapes()

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...) of a batch (N, ...) of inputs."""
        assert batch.dtype == np.float32 and batch.shape[1:] == self.input_shape, (batch.dtype, batch.shape)
        outputs = self._session.run(self._output_names, {self._input_name: np.ascontiguousarray(batch)})
        return tuple(outputs)

    def _checked_input_shape(self, wanted: tuple[int, ...] | None) -> tuple[int, ...]:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        names = [node.name for node in inputs], [node.name for node in outputs]
        if names[0] != [self._input_name] or not set(self._output_names) <= set(names[1]):
            raise self._unfit(
                f"has inputs {names[0]} and outputs {names[1]}, wanted are input '{self._input_name}' and outputs "
                f"{self._output_names}"
            )
        others = [f"{node.name}: {node.type}" for node in (*inputs, *outputs) if node.type != "tensor(float)"]
        if others:
            raise self._unfit(f"must take and give float32, and has {', '.join(others)}")
        batch, *shape = inputs[0].shape
        if isinstance(batch, int) or (wanted is None and not all(isinstance(size, int) for size in shape)):
            raise self._unfit(f"has input shape {inputs[0].shape}; only the first size must be left open")
        if wanted is None:
            return tuple(shape)
        if len(shape) != len(wanted) or any(
            isinstance(size, int) and size != given for size, given in zip(shape, wanted, strict=True)
        ):
            raise self._unfit(f"has input shape {inputs[0].shape} and shall get items of {wanted}")
        return wanted

    def _probed_output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """By running it, for what a file says of its outputs need not be complete."""
        try:
            outputs = self.run(np.zeros((2, *self.input_shape), np.float32))
        except _REFUSALS as error:
            raise self._unfit(f"does not run on two items at once ({_first_line(error)})") from error
        if any(output.ndim == 0 or len(output) != 2 for output in outputs):
            raise self._unfit(f"gives outputs of shapes {[output.shape for output in outputs]} for two items")
        return tuple(output.shape[1:] for output in outputs)

    def _unfit(self, complaint: str) -> BackendError:
        return BackendError(f"network '{self.file}' {complaint}; export it again, or use the one that is shipped")


def _options(num_threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # Its own "one per core" counts cores that this process may not use, and pins threads to them.
    options.intra_op_num_threads = num_threads or len(os.sched_getaffinity(0))
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the other core from everything else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _engine_name(device: str, num_threads: int) -> str:
    threads = "" if device != "CPU" else f", {num_threads} thread" + "s" * (num_threads != 1)
    return f"onnxruntime {onnxruntime.__version__} {device}{threads}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
