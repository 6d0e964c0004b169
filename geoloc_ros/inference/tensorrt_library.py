"""The TensorRT that is installed: `tensorrt` 10.3 and newer, or `tensorrt_rtx`, which has the same interface."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
from typing import Any

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback

logger = logging.getLogger(__name__)

_MODULES = ("tensorrt", "tensorrt_rtx")
_OLDEST = (10, 3)

STAGE = "building the engine"
"""Of progress."""


def installed_module() -> str | None:
    """Name of the module that would be used, without loading it."""
    return next((name for name in _MODULES if importlib.util.find_spec(name) is not None), None)


class TensorRtLibrary:
    """The module, its build and what it said last."""

    def __init__(self) -> None:
        """Raises BackendError if there is none, or one that is too old."""
        name = installed_module()
        if name is None:
            raise BackendError("neither tensorrt nor tensorrt_rtx is installed")
        try:
            self.module: Any = importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:
            raise BackendError(f"{name} is installed and cannot be loaded: {error}") from error
        self.is_rtx = name == "tensorrt_rtx"
        version = str(self.module.__version__)
        if not self.is_rtx and tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
            raise BackendError(f"tensorrt is {version}, wanted is {'.'.join(map(str, _OLDEST))} or newer")
        self.version = version + _build_of(name, version)
        self.name = f"{name} {self.version}"
        self.log = _make_log(self.module)


def make_monitor(module: Any, progress: ProgressCallback) -> Any:
    """A listener as TensorRT wants one, and `interrupted_by` with what the other listener raised, if it did."""

    class Monitor(module.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            module.IProgressMonitor.__init__(self)
            self.interrupted_by: BaseException | None = None
            self._phases = BuildProgress()
            self._told = 0.0

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self._phases.start(phase_name, parent_phase, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            self._phases.step(phase_name, step)
            # Thousands of steps are of no use to anybody who watches.
            if self._phases.ratio < self._told + 0.01:
                return self.interrupted_by is None
            self._told = self._phases.ratio
            return self._tell()

        def phase_finish(self, phase_name: str) -> None:
            self._phases.finish(phase_name)

        def _tell(self) -> bool:
            # Ctrl-C is raised here, and would be lost on its way through the library.
            try:
                progress(STAGE, self._told)
            except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  raised again by whoever builds
                self.interrupted_by = error
                return False
            return True

    return Monitor()


class BuildProgress:
    """How far a build is, from phases within phases; it never goes back."""

    def __init__(self) -> None:
        self._phases: dict[str, tuple[str | None, int, int]] = {}
        self.ratio = 0.0

    def start(self, phase: str, parent: str | None, num_steps: int) -> None:
        """A phase of so many steps begins, within a step of another or alone."""
        self._phases[phase] = (parent, 0, max(1, num_steps))

    def step(self, phase: str, step: int) -> None:
        """A step, counted from 0, is done."""
        if phase in self._phases:
            parent, _, total = self._phases[phase]
            self._phases[phase] = (parent, min(step + 1, total), total)
            self.ratio = max(self.ratio, self._of(None))

    def finish(self, phase: str) -> None:
        """All of a phase is done."""
        self._phases.pop(phase, None)

    def _of(self, parent: str | None) -> float:
        inner = [(name, done, total) for name, (above, done, total) in self._phases.items() if above == parent]
        if not inner:
            return 0.0
        name, done, total = inner[-1]
        return min(1.0, (done + self._of(name)) / total)


def _make_log(module: Any) -> Any:
    """A logger as TensorRT wants one, with `last_error`."""
    class Log(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.last_error = "no reason given"

        def log(self, severity: Any, message: str) -> None:
            if severity in (module.ILogger.ERROR, module.ILogger.INTERNAL_ERROR):
                self.last_error = message.strip()
            logger.debug("%s: %s", severity, message)

    return Log()


def _build_of(name: str, version: str) -> str:
    """Number of the build, where the version of the module does not hold it."""
    if version.count(".") >= 3:
        return ""
    major = version.split(".")[0]
    library = f"libtensorrt_rtx.so.{major}" if name == "tensorrt_rtx" else f"libnvinfer.so.{major}"
    try:
        return f".{int(ctypes.CDLL(library).getInferLibBuildVersion())}"
    except (OSError, AttributeError):
        return ""
