"""How much one query looks like every row of an index: a pass over the whole city, in C++."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float16, Float32


def inner_products(rows: Float16, query: Float32, portable: bool = False) -> Float32:
    """Inner products (V,) of a query (D,) with rows (V, D), summed in single precision.

    Half precision halves the memory that the pass has to read, which is all that it waits for: 96 000 rows of 145 take
    2 ms on one core, in single precision 14 ms by numpy and 7 ms by faiss.

    Args:
        rows: C-contiguous.
        query: Of any strides.
        portable: Use no instructions that only some processors have; for tests.
    """
    assert rows.dtype == np.float16 and rows.flags.c_contiguous and query.shape == rows.shape[1:]
    query = np.ascontiguousarray(query, np.float32)
    product = np.empty(len(rows), np.float32)
    _native().geoloc_half_products(
        rows.ctypes.data, *rows.shape, query.ctypes.data, int(portable), product.ctypes.data
    )
    return product


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    count, pointer = ctypes.c_int64, ctypes.c_void_p
    library.geoloc_half_products.argtypes = [pointer, count, count, pointer, ctypes.c_int32, pointer]
    library.geoloc_half_products.restype = None
    return library
