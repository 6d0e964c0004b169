"""From a torch module to an ONNX file that computes the same."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import relative_error
from geoloc_ros.inference.load import load_network
from geoloc_ros.inference.network_file import read_network_file

_OPSET = 17
_NUM_CHECKED = 3
_CHECK = InferenceConfig(backend="onnxruntime")


def trace(
    module: torch.nn.Module, size: tuple[int, int], outputs: tuple[str, ...], path: Path, *, has_rows: bool = False
) -> None:
    """Write `module` with the input `image` (N, 3, H, W), N being open.

    Args:
        module: Returns a tuple of as many tensors as there are names.
        size: H and W, which it keeps.
        outputs: Their names.
        path: Of the file.
        has_rows: It is a detector: it takes one image only, and the number of its rows is open instead.
    """
    open_ends = outputs if has_rows else ("image", *outputs)
    example = torch.zeros(1, 3, *size)
    with warnings.catch_warnings(), torch.no_grad():
        # The other exporter's files do not load everywhere; and a traced size is meant to be fixed.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            module.eval(), (example,), str(path), dynamo=False, opset_version=_OPSET, input_names=["image"],
            output_names=list(outputs), dynamic_axes={name: {0: "open"} for name in open_ends},
        )  # fmt: skip
    onnx.checker.check_model(str(path), full_check=True)


def halve(path: Path) -> None:
    """Give the file half precision inside.

    Raises:
        BackendError: If its weights are too large for that.
    """
    from geoloc_ros.inference.precision import write_half

    write_half(read_network_file(path), path)


def check_against_torch(
    module: torch.nn.Module, size: tuple[int, int], outputs: tuple[str, ...], path: Path, tolerance: float
) -> float:
    """Relative error of the file on random images, under ONNX Runtime; of the middle one of three.

    Networks that decide something inside, by the sign of a mask or the better of two boxes, may decide otherwise where
    rounding differs. That changes one image; what is wrong with a file changes all.

    Raises:
        ArtifactError: If it is larger than `tolerance`.
    """
    images = _random_images(size)
    with torch.no_grad():
        expected: list[Float32] = [output.numpy() for output in module(torch.from_numpy(images))]
    found = load_network(path, "image", outputs, _CHECK).run(images)
    return _accepted(found, expected, tolerance)


def check_detector(
    module: torch.nn.Module, size: tuple[int, int], outputs: tuple[str, ...], path: Path, tolerance: float
) -> float:
    """As `check_against_torch`, of a detector whose rows have been filled up with zeros.

    Raises:
        ArtifactError: If the file computes something else.
    """
    images = _random_images(size)
    found = load_network(path, "image", outputs, _CHECK).run(images)
    expected = [np.zeros_like(output) for output in found]
    with torch.no_grad():
        for number, image in enumerate(torch.from_numpy(images)):
            for filled, rows in zip(expected, module(image[None]), strict=True):
                count = min(len(rows), filled.shape[1])
                filled[number, :count] = rows.numpy()[:count]
    return _accepted(found, expected, tolerance)


def _random_images(size: tuple[int, int]) -> Float32:
    return np.random.default_rng(0).normal(size=(_NUM_CHECKED, 3, *size)).astype(np.float32)


def _accepted(found: Sequence[Float32], expected: Sequence[Float32], tolerance: float) -> float:
    errors = [
        max(relative_error(one[[number]], other[[number]]) for one, other in zip(found, expected, strict=True))
        for number in range(_NUM_CHECKED)
    ]
    error = float(np.median(errors))
    if not error <= tolerance:
        raise ArtifactError(
            f"the ONNX file would compute something else than torch (relative error {error:.1e}, at most "
            f"{tolerance:.0e} is expected); try precision fp32, or other versions of torch and transformers"
        )
    return error
