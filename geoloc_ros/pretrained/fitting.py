"""ONNX files of others, made such as ours are: any number of images in, float32 in and out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, compose, helper, numpy_helper

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import ArtifactError

_OPSET = 17
_OLD, _NEW = "old_", "new_"


def fit_network(source: Path, path: Path, outputs: Sequence[str] = (), detections: int = 0) -> tuple[str, ...]:
    """Write `source` such that it takes float32 (N, 3, H, W) of any N and gives float32 (N, ...).

    What it has of this it keeps. Integers and half precision are converted at its ends, an image (N, H, W, 3) is turned
    round, and a network that takes one image only is run for one after the other.

    Args:
        source: An ONNX file with one input.
        path: Of the file to write.
        outputs: Names of those to keep; all where there are none.
        detections: For a network that gives as many rows, without N, as it finds things in one image: the number of
            rows to fill up to, with zeros, or to cut off at. 0 for others.

    Returns:
        What was changed, for people.

    Raises:
        ArtifactError: If the file cannot be read, has other outputs, or takes something else than images.
    """
    model = _load(source)
    kept = _kept_outputs(model, outputs, source)
    weights = {each.name for each in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1 or not _is_image(_sizes(inputs[0])):
        shapes = {value.name: _sizes(value) for value in inputs}
        raise ArtifactError(f"'{source}' takes {shapes}, not one image (N, 3, H, W); export it again with one input")
    fitting = _Fitting(model, inputs[0], kept, detections)
    fitting.apply()
    fitted = onnx.shape_inference.infer_shapes(fitting.model)
    # The checker wants to know the number of axes of each output, which engines find out by themselves.
    if all(value.type.tensor_type.HasField("shape") for value in fitted.graph.output):
        onnx.checker.check_model(fitted, full_check=True)
    with write_beside(path) as partial:
        onnx.save(fitted, str(partial))
    return tuple(fitting.said)


class _Fitting:
    """Builds new ends round an old graph."""

    def __init__(
        self, model: onnx.ModelProto, image: onnx.ValueInfoProto, kept: Sequence[onnx.ValueInfoProto], detections: int
    ) -> None:
        self._input, self._detections = image.name, detections
        self._sizes, self._input_type = _sizes(image), image.type.tensor_type.elem_type
        self._output_types = {value.name: value.type.tensor_type.elem_type for value in kept}
        self._has_batch = len(self._sizes) == 4
        self._is_one_by_one = not self._has_batch or self._sizes[0] == 1 or detections > 0
        # The new ends have the names that the old ones had.
        self.model = compose.add_prefix(model, _OLD)
        self._graph, self._nodes = self.model.graph, list[onnx.NodeProto]()
        self.said: list[str] = []

    def apply(self) -> None:
        """Do it."""
        self._add_input()
        self._nodes.extend(self._graph.node)
        results = [self._add_output(name, kind) for name, kind in self._output_types.items()]
        image = helper.make_tensor_value_info(self._input, TensorProto.FLOAT, ["batch", *self._item_sizes()])
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self._output_types]
        if self._is_one_by_one:
            self.said.append("takes images one after the other")
            self._nodes = [self._scan(results)]
        for field in ("node", "input", "output", "value_info"):
            self._graph.ClearField(field)
        self._graph.node.extend(self._nodes)
        self._graph.input.append(image)
        self._graph.output.extend(outputs)

    def _item_sizes(self) -> list[int | str]:
        sizes = self._sizes[-3:]
        return sizes if sizes[0] == 3 else [sizes[2], *sizes[:2]]

    def _add_input(self) -> None:
        """From the new image, float32 (N, 3, H, W) or (3, H, W) of one by one, to what the network takes."""
        name = _NEW + "item" if self._is_one_by_one else self._input
        if self._is_one_by_one and self._has_batch:
            name = self._add("Unsqueeze", [name, self._numbers(0)], "batch_of_one")
        if self._sizes[-3] != 3:
            self.said.append("gets its input turned to height, width, colour")
            name = self._add("Transpose", [name], "turned", perm=[0, 2, 3, 1] if self._has_batch else [1, 2, 0])
        if self._input_type != TensorProto.FLOAT:
            self.said.append("gets its input converted from float32")
            name = self._add("Cast", [name], "converted", to=self._input_type)
        self._nodes.append(helper.make_node("Identity", [name], [_OLD + self._input]))

    def _add_output(self, output: str, kind: int) -> str:
        """From an output of the network to a float32 one, without N where images come one by one; its name."""
        name = _OLD + output
        if kind != TensorProto.FLOAT:
            self.said.append(f"gets its output '{output}' converted to float32")
            name = self._add("Cast", [name], f"{output}_float", to=TensorProto.FLOAT)
        if self._detections:
            name = self._add_rows(name, output)
        elif self._is_one_by_one and self._has_batch:
            name = self._add("Squeeze", [name, self._numbers(0)], f"{output}_of_one")
        result = _NEW + output if self._is_one_by_one else output
        self._nodes.append(helper.make_node("Identity", [name], [result]))
        return result

    def _add_rows(self, name: str, output: str) -> str:
        """Rows of `name` and zeros after them, `detections` in all."""
        first, count = self._numbers(0), self._numbers(self._detections)
        row = self._add("Shape", [name], f"{output}_row", start=1)
        sizes = self._add("Concat", [count, row], f"{output}_sizes", axis=0)
        zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
        zeros = self._add("ConstantOfShape", [sizes], f"{output}_zeros", value=zero)
        longer = self._add("Concat", [name, zeros], f"{output}_longer", axis=0)
        return self._add("Slice", [longer, first, count], f"{output}_rows")

    def _scan(self, results: Sequence[str]) -> onnx.NodeProto:
        """One node that runs all others for each image."""
        item = helper.make_tensor_value_info(_NEW + "item", TensorProto.FLOAT, self._item_sizes())
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results]
        body = helper.make_graph(self._nodes, "one_image", [item], given, list(self._graph.initializer))
        self._graph.ClearField("initializer")
        return helper.make_node("Scan", [self._input], list(self._output_types), body=body, num_scan_inputs=1)

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [_NEW + output], **attributes))
        return _NEW + output

    def _numbers(self, value: int) -> str:
        name = f"{_NEW}number_{value}"
        if name not in {each.name for each in self._graph.initializer}:
            self._graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
        return name


def _load(source: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(str(source))
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        raise ArtifactError(f"'{source}' is no ONNX file that can be read ({error}); download it again") from error
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    if version >= 15:
        return model
    try:
        return onnx.version_converter.convert_version(model, _OPSET)
    except (RuntimeError, onnx.checker.ValidationError) as error:
        first = str(error).strip().splitlines()[0]
        raise ArtifactError(
            f"'{source}' has opset {version}, and cannot be brought to {_OPSET}: {first}; export it again with that"
        ) from error


def _kept_outputs(model: onnx.ModelProto, names: Sequence[str], source: Path) -> list[onnx.ValueInfoProto]:
    found = {value.name: value for value in model.graph.output}
    if unknown := [name for name in names if name not in found]:
        raise ArtifactError(f"'{source}' has no output '{unknown[0]}'; it has {', '.join(found)}")
    return [found[name] for name in (names or found)]


def _is_image(sizes: Sequence[int | str]) -> bool:
    return len(sizes) in (3, 4) and 3 in (sizes[-3], sizes[-1])


def _sizes(value: onnx.ValueInfoProto) -> list[int | str]:
    """Declared sizes, names where they are open."""
    return [each.dim_value or each.dim_param or "open" for each in value.type.tensor_type.shape.dim]
