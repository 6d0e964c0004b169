"""San Francisco XL as published (Berton et al., Rethinking Visual Geo-localization, CVPR 2022).

`processed/{train,val,test}` (or `small/` for the small one) with names of UTM coordinates: train is photos only, in
folders; val has `database/` and `queries/`; test has `database/`, `queries_v1/`, `queries_v2/` and later ones such as
`queries_night/`, which are told apart by the condition of their photos ("v1", "night").
"""

from __future__ import annotations

from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.layout import PARTS, part_folder
from geoloc_ros.datasets.photos.utm_names import load_tree

_FORMS = ("processed", "small")


def is_sfxl(folder: Path) -> bool:
    """Is one of its forms there, with a part?"""
    return any((folder / form / part).is_dir() for form in _FORMS for part in PARTS)


def load_sfxl(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of a part, of the full form if that is there.

    Raises:
        DatasetError: If no part is named and there are several, or the named one is not there.
    """
    forms = [folder / form for form in _FORMS if (folder / form).is_dir()]
    if not forms:
        raise DatasetError(f"'{folder}' has neither 'processed' nor 'small'; is it the folder of San Francisco XL?")
    return load_tree(part_folder(forms[0], part), f"{folder.resolve().name} {part}".strip(), progress)
