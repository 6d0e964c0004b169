"""What photos of a folder were asked for, so that only the same is gone on with and nobody's photos are mixed up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError

RECORD = "simulated.json"


def check_photo_folder(folder: Path) -> None:
    """See that photos may be written to a folder: it is new, empty, or was begun by this program.

    Raises:
        DatasetError: If it holds anything else, or is a file.
    """
    try:
        is_foreign = folder.exists() and any(folder.iterdir()) and not (folder / RECORD).is_file()
    except OSError as error:
        raise DatasetError(f"cannot write photos to '{folder}': {error.strerror}; choose another place") from error
    if is_foreign:
        raise DatasetError(
            f"'{folder}' holds files that no tour of photos has written (no {RECORD} in it); choose another folder"
        )


def begin_photo_folder(folder: Path, asked: Mapping[str, Any]) -> None:
    """Write down what is asked for, or see that the folder was begun with the same.

    Args:
        folder: As `check_photo_folder` allows it.
        asked: All that the photos follow from, by name; values that JSON knows.

    Raises:
        DatasetError: If the folder was begun with something else, its record is broken, or it cannot be written.
    """
    path = folder / RECORD
    try:
        if not path.is_file():
            with write_beside(path) as partial:
                partial.write_text(json.dumps(asked, indent=1) + "\n")
            return
        begun = dict(json.loads(path.read_bytes()))
    except OSError as error:
        raise DatasetError(f"cannot write photos to '{folder}': {error.strerror}; choose another place") from error
    except (ValueError, TypeError) as error:
        raise DatasetError(f"'{path}' cannot be read ({error}); remove '{folder}', or choose another") from error
    now = json.loads(json.dumps(asked))
    other = [name for name in now if begun.get(name) != now[name]]
    if other:
        name = other[0]
        raise DatasetError(
            f"'{folder}' was begun with {name} {begun.get(name)!r}, not {now[name]!r}; choose another folder, "
            "or remove it"
        )
