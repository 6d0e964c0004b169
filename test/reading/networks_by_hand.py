"""ONNX files small enough to know by heart, in the forms that other people's networks have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from geoloc_ros.core.types import UInt8

PALETTE = np.array([(0, 0, 0), (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)], np.uint8)
"""Colours of the classes 0 to 4 that `color_network` tells apart."""


def write_network(
    file: Path, nodes: Sequence[onnx.NodeProto], outputs: Sequence[str], constants: Mapping[str, NDArray[np.generic]],
    *, size: tuple[int | str, int | str] = ("height", "width"), batch: int | str = "batch",
    types: Mapping[str, int] | None = None,
) -> Path:
    """A network with the input `image` (N, 3, H, W)."""
    shape = (batch, 3, *size)
    graph = helper.make_graph(
        list(nodes), "by_hand", [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, (types or {}).get(name, TensorProto.FLOAT), None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(file))
    return file


def color_network(file: Path, stride: int = 1, palette: UInt8 = PALETTE, **kwargs: object) -> Path:
    """`logits` (N, C, H / stride, W / stride) of colours 0 to 1: the class whose colour is nearest is highest."""
    colors = palette.astype(np.float32) / 255.0
    weights, bias = 2.0 * colors, -np.square(colors).sum(axis=1)
    convolution = helper.make_node(
        "Conv", ["image", "weights", "bias"], ["logits"], kernel_shape=[1, 1], strides=[stride, stride]
    )
    constants = {"weights": weights[:, :, None, None], "bias": bias}
    return write_network(file, [convolution], ["logits"], constants, **kwargs)  # type: ignore[arg-type]


def red_network(file: Path, factor: float, **kwargs: object) -> Path:
    """`depth` (N, 1, H, W): red times `factor`."""
    weights = np.array([factor, 0.0, 0.0], np.float32)[None, :, None, None]
    convolution = helper.make_node("Conv", ["image", "weights"], ["depth"], kernel_shape=[1, 1])
    return write_network(file, [convolution], ["depth"], {"weights": weights}, **kwargs)  # type: ignore[arg-type]


def constant_network(file: Path, outputs: Mapping[str, NDArray[np.generic]]) -> Path:
    """Gives the same `outputs` for every item, whatever it shows."""
    nodes = [
        helper.make_node("Shape", ["image"], ["num_items"], start=0, end=1),
        *(
            node
            for name, array in outputs.items()
            for node in (
                helper.make_node("Concat", ["num_items", f"{name}_shape"], [f"{name}_sizes"], axis=0),
                helper.make_node("Expand", [f"{name}_values", f"{name}_sizes"], [name]),
            )
        ),
    ]
    constants: dict[str, NDArray[np.generic]] = {}
    for name, array in outputs.items():
        constants[f"{name}_values"] = np.asarray(array, np.float32)[None]
        constants[f"{name}_shape"] = np.array(np.shape(array), np.int64)
    return write_network(file, nodes, list(outputs), constants)


def describe(file: Path, onnx_name: str, output: Mapping[str, object], **sections: object) -> Path:
    """A description of a network beside it; its input is 64 x 32 pixels unless `input` says otherwise."""
    tree = {"onnx": onnx_name, "input": {"width": 64, "height": 32}, "output": dict(output), **sections}
    file.write_text(yaml.safe_dump(tree))
    return file
