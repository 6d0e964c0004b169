"""TensorRT as an `engine.EngineMaker`: builds engines, and runs them on the memory and streams of the driver."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.cuda_driver import CudaDriver
from geoloc_ros.inference.cuda_stream import CudaBuffer, CudaGraph, CudaStream
from geoloc_ros.inference.engine import BuiltEngine, EngineMissingError, EnginePlan, EngineRefusedError
from geoloc_ros.inference.tensorrt_library import STAGE, TensorRtLibrary, make_monitor


class TensorRtMaker:
    """Builds and runs for the GPU that is here, or only builds for one of a given compute capability."""

    flags = "strongly typed, no TF32"

    def __init__(self, library: TensorRtLibrary, driver: CudaDriver | None, capability: tuple[int, int]) -> None:
        """Take what is there.

        Args:
            library: TensorRT.
            driver: None where nothing shall run: TensorRT itself crashes if it looks for a GPU without a driver.
            capability: Compute capability to build for.

        Raises:
            BackendError: If this library does not build for such a GPU, or not without one.
        """
        self._library, self._driver, self._capability = library, driver, capability
        self.name = library.name
        shown = f"compute capability {capability[0]}.{capability[1]}"
        if library.is_rtx:
            # Its engines fit all of a generation: what depends on the size of a GPU is compiled when they start.
            self._sm = _find_sm(library, capability)
            self.device_id = shown
        elif driver is None:
            raise BackendError("tensorrt builds only on the GPU it builds for; install tensorrt_rtx to build elsewhere")
        else:
            device = driver.device
            self.device_id = f"{shown}, {device.num_multiprocessors} multiprocessors, {device.memory_gib} GiB"
        self.device_name = shown if driver is None else driver.device.name

    def build(self, network: bytes, plan: EnginePlan, timing: bytes, progress: ProgressCallback) -> BuiltEngine:
        """As `engine.EngineMaker`."""
        module, log = self._library.module, self._library.log
        builder = module.Builder(log)
        # From TensorRT 11 on there is nothing else, and the flag may go.
        typed = getattr(module.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        definition = builder.create_network(0 if typed is None else 1 << int(typed))
        parser = module.OnnxParser(definition, log)
        if not parser.parse(network):
            errors = [parser.get_error(index) for index in range(parser.num_errors)]
            reasons = "; ".join(f"{each.node_operator()} '{each.node_name()}': {each.desc()}" for each in errors)
            raise BackendError(f"{self.name} cannot read this network: {reasons or log.last_error}")
        config = builder.create_builder_config()
        if hasattr(module.BuilderFlag, "TF32"):
            config.clear_flag(module.BuilderFlag.TF32)
        self._set_sizes(builder, config, plan)
        config.progress_monitor = monitor = make_monitor(module, progress)
        with warnings.catch_warnings():
            # tensorrt_rtx measures nothing when it builds, and says so.
            warnings.simplefilter("ignore", DeprecationWarning)
            measured = config.create_timing_cache(timing)
            if not config.set_timing_cache(measured, False):
                measured = config.create_timing_cache(b"")
                config.set_timing_cache(measured, False)
            built = builder.build_serialized_network(definition, config)
            if monitor.interrupted_by is not None:
                raise monitor.interrupted_by
            if built is None:
                raise BackendError(f"{self.name} cannot build this network: {log.last_error}")
            progress(STAGE, 1.0)
            return BuiltEngine(bytes(built), bytes(config.get_timing_cache().serialize()))

    def load(self, engine: bytes, plan: EnginePlan) -> TensorRtSession:
        """As `engine.EngineMaker`."""
        if self._driver is None:
            raise BackendError(f"there is no GPU to run an engine of {self.name} on")
        self._driver.use_context()
        module, log = self._library.module, self._library.log
        runtime = module.Runtime(log)
        loaded = runtime.deserialize_cuda_engine(engine)
        if loaded is None:
            raise EngineRefusedError(f"is refused by {self.name}: {log.last_error}")
        context = loaded.create_execution_context()
        if context is None:
            raise BackendError(f"{self.name} has no memory to run '{plan}': {log.last_error}")
        return TensorRtSession(module, runtime, loaded, context, CudaStream(self._driver), self._driver, plan)

    def _set_sizes(self, builder: Any, config: Any, plan: EnginePlan) -> None:
        profile = builder.create_optimization_profile()
        smallest, largest = ((count, *plan.item_shape) for count in (1, plan.max_batch))
        profile.set_shape(plan.input_name, smallest, smallest, largest)
        config.add_optimization_profile(profile)
        if self._library.is_rtx and hasattr(config, "num_compute_capabilities"):
            config.num_compute_capabilities = 1
            config.set_compute_capability(self._sm, 0)


class TensorRtSession:
    """A loaded engine with its memory; implements `engine.EngineSession`."""

    def __init__(
        self, module: Any, runtime: Any, engine: Any, context: Any, stream: CudaStream, driver: CudaDriver,
        plan: EnginePlan,
    ) -> None:
        # The engine does not keep its runtime alive.
        self._runtime, self._engine, self._context, self._stream = runtime, engine, context, stream
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        inputs = [name for name in names if engine.get_tensor_mode(name) == module.TensorIOMode.INPUT]
        others = [name for name in names if engine.get_tensor_dtype(name) != module.float32]
        if len(inputs) != 1 or others:
            raise EngineRefusedError(f"has inputs {inputs}, and tensors that are not float32: {others}")
        (self.input_name,) = inputs
        self.output_names = tuple(name for name in names if name not in inputs)
        self._item_shape, self._count = plan.item_shape, 0
        self._set_count(plan.max_batch)
        found = {name: tuple(context.get_tensor_shape(name)) for name in self.output_names}
        for name, shape in found.items():
            if shape[:1] != (plan.max_batch,) or min(shape) < 0:
                raise BackendError(
                    f"output '{name}' has sizes {shape} for {plan.max_batch} items, and TensorRT runs here only what "
                    "does not depend on what the network sees; set inference.backend=onnxruntime"
                )
        self.output_shapes = tuple(shape[1:] for shape in found.values())
        shapes = {self.input_name: plan.item_shape, **dict(zip(self.output_names, self.output_shapes, strict=True))}
        self._buffers = {
            name: CudaBuffer(driver, 4 * plan.max_batch * int(np.prod(shape))) for name, shape in shapes.items()
        }
        for name, buffer in self._buffers.items():
            context.set_tensor_address(name, buffer.address)

    def upload(self, batch: Float32) -> None:
        """As `engine.EngineSession`."""
        self._stream.upload(batch, self._buffers[self.input_name])

    def enqueue(self, count: int) -> None:
        """As `engine.EngineSession`."""
        self._set_count(count)
        if not self._context.execute_async_v3(self._stream.handle):
            raise BackendError(f"TensorRT cannot run '{self._engine.name}' on {count} items")

    def capture(self, count: int) -> CudaGraph | None:
        """As `engine.EngineSession`."""
        self._set_count(count)
        # tensorrt_rtx compiles kernels for a size while it already runs on general ones.
        is_capturable = getattr(self._context, "is_stream_capturable", None)
        if is_capturable is not None and not is_capturable(self._stream.handle):
            return None
        return self._stream.record(lambda: self.enqueue(count))

    def download(self, count: int) -> tuple[Float32, ...]:
        """As `engine.EngineSession`."""
        outputs = tuple(np.empty((count, *shape), np.float32) for shape in self.output_shapes)
        for name, output in zip(self.output_names, outputs, strict=True):
            self._stream.download(self._buffers[name], output)
        self._stream.wait()
        return outputs

    def _set_count(self, count: int) -> None:
        if count != self._count:
            if not self._context.set_input_shape(self.input_name, (count, *self._item_shape)):
                raise BackendError(f"TensorRT refuses {count} items of {self._item_shape}")
            self._count = count


def _find_sm(library: TensorRtLibrary, capability: tuple[int, int]) -> Any:
    known = library.module.ComputeCapability
    found = getattr(known, f"SM{capability[0]}{capability[1]}", None)
    if found is None:
        there = ", ".join(f"{name[2:-1]}.{name[-1]}" for name in sorted(dir(known)) if name.startswith("SM"))
        raise EngineMissingError(
            f"{library.name} builds for GPUs of compute capability {there}, and not for {capability[0]}.{capability[1]}"
        )
    return found
