"""What a compiler of networks must offer, so that all but the last step to the hardware can be tried without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32


class EngineMissingError(BackendError):
    """An engine is not installed, or this machine has nothing that it runs on; nobody needs to be warned of it."""


class EngineRefusedError(BackendError):
    """An engine that was built before is damaged, or made for another library or device; building anew helps."""


@dataclass(frozen=True)
class EnginePlan:
    """What an engine is built for."""

    input_name: str
    item_shape: tuple[int, ...]
    """Of one item of the input."""
    max_batch: int
    """Items that can run at once; it takes any number from 1."""

    def __str__(self) -> str:
        return f"1..{self.max_batch} x {' x '.join(map(str, self.item_shape))}"


@dataclass(frozen=True)
class BuiltEngine:
    """What a build gives."""

    engine: bytes
    timing: bytes
    """What was measured on the way; it makes the next build quicker."""


class Graph(Protocol):
    """Work that was recorded on the device, to be started with one call."""

    def launch(self) -> None:
        """Start it."""


class EngineSession(Protocol):
    """A loaded engine with its memory. Work is started and goes on by itself until the next download."""

    @property
    def input_name(self) -> str:
        """Of its only input."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """All that it has."""

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of one item, in the same order."""

    def upload(self, batch: Float32) -> None:
        """Give it up to `max_batch` items."""

    def enqueue(self, count: int) -> None:
        """Start computing the first `count` items."""

    def capture(self, count: int) -> Graph | None:
        """Record that instead; None while this engine is not ready for it.

        Raises:
            BackendError: If it cannot be recorded.
        """

    def download(self, count: int) -> tuple[Float32, ...]:
        """Outputs (count, ...) in the order of `output_names`, when all that was started is done."""


class EngineMaker(Protocol):
    """A compiler on a device."""

    @property
    def name(self) -> str:
        """Library and its full build."""

    @property
    def device_id(self) -> str:
        """All that an engine is tied to; equal on devices that can share it."""

    @property
    def device_name(self) -> str:
        """For people."""

    @property
    def flags(self) -> str:
        """How it builds."""

    def build(self, network: bytes, plan: EnginePlan, timing: bytes, progress: ProgressCallback) -> BuiltEngine:
        """Compile an ONNX file, which takes from a second to many minutes.

        Args:
            network: Content of the file.
            plan: Sizes.
            timing: Of an earlier build, or nothing.
            progress: Listener.

        Raises:
            BackendError: If it cannot compile this network.
        """

    def load(self, engine: bytes, plan: EnginePlan) -> EngineSession:
        """Make an engine ready to run.

        Raises:
            EngineRefusedError: If it was not built by this library for this device.
            BackendError: If the device is out of memory, or fails.
        """
