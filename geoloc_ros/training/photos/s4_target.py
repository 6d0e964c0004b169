"""Photos of nowhere in particular: the domain that S4 adapts to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set

_ENDINGS: Final = (".jpg", ".jpeg", ".png")


def unlabelled_photos(folders: tuple[Path, ...]) -> PhotoSet:
    """All photos below some folders, in the order of their names; nobody knows where they are.

    Raises:
        DatasetError: There are none.
    """
    files = [
        path for folder in folders for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _ENDINGS and path.is_file()
    ]  # fmt: skip
    if not files:
        names = ", ".join(f"'{folder}'" for folder in folders)
        raise DatasetError(f"no photos ({', '.join(_ENDINGS)}) below {names}; give folders of real photos")
    return photo_set(
        "unlabelled photos", Path("/"), tuple(str(path.resolve()) for path in files), np.full((len(files), 2), np.nan)
    )
