"""Networks with smaller numbers inside: the precision is part of the file, as every engine then computes the same.

Input and outputs stay float32. Needs the package `onnx`, which is not on the robot's path.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.network_file import PRECISION, NetworkFile, Signature

# These gain from half precision, and do not suffer. What sums up over a whole image or divides stays in single
# precision: means, norms, softmax, exponentials.
_HALF = {
    "Add", "AveragePool", "Clip", "Concat", "Conv", "ConvTranspose", "Flatten", "Gemm", "Identity", "LeakyRelu",
    "MatMul", "MaxPool", "Mul", "Neg", "Relu", "Reshape", "Resize", "Slice", "Squeeze", "Sub", "Transpose", "Unsqueeze",
}  # fmt: skip
_LARGEST_HALF = 65504.0


def write_half(file: NetworkFile, path: Path) -> None:
    """Write a network of which weights and most layers have half precision.

    Raises:
        BackendError: If it has loops or branches, or weights that are too large for it.
    """
    model = _folded(file)
    if any(attribute.type == onnx.AttributeProto.GRAPH for node in model.graph.node for attribute in node.attribute):
        raise BackendError(f"network '{file.path}' has loops or branches, which are not made smaller; leave it at fp32")
    typed = onnx.shape_inference.infer_shapes(model)
    floats = {each.name for each in model.graph.initializer if each.data_type == TensorProto.FLOAT} | {
        value.name for value in (*typed.graph.value_info, *typed.graph.input, *typed.graph.output)
        if value.type.tensor_type.elem_type == TensorProto.FLOAT
    }  # fmt: skip
    _Halver(file, model, floats).apply()
    _write(file, model, "fp16", path)


def write_quantized(file: NetworkFile, signature: Signature, calibration: Sequence[Float32], path: Path) -> None:
    """Write a network that rounds weights and layers to 8 bits, in ranges that it took on some inputs.

    Args:
        calibration: Batches (N, ...) of what it will see on the road; a hundred items are enough.

    Raises:
        BackendError: If there is nothing to calibrate with, or it has another shape.
    """
    if not calibration:
        raise BackendError(f"int8 needs to see what '{file.path}' gets: give calibration data")
    shapes = {batch.shape[1:] for batch in calibration}
    if shapes != {signature.item_shape}:
        raise BackendError(
            f"calibration data has items of {sorted(shapes)}, network '{file.path}' takes {signature.item_shape}"
        )
    with tempfile.TemporaryDirectory(prefix="geoloc_") as folder:
        source, target = Path(folder) / "folded.onnx", Path(folder) / "quantized.onnx"
        model = _folded(file)
        # What it would advise to do first has been done.
        helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
        onnx.save(model, str(source))
        quantize_static(
            str(source), str(target), _Reader(signature.input_name, calibration), quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"], per_channel=True, activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8, nodes_to_exclude=_output_nodes(model),
            # TensorRT knows only scales without offset, and biases that are not rounded.
            extra_options={"ActivationSymmetric": True, "WeightSymmetric": True, "QuantizeBias": False},
        )  # fmt: skip
        _write(file, onnx.load(str(target)), "int8", path)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Calibration data as ONNX Runtime wants it."""

    def __init__(self, name: str, batches: Sequence[Float32]) -> None:
        self._items = ({name: batch[index : index + 1]} for batch in batches for index in range(len(batch)))

    def get_next(self) -> dict[str, Float32] | None:
        return next(self._items, None)


class _Halver:
    """Changes a model in place: every layer gets its inputs in its own precision, converted where they are not."""

    def __init__(self, file: NetworkFile, model: onnx.ModelProto, floats: set[str]) -> None:
        self._file, self._graph, self._floats = file, model.graph, floats
        self._opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
        self._outputs = {value.name for value in model.graph.output}
        self._weights = {each.name: each for each in model.graph.initializer}
        self._half: set[str] = set()
        self._casts: dict[tuple[str, bool], str] = {}
        self._nodes: list[Any] = []

    def apply(self) -> None:
        """Do it."""
        for node in list(self._graph.node):
            is_half = node.op_type in _HALF and not set(node.output) & self._outputs
            is_half = is_half and node.output[0] in self._floats
            for index in self._of_output_type(node):
                node.input[index] = self._in_precision(node.input[index], is_half)
            if is_half:
                self._half.update(node.output)
            self._nodes.append(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        # They say float32 of what is no longer.
        del self._graph.value_info[:]
        self._drop_unused_weights()

    def _of_output_type(self, node: Any) -> list[int]:
        """Inputs that must have the type of the first output: not the scales of a resize."""
        if node.domain not in ("", "ai.onnx"):
            return [index for index, name in enumerate(node.input) if name in self._floats]
        schema = onnx.defs.get_schema(node.op_type, self._opset)
        declared, wanted = schema.inputs, schema.outputs[0].type_str
        return [
            index for index, name in enumerate(node.input)
            if name in self._floats
            and (node.op_type not in _HALF or declared[min(index, len(declared) - 1)].type_str == wanted)
        ]  # fmt: skip

    def _in_precision(self, name: str, is_half: bool) -> str:
        if (name in self._half) == is_half:
            return name
        if (name, is_half) not in self._casts:
            self._casts[name, is_half] = self._converted(name, is_half)
        return self._casts[name, is_half]

    def _converted(self, name: str, is_half: bool) -> str:
        new = f"{name}_{'half' if is_half else 'single'}"
        if name in self._weights:
            values = numpy_helper.to_array(self._weights[name])
            if np.abs(values).max(initial=0.0) > _LARGEST_HALF:
                raise BackendError(
                    f"network '{self._file.path}' has weights up to {np.abs(values).max():.0f} ('{name}'), half "
                    "precision ends at 65504; leave it at fp32"
                )
            self._graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), new))
        else:
            target = TensorProto.FLOAT16 if is_half else TensorProto.FLOAT
            self._nodes.append(helper.make_node("Cast", [name], [new], to=target, name=new))
        return new

    def _drop_unused_weights(self) -> None:
        used = {name for node in self._graph.node for name in node.input}
        kept = [each for each in self._graph.initializer if each.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)


def _folded(file: NetworkFile) -> onnx.ModelProto:
    """The network with constants computed and normalisation layers merged into the convolutions before them."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory(prefix="geoloc_") as folder:
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        onnxruntime.InferenceSession(file.content, options, ["CPUExecutionProvider"])
        model = onnx.load(options.optimized_model_filepath)
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    return model


def _output_nodes(model: onnx.ModelProto) -> list[str]:
    outputs = {value.name for value in model.graph.output}
    return [node.name for node in model.graph.node if set(node.output) & outputs]


def _write(file: NetworkFile, model: onnx.ModelProto, precision: str, path: Path) -> None:
    metadata = {entry.key: entry.value for entry in onnx.load_model_from_string(file.content).metadata_props}
    del model.metadata_props[:]
    helper.set_model_props(model, {**metadata, PRECISION: precision, "geoloc_source": file.sha256})
    onnx.checker.check_model(model, full_check=True)
    with write_beside(path) as partial:
        onnx.save(model, str(partial))
