"""What operators of ONNX compute, in torch: those of convolutional networks and of simple transformers.

Each function gets the node's inputs (None where one is left out) and its attributes, and gives its only output.
Definitions: https://onnx.ai/onnx/operators, opset 13 to 20.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Attributes = Mapping[str, Any]
Operator = Callable[[Sequence[Any], Attributes], Tensor]

# TensorProto.DataType
_NUMBERS = {
    1: torch.float32, 2: torch.uint8, 3: torch.int8, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16,
    11: torch.float64,
}  # fmt: skip


def _integers(values: Tensor) -> list[int]:
    return [int(value) for value in values.reshape(-1).tolist()]


def _padded(inputs: Sequence[Any], attributes: Attributes, value: float = 0.0) -> Tensor:
    """The first input with the padding of a convolution or a pooling around it."""
    image, pads = inputs[0], attributes.get("pads")
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NotImplementedError(f"auto_pad {attributes['auto_pad']}")
    if not pads or not any(pads):
        return image  # type: ignore[no-any-return]
    axes = len(pads) // 2
    # torch counts axes from the last, and wants both ends of each together.
    return functional.pad(image, [pads[axis + end] for axis in reversed(range(axes)) for end in (0, axes)], value=value)


def _conv(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    weight, bias = inputs[1], inputs[2] if len(inputs) > 2 else None
    axes = weight.ndim - 2
    convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[axes - 1]
    return convolve(
        _padded(inputs, attributes), weight, bias, tuple(attributes.get("strides", [1] * axes)), 0,
        tuple(attributes.get("dilations", [1] * axes)), attributes.get("group", 1),
    )  # fmt: skip


def _conv_transpose(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    weight, bias = inputs[1], inputs[2] if len(inputs) > 2 else None
    axes = weight.ndim - 2
    pads = attributes.get("pads", [0] * (2 * axes))
    if pads[:axes] != pads[axes:] or "output_shape" in attributes or attributes.get("auto_pad", b"") == b"SAME_UPPER":
        raise NotImplementedError("padding that differs from side to side")
    convolve = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)[axes - 1]
    return convolve(
        inputs[0], weight, bias, tuple(attributes.get("strides", [1] * axes)), tuple(pads[:axes]),
        tuple(attributes.get("output_padding", [0] * axes)), attributes.get("group", 1),
        tuple(attributes.get("dilations", [1] * axes)),
    )  # fmt: skip


def _pool(inputs: Sequence[Any], attributes: Attributes, is_max: bool) -> Tensor:
    if attributes.get("ceil_mode", 0):
        raise NotImplementedError("ceil_mode")
    if not is_max and any(attributes.get("pads", ())) and not attributes.get("count_include_pad", 0):
        raise NotImplementedError("count_include_pad 0 with padding")
    size = tuple(attributes["kernel_shape"])
    strides = tuple(attributes.get("strides", [1] * len(size)))
    dilations = tuple(attributes.get("dilations", [1] * len(size)))
    image = _padded(inputs, attributes, -np.inf if is_max else 0.0)
    if is_max:
        pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(size) - 1]
        return pool(image, size, strides, 0, dilations)
    average = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(size) - 1]
    return average(image, size, strides)


def _gemm(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    left = inputs[0].T if attributes.get("transA", 0) else inputs[0]
    right = inputs[1].T if attributes.get("transB", 0) else inputs[1]
    product = attributes.get("alpha", 1.0) * (left @ right)
    return product + attributes.get("beta", 1.0) * inputs[2] if len(inputs) > 2 else product  # type: ignore[no-any-return]


def _axes(inputs: Sequence[Any], attributes: Attributes, count: int) -> list[int]:
    """Of a reduction or a change of shape: an input in newer opsets, an attribute in older ones."""
    if len(inputs) > 1 and inputs[1] is not None:
        return _integers(inputs[1])
    return list(attributes.get("axes", range(count)))


def _reduce(function: Callable[..., Tensor]) -> Operator:
    def reduce(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
        keep = bool(attributes.get("keepdims", 1))
        return function(inputs[0], dim=_axes(inputs, attributes, inputs[0].ndim), keepdim=keep)

    return reduce


def _slice(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    data, starts, ends = inputs[0], _integers(inputs[1]), _integers(inputs[2])
    axes = _integers(inputs[3]) if len(inputs) > 3 and inputs[3] is not None else list(range(len(starts)))
    steps = _integers(inputs[4]) if len(inputs) > 4 and inputs[4] is not None else [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        kept = torch.tensor(range(data.shape[axis])[start:end:step], dtype=torch.int64, device=data.device)
        data = data.index_select(axis, kept)
    return data  # type: ignore[no-any-return]


def _unsqueeze(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    axes = _axes(inputs, attributes, 0)
    data = inputs[0]
    for axis in sorted(axis % (data.ndim + len(axes)) for axis in axes):
        data = data.unsqueeze(axis)
    return data  # type: ignore[no-any-return]


def _reshape(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    if attributes.get("allowzero", 0):
        raise NotImplementedError("allowzero")
    sizes = _integers(inputs[1])
    return inputs[0].reshape(  # type: ignore[no-any-return]
        [inputs[0].shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    )


def _flatten(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    rows = int(np.prod(inputs[0].shape[: attributes.get("axis", 1)]))
    return inputs[0].reshape(rows, -1)  # type: ignore[no-any-return]


def _gather(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    axis, index = attributes.get("axis", 0), inputs[1]
    index = torch.where(index < 0, index + inputs[0].shape[axis], index)
    taken = inputs[0].index_select(axis, index.reshape(-1))
    axis %= inputs[0].ndim
    sizes = [*inputs[0].shape[:axis], *index.shape, *inputs[0].shape[axis + 1 :]]
    return taken.reshape(sizes)  # type: ignore[no-any-return]


def _resize(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    data = inputs[0]
    mode, where = attributes.get("mode", b"nearest"), attributes.get("coordinate_transformation_mode", b"half_pixel")
    known = (mode, where) in {
        (b"linear", b"half_pixel"), (b"linear", b"pytorch_half_pixel"), (b"linear", b"align_corners"),
        (b"nearest", b"asymmetric"),
    }  # fmt: skip
    if not known or (mode == b"nearest" and attributes.get("nearest_mode", b"") != b"floor"):
        raise NotImplementedError(f"mode {mode.decode()}, {where.decode()}")
    if len(inputs) > 3 and inputs[3] is not None:
        sizes = _integers(inputs[3])[2:]
    else:
        sizes = [int(np.floor(size * scale)) for size, scale in zip(data.shape, inputs[2].tolist(), strict=True)][2:]
    if mode == b"nearest":
        return functional.interpolate(data, size=sizes, mode="nearest")
    kind = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(sizes)]
    return functional.interpolate(data, size=sizes, mode=kind, align_corners=where == b"align_corners")


def _normalized(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    if attributes.get("training_mode", 0):
        raise NotImplementedError("training_mode")
    data, scale, bias, mean, variance = inputs
    return functional.batch_norm(data, mean, variance, scale, bias, eps=attributes.get("epsilon", 1e-5))


def _layer_normalized(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    shape = inputs[0].shape[attributes.get("axis", -1) :]
    bias = inputs[2] if len(inputs) > 2 else None
    return functional.layer_norm(inputs[0], shape, inputs[1], bias, attributes.get("epsilon", 1e-5))


def _clip(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    low, high = (*inputs[1:], None, None)[:2]
    return torch.clamp(inputs[0], low, high)


def _dequantized(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    shape = _beside(inputs[1], inputs[0], attributes)
    zero = inputs[2].to(torch.float32).reshape(shape) if len(inputs) > 2 else 0.0
    return (inputs[0].to(torch.float32) - zero) * inputs[1].reshape(shape)  # type: ignore[no-any-return]


def _quantized(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    shape = _beside(inputs[1], inputs[0], attributes)
    zero = inputs[2] if len(inputs) > 2 else torch.zeros(1, dtype=torch.uint8)
    limits = torch.iinfo(zero.dtype)
    levels = torch.round(inputs[0] / inputs[1].reshape(shape)) + zero.to(torch.float32).reshape(
        shape if zero.numel() == inputs[1].numel() else [1] * inputs[0].ndim
    )
    return levels.clamp(limits.min, limits.max).to(zero.dtype)


def _beside(scale: Tensor, data: Tensor, attributes: Attributes) -> list[int]:
    """Shape that one scale for all, or one for each channel, gets."""
    shape = [1] * data.ndim
    if scale.numel() > 1:
        shape[attributes.get("axis", 1)] = -1
    return shape


def _constant_of_shape(inputs: Sequence[Any], attributes: Attributes) -> Tensor:
    value = torch.tensor(attributes.get("value", np.zeros(1, np.float32)).copy(), device=inputs[0].device)
    return value.expand(_integers(inputs[0]))


OPERATORS: dict[str, Operator] = {
    "Abs": lambda inputs, _: torch.abs(inputs[0]),
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": lambda inputs, attributes: _pool(inputs, attributes, False),
    "BatchNormalization": _normalized,
    "Cast": lambda inputs, attributes: inputs[0].to(_NUMBERS[attributes["to"]]),
    "Clip": _clip,
    "Concat": lambda inputs, attributes: torch.cat(list(inputs), attributes["axis"]),
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DequantizeLinear": _dequantized,
    "Div": lambda inputs, _: inputs[0] / inputs[1]
    if inputs[0].is_floating_point()
    else torch.div(inputs[0], inputs[1], rounding_mode="trunc"),
    "Equal": lambda inputs, _: inputs[0] == inputs[1],
    "Erf": lambda inputs, _: torch.erf(inputs[0]),
    "Exp": lambda inputs, _: torch.exp(inputs[0]),
    "Expand": lambda inputs, _: inputs[0].expand(
        np.broadcast_shapes(tuple(inputs[0].shape), tuple(_integers(inputs[1])))
    ),
    "Flatten": _flatten,
    "Gather": _gather,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(tuple(range(2, inputs[0].ndim)), keepdim=True),
    "Greater": lambda inputs, _: inputs[0] > inputs[1],
    "HardSigmoid": lambda inputs, attributes: torch.clamp(
        attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5), 0.0, 1.0
    ),
    "HardSwish": lambda inputs, _: functional.hardswish(inputs[0]),
    "Identity": lambda inputs, _: inputs[0],
    "LayerNormalization": _layer_normalized,
    "LeakyRelu": lambda inputs, attributes: functional.leaky_relu(inputs[0], attributes.get("alpha", 0.01)),
    "Log": lambda inputs, _: torch.log(inputs[0]),
    "Less": lambda inputs, _: inputs[0] < inputs[1],
    "LpNormalization": lambda inputs, attributes: functional.normalize(
        inputs[0], attributes.get("p", 2), attributes.get("axis", -1), 0.0
    ),
    "MatMul": lambda inputs, _: inputs[0] @ inputs[1],
    "MaxPool": lambda inputs, attributes: _pool(inputs, attributes, True),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Neg": lambda inputs, _: -inputs[0],
    "Pow": lambda inputs, _: torch.pow(inputs[0], inputs[1]),
    "QuantizeLinear": _quantized,
    "ReduceL2": _reduce(torch.linalg.vector_norm),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMean": _reduce(torch.mean),
    "ReduceMin": _reduce(torch.amin),
    "ReduceSum": _reduce(torch.sum),
    "Relu": lambda inputs, _: torch.relu(inputs[0]),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": lambda inputs, attributes: torch.tensor(
        inputs[0].shape[attributes.get("start", 0) : attributes.get("end", None)], device=inputs[0].device
    ),
    "Sign": lambda inputs, _: torch.sign(inputs[0]),
    "Sigmoid": lambda inputs, _: torch.sigmoid(inputs[0]),
    "Slice": _slice,
    "Softmax": lambda inputs, attributes: torch.softmax(inputs[0], attributes.get("axis", -1)),
    "Sqrt": lambda inputs, _: torch.sqrt(inputs[0]),
    "Squeeze": lambda inputs, attributes: inputs[0].squeeze(tuple(_axes(inputs, attributes, inputs[0].ndim))),
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Tanh": lambda inputs, _: torch.tanh(inputs[0]),
    "Transpose": lambda inputs, attributes: inputs[0].permute(attributes["perm"]),
    "Unsqueeze": _unsqueeze,
    "Where": lambda inputs, _: torch.where(inputs[0], inputs[1], inputs[2]),
}
"""By name; those with several outputs are missing."""
