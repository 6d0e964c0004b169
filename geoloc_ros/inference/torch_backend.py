"""Networks in torch: the last resort, and a second opinion. The only module on the robot's path that knows torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.network_file import NetworkFile, Signature, resolved_shape
from geoloc_ros.inference.torch_operators import OPERATORS, Attributes, Operator

_FLOAT = onnx.TensorProto.FLOAT
# Attributes that hold the value of a constant; that of a tensor has a type of its own.
_CONSTANTS = {
    "value": None, "value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64
}


@dataclass(frozen=True)
class _Step:
    """One node of the network."""

    operator: Operator
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: Attributes


class TorchNetwork:
    """A network with one input (N, ...) of any N, all numbers float32; implements `core.interfaces.Network`.

    It reads the same ONNX file as the other engines, node by node, so that there is no second file to keep in step.
    """

    def __init__(
        self, file: NetworkFile, input_name: str, output_names: Sequence[str], num_threads: int = 1,
        item_shape: tuple[int, ...] | None = None,
    ) -> None:
        """Load `file` and run it once, on the GPU where torch has one.

        Args:
            file: One ONNX file that holds its weights itself.
            input_name: The name that its only input must have.
            output_names: Those that are wanted, in the order in which `run` gives them.
            num_threads: Of all of torch in this process; 0 leaves it as it is.
            item_shape: Of one item of the input, where the file leaves more than N open.

        Raises:
            BackendError: If it is no ONNX file, has other inputs or outputs, or an operator that is not known here.
        """
        graph, signature = _read(file, item_shape)
        signature.require(file, input_name, output_names)
        if num_threads > 0:
            torch.set_num_threads(num_threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.file, self.file_id = file.path, file.file_id
        self.metadata, self.input_shape = signature.metadata, signature.item_shape
        self.engine_name = f"torch {torch.__version__} {self._device.type.upper()}"
        self._input_name, self._output_names = input_name, tuple(output_names)
        self._constants = {each.name: self._tensor(onnx.numpy_helper.to_array(each)) for each in graph.initializer}
        steps = [_step(file, node) for node in graph.node if node.op_type != "Constant"]
        self._steps = self._fold(file, steps, graph)
        outputs = self.run(np.zeros((2, *self.input_shape), np.float32))
        if any(output.ndim == 0 or len(output) != 2 for output in outputs):
            raise file.unfit(f"gives outputs of shapes {[output.shape for output in outputs]} for two items")
        self.output_shapes = tuple(output.shape[1:] for output in outputs)

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...) of a batch (N, ...) of inputs."""
        assert batch.dtype == np.float32 and batch.shape[1:] == self.input_shape, (batch.dtype, batch.shape)
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            values = {**self._constants, self._input_name: self._tensor(np.ascontiguousarray(batch))}
            for step in self._steps:
                values[step.output] = self._done(step, values)
            return tuple(values[name].cpu().numpy() for name in self._output_names)

    def _fold(self, file: NetworkFile, steps: Sequence[_Step], graph: Any) -> list[_Step]:
        """Do at once what depends on no input; return the rest."""
        for node in graph.node:
            if node.op_type == "Constant":
                self._constants[node.output[0]] = self._tensor(_constant(file, node))
        rest = []
        with torch.inference_mode():
            for step in steps:
                if all(name in self._constants for name in step.inputs if name):
                    self._constants[step.output] = self._done(step, self._constants)
                else:
                    rest.append(step)
        return rest

    def _done(self, step: _Step, values: dict[str, torch.Tensor]) -> torch.Tensor:
        inputs = [values[name] if name else None for name in step.inputs]
        try:
            return step.operator(inputs, step.attributes)
        except (NotImplementedError, RuntimeError, LookupError, TypeError, ValueError) as error:
            raise BackendError(
                f"network '{self.file}' has node '{step.name}', which is not possible in torch here: {error}; "
                "set inference.backend=onnxruntime"
            ) from error

    def _tensor(self, array: Any) -> torch.Tensor:
        return torch.tensor(np.asarray(array), device=self._device)


def _read(file: NetworkFile, item_shape: tuple[int, ...] | None) -> tuple[Any, Signature]:
    try:
        model = onnx.load_model_from_string(file.content)
    except DecodeError as error:
        raise BackendError(f"'{file.path}' ({len(file.content)} bytes) is no ONNX file; download it again") from error
    graph = model.graph
    if any(each.data_location == onnx.TensorProto.EXTERNAL for each in graph.initializer):
        raise file.unfit("keeps its weights in other files")
    constants = {each.name for each in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise file.unfit(f"has inputs {[value.name for value in inputs]}, wanted is one")
    if others := [value.name for value in (*inputs, *graph.output) if value.type.tensor_type.elem_type != _FLOAT]:
        raise file.unfit(f"must take and give float32, and has others: {', '.join(others)}")
    sizes = [size.dim_value or size.dim_param or None for size in inputs[0].type.tensor_type.shape.dim]
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    names = tuple(value.name for value in graph.output)
    return graph, Signature(inputs[0].name, names, resolved_shape(file, sizes, item_shape), metadata)


def _step(file: NetworkFile, node: Any) -> _Step:
    operator = OPERATORS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    if operator is None or len(node.output) != 1:
        raise BackendError(
            f"network '{file.path}' has operator '{node.op_type}' ('{node.name}') with {len(node.output)} outputs, "
            "which is not known to the torch engine; set inference.backend=onnxruntime"
        )
    return _Step(operator, node.name or node.op_type, tuple(node.input), node.output[0], _attributes(node))


def _constant(file: NetworkFile, node: Any) -> Any:
    ((name, value),) = _attributes(node).items()
    if name not in _CONSTANTS:
        raise file.unfit(f"has constant '{node.output[0]}' as a '{name}', which is not known to the torch engine")
    return np.asarray(value, _CONSTANTS[name])


def _attributes(node: Any) -> dict[str, Any]:
    values = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    return {
        name: onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value
        for name, value in values.items()
    }
