"""The C++ kernels, loaded once."""

import ctypes
import functools
from pathlib import Path

import geoloc_ros
from geoloc_ros.core.errors import BackendError

LIBRARY_NAME = "libgeoloc_native.so"

# src/native.cpp returns the same number; raise both whenever the signature of an exported function changes.
NATIVE_ABI_VERSION = 7


@functools.cache
def load_native() -> ctypes.CDLL:
    """The C++ kernels of this package. The caller declares `argtypes` and `restype` of the functions it uses.

    Calls through `ctypes.CDLL` release the GIL.

    Raises:
        BackendError: The library is not built, does not load, or is of another version than these Python files.
    """
    path = find_native(list(geoloc_ros.__path__))
    try:
        library = ctypes.CDLL(str(path))
        abi_version = library.geoloc_native_abi_version
    except (OSError, AttributeError) as error:
        raise BackendError(f"cannot load the native library {path}: {error}; rebuild it with: make venv") from error
    abi_version.argtypes = []
    abi_version.restype = ctypes.c_int
    check_abi_version(abi_version(), path)
    return library


def find_native(folders: list[str]) -> Path:
    """Path of the native library in the first of `folders` that holds it.

    Raises:
        BackendError: None does.
    """
    for folder in folders:
        path = Path(folder) / LIBRARY_NAME
        if path.is_file():
            return path
    searched = ", ".join(folders)
    raise BackendError(f"{LIBRARY_NAME} is not built (searched: {searched}); build it with: make venv")


def check_abi_version(found: int, path: Path) -> None:
    """Refuse a library that was built from other sources than the Python files around it.

    Raises:
        BackendError: `found` is not NATIVE_ABI_VERSION.
    """
    if found != NATIVE_ABI_VERSION:
        raise BackendError(
            f"{path} has interface version {found}, these Python files need {NATIVE_ABI_VERSION}; "
            "rebuild it with: make venv"
        )
