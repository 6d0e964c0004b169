"""A street with a photo every ten metres, of two colours that no other place has."""

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import Float64, UInt8

ORIGIN = GeoOrigin(48.4, 9.98)
SPACING_M = 10.0


def place_image(place: int, noise: float = 0.0, seed: int = 0) -> UInt8:
    """What is seen at a place: the left half of one colour, the right one of another."""
    colours = np.random.default_rng([place, 7]).uniform(20.0, 235.0, (2, 3))
    image = np.repeat(np.repeat(colours[None], 12, axis=0), 8, axis=1)
    shift = np.random.default_rng([place, seed]).normal(0.0, noise, (1, 2, 3)).repeat(8, axis=1)
    return np.clip(image + shift, 0.0, 255.0).astype(np.uint8)


def street_position_m(place: int) -> Float64:
    """In the frame of ORIGIN: the street leads to the east."""
    return np.array([SPACING_M * place, 0.0])


def make_street(folder: Path, places: int = 40, visits: int = 2, noise: float = 4.0, first: int = 0) -> PhotoSet:
    """Photos looking east, `visits` of each place on different drives, written below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(place, visit) for visit in range(visits) for place in range(first, first + places)]
    names = tuple(f"{visit}_{place:04}.png" for place, visit in rows)
    for (place, visit), name in zip(rows, names, strict=True):
        image = place_image(place, noise, visit)
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    position_m = np.array([street_position_m(place) for place, _ in rows])
    geodetic_deg = np.column_stack(ORIGIN.to_geodetic(position_m))
    return photo_set(
        "street", folder, names, position_m + [5e5, 5e6], geodetic_deg=geodetic_deg, yaw_rad=np.zeros(len(rows)),
        sequence=np.array([visit for _, visit in rows], np.int32),
        condition=tuple(f"visit{visit}" for _, visit in rows),
    )


def write_named_street(folder: Path, places: int) -> Path:
    """A folder of photos of a street, one of each place, whose names say where they were taken."""
    street = make_street(folder / "raw", places, 1)
    database = folder / "named" / "database"
    database.mkdir(parents=True)
    for row, file in enumerate(street.file):
        latitude_deg, longitude_deg = street.geodetic_deg[row]
        name = f"@{500000.0 + 10.0 * row:.2f}@5360000.00@32@U@{latitude_deg:.7f}@{longitude_deg:.7f}@@@90.0@@@@@@.png"
        (street.root / file).rename(database / name)
    return folder / "named"
