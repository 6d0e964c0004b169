"""The verb `export`: networks made ready for the road, ahead of time."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import cv2
import numpy as np

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import golden_batch, relative_error
from geoloc_ros.inference.compiled_network import CompileRequest, build_for_elsewhere, prepare_engine
from geoloc_ros.inference.engine import EngineMaker, EngineMissingError
from geoloc_ros.inference.engine_cache import EngineCache
from geoloc_ros.inference.load import tensorrt_here
from geoloc_ros.inference.network_file import NetworkFile, Signature, read_network_file
from geoloc_ros.inference.onnx_backend import OnnxNetwork, declared_input, read_signature

Precision = Literal["fp32", "fp16", "int8"]

_STREET = "street"


@dataclass(frozen=True)
class EngineOptions:
    """What `geoloc export engine` is told."""

    file: Path
    output: Path | None = None
    """Network of another precision to write; beside `file` without it."""
    size: tuple[int, int] | None = None
    """Width and height of images, where the network leaves them open."""
    precision: Precision = "fp32"
    calibration: tuple[Path, ...] = ()
    capability: tuple[int, int] | None = None
    """Of a GPU that is not here."""


@dataclass(frozen=True)
class EngineSummary:
    """What `export_engine` made."""

    network: Path
    precision: str
    error_of_output: dict[str, float]
    """By its name, against the network of single precision; empty if that is what it is."""
    engine: str
    """What became of it."""

    def as_text(self) -> str:
        """Two lines for a terminal."""
        errors = ", ".join(f"{name} {error:.2g}" for name, error in self.error_of_output.items())
        differs = f", which differs from fp32 by {errors}" if errors else ""
        return f"{self.network}: {self.precision}{differs}\n{self.engine}"


def export_engine(options: EngineOptions, inference: InferenceConfig, progress: ProgressCallback) -> EngineSummary:
    """Bring a network into a precision, and have its engine built and checked before anybody waits for it.

    Raises:
        BackendError: If the file is no network, cannot be built, or there is nothing to build with.
        ConfigError: If options contradict each other.
    """
    file = read_network_file(options.file)
    signature = read_signature(file, _item_shape(file, options.size))
    errors: dict[str, float] = {}
    if options.precision != signature.precision:
        file, errors = _converted(file, signature, options, progress)
        signature = read_signature(file, signature.item_shape)
    elif options.output is not None:
        raise ConfigError(f"'{options.file}' is {signature.precision} already; there is no network to write, drop -o")
    try:
        maker, is_here = _maker(options.capability)
    except EngineMissingError as error:
        if not errors:
            raise
        return EngineSummary(file.path, signature.precision, errors, f"no engine: {error}")
    request, cache = CompileRequest(file, signature, maker), EngineCache.of_user(inference.engine_cache)
    path = cache.path(request.key)
    if is_here:
        was_built = prepare_engine(request, cache, progress)
        engine = f"{path}: {'built and checked' if was_built else 'was there'}, for {maker.device_name}"
    else:
        size = build_for_elsewhere(request, cache, progress)
        engine = f"{path}: {size} bytes for {maker.device_id}, to be checked when it is loaded there"
    return EngineSummary(file.path, signature.precision, errors, f"{engine} ({maker.name}, {request.plan})")


def parse_size(text: str) -> tuple[int, int]:
    """`WIDTHxHEIGHT`.

    Raises:
        ConfigError: If it is not of that form.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text)
    if found is None:
        raise ConfigError(f"'{text}' is not of the form WIDTHxHEIGHT, e.g. 1024x512")
    return int(found[1]), int(found[2])


def parse_precision(text: str) -> Precision:
    """One of three.

    Raises:
        ConfigError: If it is none of them.
    """
    if text not in get_args(Precision):
        raise ConfigError(f"precision '{text}' is not one of {', '.join(get_args(Precision))}")
    return cast(Precision, text)


def parse_capability(text: str) -> tuple[int, int]:
    """`MAJOR.MINOR`.

    Raises:
        ConfigError: If it is not of that form.
    """
    major, dot, minor = text.partition(".")
    if not dot or not major.isdigit() or not minor.isdigit():
        raise ConfigError(f"compute capability '{text}' is not of the form 8.9")
    return int(major), int(minor)


