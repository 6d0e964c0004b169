"""Memory on a GPU, and work on it in order: a stream, and graphs that were recorded from it."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.cuda_driver import CudaDriver

# CU_STREAM_NON_BLOCKING: it does not wait for the default stream, on which nothing can be recorded.
_NON_BLOCKING = 1
# CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may use the GPU meanwhile.
_THREAD_LOCAL = 1


class CudaBuffer:
    """Numbers on the device; they go away with the object."""

    def __init__(self, driver: CudaDriver, num_bytes: int) -> None:
        self._driver = driver
        self._pointer = ctypes.c_uint64()
        driver.use_context()
        driver.call("cuMemAlloc_v2", ctypes.byref(self._pointer), ctypes.c_size_t(max(1, num_bytes)))

    @property
    def address(self) -> int:
        """On the device."""
        return self._pointer.value

    def __del__(self) -> None:
        # At the end of a process the driver may have gone before us, and its memory with it.
        with contextlib.suppress(BackendError):
            if self._pointer:
                self._driver.use_context()
                self._driver.call("cuMemFree_v2", self._pointer)


class CudaGraph:
    """Recorded work; implements `engine.Graph`."""

    def __init__(self, driver: CudaDriver, graph: ctypes.c_void_p, stream: ctypes.c_void_p) -> None:
        self._driver, self._stream = driver, stream
        self._executable = ctypes.c_void_p()
        driver.call("cuGraphInstantiateWithFlags", ctypes.byref(self._executable), graph, ctypes.c_ulonglong(0))
        driver.call("cuGraphDestroy", graph)

    def __del__(self) -> None:
        with contextlib.suppress(BackendError):
            if self._executable:
                self._driver.use_context()
                self._driver.call("cuGraphExecDestroy", self._executable)

    def launch(self) -> None:
        """Start it."""
        self._driver.call("cuGraphLaunch", self._executable, self._stream)


class CudaStream:
    """Work in order, on the context that all libraries of this process share."""

    def __init__(self, driver: CudaDriver) -> None:
        self._driver = driver
        self._stream = ctypes.c_void_p()
        driver.use_context()
        driver.call("cuStreamCreate", ctypes.byref(self._stream), ctypes.c_uint(_NON_BLOCKING))

    @property
    def handle(self) -> int:
        """As other libraries want it."""
        return int(self._stream.value or 0)

    def upload(self, array: Float32, buffer: CudaBuffer) -> None:
        """Copy an array, which must be contiguous, to the device. The calling thread may use the device from now."""
        self._driver.use_context()
        self._driver.call(
            "cuMemcpyHtoDAsync_v2", ctypes.c_uint64(buffer.address), ctypes.c_void_p(array.ctypes.data),
            ctypes.c_size_t(array.nbytes), self._stream,
        )  # fmt: skip

    def download(self, buffer: CudaBuffer, array: Float32) -> None:
        """Fill an array, which must be contiguous, from the device; done after `wait`."""
        self._driver.call(
            "cuMemcpyDtoHAsync_v2", ctypes.c_void_p(array.ctypes.data), ctypes.c_uint64(buffer.address),
            ctypes.c_size_t(array.nbytes), self._stream,
        )  # fmt: skip

    def wait(self) -> None:
        """Until all work is done."""
        self._driver.call("cuStreamSynchronize", self._stream)

    def record(self, work: Callable[[], None]) -> CudaGraph:
        """What `work` starts on this stream, recorded instead.

        Raises:
            BackendError: If it does something that cannot be recorded.
        """
        graph = ctypes.c_void_p()
        self._driver.call("cuStreamBeginCapture_v2", self._stream, ctypes.c_int(_THREAD_LOCAL))
        try:
            work()
        finally:
            # A stream that is left recording can do nothing else any more.
            self._driver.call("cuStreamEndCapture", self._stream, ctypes.byref(graph))
        return CudaGraph(self._driver, graph, self._stream)
