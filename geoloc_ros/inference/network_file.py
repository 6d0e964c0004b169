"""An ONNX file, and what it says that it takes and gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geoloc_ros.core.errors import BackendError


@dataclass(frozen=True)
class NetworkFile:
    """One ONNX file that holds its weights itself, in memory."""

    path: Path
    content: bytes = field(repr=False)
    sha256: str

    @property
    def file_id(self) -> str:
        """The first 12 digits of the checksum."""
        return self.sha256[:12]

    def unfit(self, complaint: str) -> BackendError:
        """What to raise where the file is a network, and not one that can be used."""
        return BackendError(f"network '{self.path}' {complaint}; export it again, or use the one that is shipped")


def read_network_file(path: Path) -> NetworkFile:
    """The file `path`.

    Raises:
        BackendError: If it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BackendError(
            f"cannot read network '{path}': {error.strerror}; name an ONNX file in the configuration, "
            "or leave it empty for the one that is shipped"
        ) from error
    return NetworkFile(path, content, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Signature:
    """What a network takes and gives. It has one input (N, ...) of any N, and all numbers are float32."""

    input_name: str
    output_names: tuple[str, ...]
    """All that it has."""
    item_shape: tuple[int, ...]
    """Of one item of the input: without N."""
    metadata: Mapping[str, str]
    """What its training wrote beside the weights."""

    @property
    def precision(self) -> str:
        """Of its numbers inside, by `metadata`."""
        return self.metadata.get(PRECISION, "fp32")

    def require(self, file: NetworkFile, input_name: str, output_names: Sequence[str]) -> None:
        """Raise BackendError unless these are the names of its input and of some of its outputs."""
        if self.input_name != input_name or not set(output_names) <= set(self.output_names):
            raise file.unfit(
                f"has inputs {[self.input_name]} and outputs {list(self.output_names)}, wanted are input "
                f"'{input_name}' and outputs {list(output_names)}"
            )


PRECISION = "geoloc_precision"
"""Metadata of a file whose numbers are not all of single precision: "fp16" or "int8"."""


def resolved_shape(
    file: NetworkFile, declared: Sequence[object], wanted: tuple[int, ...] | None
) -> tuple[int, ...]:
    """Of one item, where a file declares (N, ...) with open sizes that are no integers.

    Raises:
        BackendError: If N is not open, another size is and `wanted` does not fix it, or `wanted` contradicts.
    """
    batch, *sizes = declared
    fixed = tuple(size for size in sizes if isinstance(size, int))
    if isinstance(batch, int) or (wanted is None and len(fixed) < len(sizes)):
        raise file.unfit(f"has input shape {list(declared)}; only the first size must be left open")
    if wanted is None:
        return fixed
    if len(sizes) != len(wanted) or any(
        isinstance(size, int) and size != given for size, given in zip(sizes, wanted, strict=True)
    ):
        raise file.unfit(f"has input shape {list(declared)} and shall get items of {wanted}")
    return wanted