def _item_shape(file: NetworkFile, size: tuple[int, int] | None) -> tuple[int, ...] | None:
    declared = declared_input(file)
    if size is None:
        if not all(isinstance(each, int) for each in declared[1:]):
            raise ConfigError(f"network '{file.path}' takes {list(declared)}: an engine needs --size WIDTHxHEIGHT")
        return None
    if len(declared) != 4 or not isinstance(declared[1], int):
        raise ConfigError(f"network '{file.path}' takes {list(declared)}, which are no images; drop --size")
    return declared[1], size[1], size[0]


def _maker(capability: tuple[int, int] | None) -> tuple[EngineMaker, bool]:
    """What builds, and whether it does so for the GPU of this machine."""
    if capability is None:
        try:
            return tensorrt_here(), True
        except EngineMissingError as error:
            raise EngineMissingError(
                f"{error}; to build for another machine, pip install tensorrt-rtx-cu13 and give --compute-capability"
            ) from error
    from geoloc_ros.inference.tensorrt_backend import TensorRtMaker
    from geoloc_ros.inference.tensorrt_library import TensorRtLibrary, installed_module

    if installed_module() is None:
        raise EngineMissingError("neither tensorrt nor tensorrt_rtx is installed: pip install tensorrt-rtx-cu13")
    return TensorRtMaker(TensorRtLibrary(), None, capability), False


def _converted(
    file: NetworkFile, signature: Signature, options: EngineOptions, progress: ProgressCallback
) -> tuple[NetworkFile, dict[str, float]]:
    if importlib.util.find_spec("onnx") is None:
        raise BackendError(f"{options.precision} needs the package onnx: pip install 'geoloc_ros[train]'")
    if signature.precision != "fp32":
        raise ConfigError(
            f"'{file.path}' is {signature.precision} already, from which {options.precision} cannot be made; "
            "give the network of single precision"
        )
    from geoloc_ros.inference.precision import write_half, write_quantized

    progress(f"converting to {options.precision}", 0.0)
    output = options.output or options.file.with_suffix(f".{options.precision}.onnx")
    batches = [_calibration(path, signature) for path in options.calibration]
    if options.precision == "fp16":
        write_half(file, output)
    else:
        write_quantized(file, signature, batches, output)
    progress(f"converting to {options.precision}", 1.0)
    found = read_network_file(output)
    return found, _errors(found, file, signature, batches[0] if batches else golden_batch(signature.item_shape, 2))


def _errors(file: NetworkFile, original: NetworkFile, signature: Signature, batch: Float32) -> dict[str, float]:
    found, expected = (
        OnnxNetwork(each, signature.input_name, signature.output_names, 0, signature.item_shape).run(batch)
        for each in (file, original)
    )
    errors = (relative_error(one, other) for one, other in zip(found, expected, strict=True))
    return dict(zip(signature.output_names, errors, strict=True))


def _calibration(path: Path, signature: Signature) -> Float32:
    """Batch (N, ...) of a file: an array of inputs, or one photo for the network that reads streets."""
    if path.suffix == ".npy":
        try:
            return np.load(path, allow_pickle=False).astype(np.float32)  # type: ignore[no-any-return]
        except (OSError, ValueError) as error:
            raise ConfigError(f"calibration data '{path}' cannot be read: {error}") from error
    if signature.metadata.get("geoloc_kind") != _STREET:
        raise ConfigError(f"calibration data '{path}' is no .npy with inputs (N, ...); photos are only for our network")
    return _street_input(path, signature.item_shape)


def _street_input(path: Path, item_shape: Sequence[int]) -> Float32:
    _, height, width = item_shape
    photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if photo is None:
        raise ConfigError(f"calibration data '{path}' is neither a photo nor a .npy with inputs (N, ...)")
    image = cv2.cvtColor(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    # The ground is not known of a photo alone, which the network has learnt to do without.
    ground = np.zeros((1, 1, height, width), np.float32)
    return np.concatenate([image.transpose(2, 0, 1)[None].astype(np.float32), ground], axis=1)
