"""Which photos cannot be decoded. Loaders do not look: that would open millions of files."""

from __future__ import annotations

from geoloc_ros.core.photos import PhotoProblem, PhotoSet
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.exif import decode_photo

_SAID_EVERY = 50


def broken_photos(photos: PhotoSet, progress: ProgressCallback) -> tuple[PhotoProblem, ...]:
    """Decode every photo; those that are broken."""
    problems = []
    for row, file in enumerate(photos.file):
        if row % _SAID_EVERY == 0:
            progress("decoding photos", row / len(photos))
        try:
            decode_photo(photos.path(row))
        except ValueError as error:
            problems.append(PhotoProblem(file, str(error)))
    progress("decoding photos", 1.0)
    return tuple(problems)
