"""Focal lengths of a VisualSfM model (NVM_V3), which Cambridge Landmarks come with."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError


@dataclass(frozen=True)
class NvmLens:
    """Of one image."""

    focal_px: float
    radial: float
    """VisualSfM bends measured points into ideal ones, by `1 + radial * r^2`."""

    def camera(self, width: int, height: int) -> Camera:
        """Square pixels, the principal point in the middle; the other way around to first order."""
        distortion = (-self.radial, 0.0, 0.0, 0.0) if self.radial else ()
        return Camera(
            "pinhole", width, height, self.focal_px, self.focal_px, width / 2.0, height / 2.0, distortion
        )


def read_nvm(path: Path) -> dict[str, NvmLens]:
    """The lenses of the first model of a file, by the name of the image without its suffix.

    Raises:
        DatasetError: If it cannot be read, or is no such file.
    """
    try:
        with path.open() as stream:
            lines = (line.strip() for line in stream)
            if not next(lines, "").startswith("NVM_V3"):
                raise DatasetError(f"'{path}' is no model of VisualSfM: it does not begin with NVM_V3")
            count = int(next(line for line in lines if line))
            lenses = dict(_lens(line) for line in islice(lines, count))
            if len(lenses) < count:
                raise ValueError(f"{len(lenses)} images of {count}")
            return lenses
    except (OSError, ValueError, IndexError, StopIteration) as error:
        raise DatasetError(f"'{path}' is no model of VisualSfM that can be read: {error!r}") from error


def _lens(line: str) -> tuple[str, NvmLens]:
    """NAME FOCAL QW QX QY QZ CX CY CZ RADIAL 0."""
    words = line.split()
    focal_px, radial = float(words[1]), float(words[9])
    if not focal_px > 0.0:
        raise ValueError(f"focal length {focal_px} of {words[0]}")
    return words[0].rpartition(".")[0], NvmLens(focal_px, radial)
