"""A trained network as an ONNX file, and its weights back out of one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.load import load_network

_OPSET = 17
_LARGEST_ERROR = 1e-4
_CHECK = InferenceConfig(backend="onnxruntime")


def export_network(
    module: torch.nn.Module, example: torch.Tensor, outputs: tuple[str, ...], metadata: Mapping[str, str], path: Path,
    input_name: str = "features", open_axes: tuple[str, ...] = ("batch",), largest_error: float = _LARGEST_ERROR,
) -> float:
    """Write `module` with an input of any batch size; return its largest deviation under onnxruntime.

    Weights keep their names and are not folded into anything, so that `load_weights` finds them again.

    Args:
        example: Features (N, C, B) with at least two rows, that the file is checked with.
        outputs: Names of what the module returns.
        metadata: To be written beside the weights.
        path: Of the file.
        input_name: Of the only input.
        open_axes: Names of the axes whose size is left open, "" for one that is not; the outputs have the same ones,
            of other sizes.
        largest_error: Deviation up to which the file is as good as the module.

    Raises:
        ArtifactError: onnxruntime computes something else than torch.
    """
    module = module.to("cpu").eval()
    with torch.no_grad():
        expected = module(example)
    expected = expected if isinstance(expected, tuple) else (expected,)
    with write_beside(path) as partial:
        with warnings.catch_warnings():
            # The other exporter's files did not load everywhere (SPEED).
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.onnx.export(
                module, (example[:1],), str(partial), dynamo=False, opset_version=_OPSET,
                # Folding would merge normalisation layers into convolutions; engines do it by themselves.
                do_constant_folding=False, input_names=[input_name], output_names=list(outputs),
                dynamic_axes=_axes(input_name, outputs, open_axes),
            )  # fmt: skip
        model = onnx.load(str(partial))
        onnx.helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, str(partial))
        found = load_network(partial, input_name, outputs, _CHECK, tuple(example.shape[1:])).run(example.numpy())
        error = max(_deviation(f, e.numpy()) for f, e in zip(found, expected, strict=True))
        if not error <= largest_error:
            raise ArtifactError(f"'{path}' computes outputs that differ by {error:.1e} from the trained network's")
    return error


def _axes(input_name: str, outputs: tuple[str, ...], open_axes: tuple[str, ...]) -> dict[str, dict[int, str]]:
    """Of input and outputs, as the exporter takes them. N is the same for all; others of outputs are their own."""
    named = {number: name for number, name in enumerate(open_axes) if name}
    own = {number: name if number == 0 else f"output_{name}" for number, name in named.items()}
    return {input_name: named, **dict.fromkeys(outputs, own)}


def _deviation(found: Float32, expected: Float32) -> float:
    """Largest one; relative where outputs are large."""
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))


def load_weights(module: torch.nn.Module, path: Path, expected: Mapping[str, str]) -> None:
    """Give `module` the weights of a file that `export_network` wrote.

    Args:
        expected: Metadata that the file must have.

    Raises:
        ArtifactError: The file is no such network.
    """
    model = _read(path)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    for key, value in expected.items():
        if metadata.get(key) != value:
            raise ArtifactError(f"'{path}' has {key} '{metadata.get(key)}', not '{value}'; choose another network")
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    # The exporter writes equal tensors, such as the averages of layers that never learnt, once and passes them on.
    stored |= {
        node.output[0]: stored[node.input[0]]
        for node in model.graph.node if node.op_type == "Identity" and node.input[0] in stored
    }  # fmt: skip
    state = module.state_dict()
    # Counts batches for averages that we do not take; no output depends on it.
    needed = {name for name in state if not name.endswith("num_batches_tracked")}
    if missing := sorted(name for name in needed if name not in stored or stored[name].shape != state[name].shape):
        raise ArtifactError(f"'{path}' has no weights '{missing[0]}' of that size; it is of another network")
    module.load_state_dict({name: torch.tensor(stored[name]) for name in needed}, strict=False)


def read_metadata(path: Path) -> dict[str, str]:
    """What was written beside the weights of a file.

    Raises:
        ArtifactError: The file cannot be read.
    """
    return {entry.key: entry.value for entry in _read(path).metadata_props}


def _read(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(str(path))
    except (OSError, DecodeError) as error:
        raise ArtifactError(f"network '{path}' cannot be read ({error}); give an ONNX file of ours") from error
