"""Photos in any of the layouts that are known, found out by what lies there."""

from __future__ import annotations

import logging
from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.datasets.curation.collection import is_curated, load_curated
from geoloc_ros.datasets.photos.exif_photos import has_photos, load_exif_photos
from geoloc_ros.datasets.photos.gsv_cities import is_gsv_cities, load_gsv_cities
from geoloc_ros.datasets.photos.layout import Layout
from geoloc_ros.datasets.photos.msls import is_msls, load_msls
from geoloc_ros.datasets.photos.pittsburgh import is_pittsburgh, load_pittsburgh
from geoloc_ros.datasets.photos.robotcar import is_robotcar, load_robotcar
from geoloc_ros.datasets.photos.sfxl import is_sfxl, load_sfxl
from geoloc_ros.datasets.photos.split import is_split, read_split
from geoloc_ros.datasets.photos.tokyo247 import is_tokyo247, load_tokyo247
from geoloc_ros.datasets.photos.utm_names import has_utm_names, load_utm_names

logger = logging.getLogger(__name__)


def _load_split(path: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """What a split leaves of its source."""
    if part:
        raise DatasetError(f"a split has no parts; give '{path}' alone")
    split = read_split(path)
    return split.of(load_collection(split.source, split.kind, progress))


def _load_curated(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """A curated folder, with its images in `images/`."""
    if part:
        raise DatasetError(f"a curated folder has no parts; give '{folder}' alone")
    return load_curated(folder, progress=progress)


LAYOUTS = (
    Layout("split", "a split", is_split, _load_split),
    Layout("curated", "curated sequences", is_curated, _load_curated),
    Layout("msls", "Mapillary Street-Level Sequences", is_msls, load_msls),
    Layout("gsv", "GSV-Cities", is_gsv_cities, load_gsv_cities),
    Layout("robotcar", "Oxford RobotCar", is_robotcar, load_robotcar),
    Layout("pittsburgh", "Pittsburgh 30k or 250k", is_pittsburgh, load_pittsburgh),
    Layout("tokyo247", "Tokyo 24/7", is_tokyo247, load_tokyo247),
    Layout("sfxl", "San Francisco XL", is_sfxl, load_sfxl),
    Layout("utm", "names with UTM coordinates", has_utm_names, load_utm_names),
    Layout("exif", "photos with GPS in EXIF", has_photos, load_exif_photos),
)
"""The more particular before the more general."""


def load_collection(
    source: Path | str, kind: str = "auto", progress: ProgressCallback = no_progress
) -> PhotoCollection:
    """Photos of a source, as they lie there.

    Args:
        source: A folder or a file that `geoloc photos split` wrote; with "@PART" behind it one part: train, val, test,
            or a city where a layout has cities.
        kind: One of LAYOUTS; "auto" finds out.
        progress: Told about files and tables.

    Raises:
        DatasetError: If nothing is there, no layout fits, a part must be named, or not a single photo can be used.
    """
    folder, part = split_source(source)
    layout = find_layout(folder, kind)
    collection = layout.load(folder, part, progress)
    logger.info(
        "%s: %s, %d database photos, %d queries, %d left out", source, layout.description, len(collection.database),
        len(collection.queries), len(collection.problems),
    )
    return collection


def split_source(source: Path | str) -> tuple[Path, str]:
    """Folder or file, and part: "" without one.

    Raises:
        DatasetError: If it does not exist.
    """
    path = Path(source)
    if path.exists():
        return path, ""
    text, _, part = str(source).rpartition("@")
    if text and Path(text).exists():
        return Path(text), part
    raise DatasetError(f"no photos '{source}': there is no such folder")


def find_layout(folder: Path, kind: str = "auto") -> Layout:
    """How the photos of a folder lie.

    Raises:
        DatasetError: If there is no such kind, or what lies there is none of them.
    """
    if kind != "auto":
        for layout in LAYOUTS:
            if layout.kind == kind:
                return layout
        raise DatasetError(f"no layout is called '{kind}'; use auto, {', '.join(each.kind for each in LAYOUTS)}")
    for layout in LAYOUTS if folder.is_dir() else LAYOUTS[:1]:
        if layout.is_it(folder):
            return layout
    what = "holds no photos (.jpg, .png, ...) and no tables of a layout that is known" if folder.is_dir() else (
        "is neither a folder of photos nor a split"
    )  # fmt: skip
    raise DatasetError(f"'{folder}' {what}")
