"""A folder of photos as cameras write them: the position is in EXIF."""

from __future__ import annotations

from pathlib import Path

from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.columns import Numbering, PhotoColumns, make_collection, yaw_of_compass
from geoloc_ros.datasets.photos.exif import read_taken
from geoloc_ros.datasets.photos.image_files import image_files, some_images
from geoloc_ros.datasets.photos.layout import part_folder, photo_tree

_SAID_EVERY = 50


def has_photos(folder: Path) -> bool:
    """Is there any image?"""
    return bool(some_images(folder, 1))


def load_exif_photos(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of a folder and the folders in it, by name; database and queries where there are such folders.

    The header of every file is opened, so that one that is no image is told; none is decoded.

    Raises:
        DatasetError: If the part is not there, or no photo can be used.
    """
    root = part_folder(folder, part)
    tree = photo_tree(root)
    sequences, problems = Numbering(), list[PhotoProblem]()
    database, queries = PhotoColumns(), PhotoColumns()
    for columns, source in [(database, tree.database), *((queries, each) for each in tree.queries)]:
        files = list(image_files(source.path, root))
        for number, file in enumerate(files):
            if number % _SAID_EVERY == 0:
                progress(f"reading EXIF of {source.path.name}", number / len(files))
            if complaint := _add(columns, root, file, source.condition, sequences):
                problems.append(PhotoProblem(file, complaint))
        progress(f"reading EXIF of {source.path.name}", 1.0)
    return make_collection(f"{folder.resolve().name} {part}".strip(), root, database, queries, problems)


def _add(columns: PhotoColumns, root: Path, file: str, condition: str, sequences: Numbering) -> str:
    """Add a photo; why it cannot be used, or ""."""
    try:
        taken = read_taken(root / file)
    except ValueError as error:
        return str(error)
    if complaint := taken.where.complaint():
        return f"{complaint} in its EXIF"
    columns.add(
        file, taken.where, yaw_rad=yaw_of_compass(taken.compass_deg), stamp_ns=taken.stamp_ns,
        sequence=sequences.of(taken.sequence), condition=condition,
    )
    return ""
