"""Images with truth for the street network, as files that training and benchmarks read."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Int32, UInt8
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.reading.street_input import ground_channel, ray_lengths
from geoloc_ros.training.street_world import StreetView, draw_views

# Level 1: half the time of reading back from a disc, a third of the size.
_COMPRESSION = 1
_SPOTS_PER_WORLD = 10
_KEYS = ("image", "label", "range_m", "building", "ground")


@dataclass(frozen=True)
class StreetSample:
    """One image and what is in it."""

    image: UInt8
    """(H, W, 3), red first."""
    label: UInt8
    """(H, W) of core.classes; 255 is ignored."""
    range_m: Float32
    """(H, W), Euclidean; NaN for sky and where it is unknown."""
    building: Int32
    """(H, W), which building, -1 for none."""
    ground: Float32
    """(H, W), `scan.street_input.ground_channel` of the mount that the vehicle knows."""


def render_samples(
    maps: Sequence[GeoMap], folder: Path, num_samples: int, seed: int, progress: ProgressCallback = no_progress
) -> None:
    """Write samples `000000.npz`, `000001.npz`, ... of the maps in turn, a world of its own every thirty of them.

    Equal arguments give equal files; more samples leave the first ones as they are.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
        MapError: If a map has no roads that can be driven.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number, world = 0, 0
    while number < num_samples:
        rng = np.random.default_rng([seed, world])
        views = draw_views(maps[world % len(maps)], _SPOTS_PER_WORLD, rng)
        for view in islice(views, num_samples - number):
            save_sample(sample_of(view), folder / f"{number:06}.npz")
            number += 1
            progress("rendering", number / num_samples)
        world += 1


def sample_of(view: StreetView) -> StreetSample:
    """What a network is asked of a view."""
    frame = view.frame
    return StreetSample(
        frame.rgb, frame.label, frame.depth_m * ray_lengths(view.camera), frame.building,
        ground_channel(view.camera, view.base_from_camera),
    )


def save_sample(sample: StreetSample, path: Path) -> None:
    """As an `.npz` of numpy; ranges and ground in half precision, buildings in 16 bits."""
    arrays: dict[str, NDArray[Any]] = {
        "image": sample.image, "label": sample.label, "range_m": sample.range_m.astype(np.float16),
        "building": _as_int16(sample.building), "ground": sample.ground.astype(np.float16),
    }
    with (
        write_beside(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive,
    ):
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def load_sample(path: Path) -> StreetSample:
    """Inverse of `save_sample`.

    Raises:
        DatasetError: If the file is not one of those.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            image, label, range_m, building, ground = (arrays[key] for key in _KEYS)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(f"'{path}' is no sample of a street ({error}); render it again") from error
    return StreetSample(
        image, label, range_m.astype(np.float32), building.astype(np.int32), ground.astype(np.float32)
    )


def _as_int16(building: Int32) -> NDArray[np.int16]:
    """The same buildings with numbers from 0 in the order of theirs: a city has more of them than fit, a view not."""
    numbers = np.unique(building[building >= 0])
    table = np.append(np.arange(len(numbers)), -1).astype(np.int16)
    return table[np.where(building < 0, len(numbers), np.searchsorted(numbers, building))]
