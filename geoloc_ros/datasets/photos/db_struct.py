"""`dbStruct`, the MATLAB structure that lists Pittsburgh and Tokyo 24/7 (Arandjelovic et al., NetVLAD, CVPR 2016).

A MATLAB file of level 5 holding whichSet, dbImageFns, utmDb (2, D), qImageFns, utmQ (2, Q), numImages, numQueries and
distances. Read by SciPy, which unpickles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float64

_NAME = "dbStruct"


@dataclass(frozen=True)
class DbStruct:
    """Names of photos as they were published, and UTM coordinates (N, 2) without their zone."""

    database: tuple[str, ...]
    database_m: Float64
    queries: tuple[str, ...]
    queries_m: Float64


def read_db_struct(path: Path) -> DbStruct:
    """The structure of a file.

    Raises:
        DatasetError: If it cannot be read, or is another file.
    """
    try:
        struct = loadmat(path, variable_names=[_NAME])[_NAME].reshape(-1)[0]
        names = [_names(struct[field]) for field in ("dbImageFns", "qImageFns")]
        positions_m = [np.asarray(struct[field], np.float64).T.reshape(-1, 2) for field in ("utmDb", "utmQ")]
    except (OSError, NotImplementedError, ValueError, TypeError, KeyError, IndexError, MatReadError) as error:
        raise DatasetError(f"'{path}' is no dbStruct of NetVLAD in MATLAB's format 5: {error!r}") from error
    if [len(each) for each in names] != [len(each) for each in positions_m]:
        raise DatasetError(f"'{path}' has as many names as positions in neither database nor queries; get it again")
    return DbStruct(names[0], positions_m[0], names[1], positions_m[1])


def _names(cells: Any) -> tuple[str, ...]:
    return tuple(str(np.asarray(cell).reshape(-1)[0]) for cell in np.asarray(cells).reshape(-1))
