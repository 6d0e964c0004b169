"""The photos of an index: where each was taken and what it is called, as arrays and one list of names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import Artifact, ArtifactWriter
from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.photos import PhotoProblem, PhotoSet, photo_set
from geoloc_ros.core.types import Bool, Float64

_ARRAYS = ("position_m", "geodetic_deg", "yaw_rad", "stamp_ns", "sequence", "place")
_NAMES = "photos.json"


def own_frame(photos: PhotoSet) -> tuple[PhotoSet, GeoOrigin | None, tuple[PhotoProblem, ...]]:
    """The photos in a map frame of their own, where that touches the earth, and those that cannot be put there.

    The frame touches the earth at the mean of the photos. Where no photo knows its latitude and longitude, the metres
    of the collection are kept, and there is no origin.

    Raises:
        DatasetError: If there is no photo.
    """
    if not len(photos):
        raise DatasetError(f"collection '{photos.name}' has no photo to index; see `geoloc photos list`")
    is_known = np.isfinite(photos.geodetic_deg).all(axis=1)
    if not is_known.any():
        return photos, None, ()
    lost = tuple(
        PhotoProblem(photos.file[row], "has no latitude and longitude, and others of the collection have")
        for row in np.flatnonzero(~is_known)
    )
    known = photos.take(np.flatnonzero(is_known).astype(np.int64))
    latitude_deg, longitude_deg = known.geodetic_deg.T
    # To the millimetre, so that the file says what the frame is.
    origin = GeoOrigin(round(float(latitude_deg.mean()), 8), round(float(longitude_deg.mean()), 8))
    return replace(known, position_m=origin.to_map(latitude_deg, longitude_deg)), origin, lost


def add_photos(writer: ArtifactWriter, photos: PhotoSet) -> None:
    """Store the table of an index; label images do not belong to it."""
    for name in _ARRAYS:
        writer.add_array(f"photo.{name}", getattr(photos, name))
    names = {
        "name": photos.name, "root": str(photos.root), "file": list(photos.file), "condition": list(photos.condition)
    }
    writer.file(_NAMES).write_text(json.dumps(names, indent=0, sort_keys=True) + "\n")


def read_photos(artifact: Artifact) -> PhotoSet:
    """The table of an artifact.

    Raises:
        ArtifactError: If it holds none, or its parts do not fit each other.
    """
    try:
        names = json.loads((artifact.path / _NAMES).read_text())
        file, condition = tuple(names["file"]), tuple(names["condition"])
        name, root = str(names["name"]), Path(names["root"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"'{artifact.path / _NAMES}' names no photos ({error!r}); build the index again") from error
    arrays = {array: np.asarray(artifact.array(f"photo.{array}")) for array in _ARRAYS}
    if {len(file), len(condition), *(len(array) for array in arrays.values())} != {len(file)}:
        raise ArtifactError(f"the tables of '{artifact.path}' differ in length; build the index again")
    return photo_set(
        name, root, file, arrays["position_m"], geodetic_deg=arrays["geodetic_deg"], yaw_rad=arrays["yaw_rad"],
        stamp_ns=arrays["stamp_ns"], sequence=arrays["sequence"], condition=condition, place=arrays["place"],
    )


def is_same_view(photos: PhotoSet, row: int, distance_m: float, turn_rad: float) -> Bool:
    """Which photos (N,) were taken within `distance_m` of one and look its way; an unknown yaw looks any way."""
    offset_m: Float64 = photos.position_m - photos.position_m[row]
    is_near: Bool = np.hypot(*offset_m.T) <= distance_m
    # The cosine needs no wrapping, and is NaN where nobody knows.
    is_away = np.cos(photos.yaw_rad - photos.yaw_rad[row]) < np.cos(turn_rad)
    return np.asarray(is_near & ~is_away)
