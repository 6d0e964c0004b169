"""The C++ kernels of the belief over road cells, declared."""

from __future__ import annotations

import ctypes
from functools import cache

from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, UInt8

COUNT, POINTER, REAL, SWITCH = ctypes.c_int64, ctypes.c_void_p, ctypes.c_float, ctypes.c_int32


def pointer(array: Float32 | Float64 | Int32 | Int64 | UInt8) -> int:
    """Address of an array for a kernel; whoever calls keeps it alive."""
    assert array.flags.c_contiguous
    return array.ctypes.data


@cache
def belief_native() -> ctypes.CDLL:
    """The kernels of src/belief_*.cpp, where their arguments are explained."""
    library = load_native()
    library.geoloc_belief_hop.argtypes = [COUNT] * 2 + [POINTER] * 7 + [SWITCH] + [REAL] * 10 + [POINTER] * 6
    library.geoloc_belief_hop.restype = None
    library.geoloc_belief_weigh.argtypes = [COUNT] + [POINTER] * 4 + [REAL] + [POINTER] * 2
    library.geoloc_belief_weigh.restype = ctypes.c_double
    library.geoloc_belief_weigh_yaw.argtypes = [COUNT] + [POINTER] * 2 + [SWITCH] + [POINTER] * 2
    library.geoloc_belief_weigh_yaw.restype = ctypes.c_double
    library.geoloc_belief_weigh_cells.argtypes = [COUNT] + [POINTER] * 4
    library.geoloc_belief_weigh_cells.restype = None
    library.geoloc_belief_of_viewpoints.argtypes = [COUNT] * 2 + [POINTER] * 3 + [REAL] + [POINTER] * 2
    library.geoloc_belief_of_viewpoints.restype = None
    library.geoloc_belief_snapshot.argtypes = [COUNT] + [POINTER] * 2 + [REAL] + [COUNT] + [POINTER] * 3
    library.geoloc_belief_snapshot.restype = COUNT
    library.geoloc_belief_predict.argtypes = [POINTER] * 6 + [SWITCH] + [REAL] + [COUNT] + [POINTER] * 6
    library.geoloc_belief_predict.restype = None
    library.geoloc_belief_look_back.argtypes = [POINTER] * 6 + [SWITCH] + [REAL] + [COUNT] + [POINTER] * 4
    library.geoloc_belief_look_back.restype = None
    library.geoloc_belief_modes.argtypes = (
        [COUNT] * 2 + [POINTER] * 6 + [REAL] + [POINTER] * 2 + [REAL] * 3 + [COUNT] + [POINTER] * 3
    )
    library.geoloc_belief_modes.restype = ctypes.c_int64
    library.geoloc_belief_boost.argtypes = [COUNT] * 2 + [POINTER] * 6 + [REAL] * 7 + [POINTER] * 2
    library.geoloc_belief_boost.restype = None
    return library
