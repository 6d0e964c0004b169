"""Arrays in a file that says what they were made from."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError


def save_marked(path: Path, mark: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz that `load_marked` takes with the same mark; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_beside(path) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, mark=np.array(mark), **arrays)


def load_marked(path: Path, mark: str, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The arrays of those names.

    Raises:
        DatasetError: If there is no such file, or it was made from something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["mark"]) == mark:
                return {name: arrays[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"no results in '{path}' ({error}); measure again") from error
    raise DatasetError(f"results in '{path}' are of other inputs or other code; measure again")
