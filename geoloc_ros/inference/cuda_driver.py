"""The NVIDIA driver by its C interface, which needs no package: which GPU there is, memory, streams, graphs."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from geoloc_ros.core.errors import BackendError

_LIBRARY = "libcuda.so.1"
# CUdevice_attribute
_NUM_MULTIPROCESSORS, _CAPABILITY_MAJOR, _CAPABILITY_MINOR = 16, 75, 76


@dataclass(frozen=True)
class GpuDevice:
    """The GPU that is used: the first one that CUDA_VISIBLE_DEVICES shows."""

    name: str
    capability: tuple[int, int]
    """Compute capability, major and minor."""
    num_multiprocessors: int
    memory_gib: int
    """Rounded: where it is shared with the processor, a few pages more or less are there after every start."""


class CudaDriver:
    """The driver, with a device; every function that is called by name raises BackendError where it fails."""

    def __init__(self, library: str = "") -> None:
        """Load `library`, or that of the system; raises BackendError if there is none, or no GPU."""
        try:
            self._library = ctypes.CDLL(library or _LIBRARY)
        except OSError as error:
            raise BackendError(f"there is no NVIDIA driver ({error})") from error
        self.call("cuInit", ctypes.c_uint(0))
        self._device = ctypes.c_int()
        self.call("cuDeviceGet", ctypes.byref(self._device), ctypes.c_int(0))
        self.device = self._found_device()
        self._context: ctypes.c_void_p | None = None

    def call(self, function: str, *arguments: object) -> None:
        """Call a function of the driver.

        Raises:
            BackendError: If it does not succeed.
        """
        code = int(getattr(self._library, function)(*arguments))
        if code != 0:
            text = ctypes.c_char_p()
            self._library.cuGetErrorString(ctypes.c_int(code), ctypes.byref(text))
            said = text.value.decode() if text.value else "unknown error"
            raise BackendError(f"the NVIDIA driver says of {function}: {said} ({code})")

    def use_context(self) -> None:
        """Let this thread use the device, in the context that all libraries of a process share."""
        if self._context is None:
            context = ctypes.c_void_p()
            self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), self._device)
            self._context = context
        self.call("cuCtxSetCurrent", self._context)

    def _found_device(self) -> GpuDevice:
        name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
        self.call("cuDeviceGetName", name, ctypes.c_int(len(name)), self._device)
        self.call("cuDeviceTotalMem_v2", ctypes.byref(memory), self._device)
        return GpuDevice(
            name.value.decode(), (self._attribute(_CAPABILITY_MAJOR), self._attribute(_CAPABILITY_MINOR)),
            self._attribute(_NUM_MULTIPROCESSORS), round(memory.value / 2**30),
        )  # fmt: skip

    def _attribute(self, which: int) -> int:
        value = ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(which), self._device)
        return value.value
