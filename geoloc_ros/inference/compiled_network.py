"""Networks that a compiler makes for one device: from the cache, or built, checked against ONNX Runtime and kept."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.agreement import LARGEST_ERROR, golden_batch, relative_error
from geoloc_ros.inference.engine import EngineMaker, EnginePlan, EngineRefusedError, EngineSession
from geoloc_ros.inference.engine_cache import CachedEngine, EngineCache, EngineKey
from geoloc_ros.inference.graph_runner import GraphRunner
from geoloc_ros.inference.network_file import NetworkFile, Signature
from geoloc_ros.inference.onnx_backend import OnnxNetwork

logger = logging.getLogger(__name__)

# One image of 1024 x 512, or a batch of scans.
_BATCH_NUMBERS = 1 << 21
_LARGEST_BATCH = 64


@dataclass(frozen=True)
class CompileRequest:
    """A network and what shall compile it."""

    file: NetworkFile
    signature: Signature
    maker: EngineMaker

    @property
    def plan(self) -> EnginePlan:
        """Small items run many at once; images one by one."""
        fitting = _BATCH_NUMBERS // max(1, math.prod(self.signature.item_shape))
        return EnginePlan(
            self.signature.input_name, self.signature.item_shape, min(_LARGEST_BATCH, max(1, fitting))
        )

    @property
    def key(self) -> EngineKey:
        """Of its engine."""
        return EngineKey(
            self.file.sha256, self.maker.name, self.maker.device_id, str(self.plan), self.signature.precision,
            self.maker.flags,
        )  # fmt: skip


class CompiledNetwork:
    """A network on an engine of its own; implements `core.interfaces.Network`."""

    def __init__(self, request: CompileRequest, session: EngineSession, output_names: Sequence[str]) -> None:
        signature, maker = request.signature, request.maker
        self.file, self.file_id = request.file.path, request.file.file_id
        self.metadata, self.input_shape = signature.metadata, signature.item_shape
        self.engine_name = f"{maker.name} on {maker.device_name}, {signature.precision}"
        self._order = [session.output_names.index(name) for name in output_names]
        self.output_shapes = tuple(session.output_shapes[index] for index in self._order)
        self._runner = GraphRunner(session, request.plan.max_batch)
        # Both ways of running, and whatever an engine does the first times.
        for _ in range(3):
            self.run(np.zeros((1, *self.input_shape), np.float32))

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...) of a batch (N, ...) of inputs."""
        assert batch.dtype == np.float32 and batch.shape[1:] == self.input_shape, (batch.dtype, batch.shape)
        outputs = self._runner.run(batch)
        return tuple(outputs[index] for index in self._order)


def load_compiled(request: CompileRequest, output_names: Sequence[str], cache: EngineCache) -> CompiledNetwork:
    """The network on its engine of the cache, which is built first if there is none that can be used.

    Raises:
        BackendError: If it cannot be built or run, or computes something else than ONNX Runtime.
    """
    session = _session_of(request, cache, no_progress)
    return CompiledNetwork(request, session, output_names)


def prepare_engine(request: CompileRequest, cache: EngineCache, progress: ProgressCallback) -> bool:
    """Have the engine in the cache, checked; return whether it had to be built.

    Raises:
        BackendError: If it cannot be built, run or kept, or computes something else than ONNX Runtime.
    """
    was_there = cache.find(request.key)
    _session_of(request, cache, progress)
    if (found := cache.find(request.key)) is None:
        raise BackendError(f"the engine of '{request.file.path}' was built and could not be kept in '{cache.folder}'")
    return was_there is None or was_there.engine != found.engine


def build_for_elsewhere(request: CompileRequest, cache: EngineCache, progress: ProgressCallback) -> int:
    """Put an engine into the cache that can neither run nor be checked here; return its size in bytes.

    It is checked on its device when it is loaded there for the first time.

    Raises:
        BackendError: If it cannot be built or kept.
    """
    with cache.building(request.key):
        engine = _built(request, cache, progress)
        cache.store(CachedEngine(request.key, engine, is_checked=False))
    return len(engine)


def _session_of(request: CompileRequest, cache: EngineCache, progress: ProgressCallback) -> EngineSession:
    session = _cached_session(request, cache)
    if session is None:
        with cache.building(request.key):
            # Whoever held the lock before us has built it.
            session = _cached_session(request, cache)
            if session is None:
                why = cache.why_missing(request.key)
                logger.info("building an engine of '%s' for %s: %s", request.file.path, request.plan, why)
                engine = _built(request, cache, progress)
                session = request.maker.load(engine, request.plan)
                _check(request, session)
                _keep(cache, CachedEngine(request.key, engine, is_checked=True))
    return session


def _cached_session(request: CompileRequest, cache: EngineCache) -> EngineSession | None:
    cached = cache.find(request.key)
    if cached is None:
        return None
    try:
        session = request.maker.load(cached.engine, request.plan)
    except EngineRefusedError as error:
        cache.put_aside(request.key, str(error))
        return None
    if not cached.is_checked:
        try:
            _check(request, session)
        except BackendError as error:
            cache.put_aside(request.key, str(error))
            return None
        _keep(cache, replace(cached, is_checked=True))
    return session


def _keep(cache: EngineCache, cached: CachedEngine) -> None:
    """Store an engine that runs from memory all the same where that fails."""
    try:
        cache.store(cached)
    except BackendError as error:
        logger.warning("the next start has to build the engine again: %s", error)


def _built(request: CompileRequest, cache: EngineCache, progress: ProgressCallback) -> bytes:
    started_s = time.monotonic()
    built = request.maker.build(request.file.content, request.plan, cache.timing(request.key), progress)
    try:
        cache.store_timing(request.key, built.timing)
    except BackendError as error:
        logger.warning("building again will take as long: %s", error)
    logger.info(
        "built an engine of %d bytes for %s in %.1f s", len(built.engine), request.key.device,
        time.monotonic() - started_s,
    )  # fmt: skip
    return built.engine


def _check(request: CompileRequest, session: EngineSession) -> None:
    """Compare an engine with ONNX Runtime on the same file, output by output."""
    signature = request.signature
    if signature.precision not in LARGEST_ERROR:
        raise request.file.unfit(f"says that its precision is '{signature.precision}', known are {list(LARGEST_ERROR)}")
    bar = LARGEST_ERROR[signature.precision]
    if set(session.output_names) != set(signature.output_names) or session.input_name != signature.input_name:
        raise BackendError(
            f"the engine of '{request.file.path}' has input '{session.input_name}' and outputs "
            f"{sorted(session.output_names)}, the file '{signature.input_name}' and {sorted(signature.output_names)}; "
            "set inference.backend=onnxruntime"
        )
    reference = OnnxNetwork(
        request.file, signature.input_name, session.output_names, num_threads=0, item_shape=signature.item_shape
    )
    batch = golden_batch(signature.item_shape, 2)
    found = GraphRunner(session, request.plan.max_batch).run(batch)
    for name, output, expected in zip(session.output_names, found, reference.run(batch), strict=True):
        error = relative_error(output, expected) if output.shape == expected.shape else math.inf
        if not error <= bar:
            raise BackendError(
                f"the engine that {request.maker.name} built of '{request.file.path}' is wrong: its output '{name}' is "
                f"off by {error:.2g} of what ONNX Runtime computes, {bar:g} is allowed for {signature.precision}; "
                "set inference.backend=onnxruntime"
            )
