"""Which landmarks each image of a scene shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.landmarks import NO_LANDMARK
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Int32
from geoloc_ros.landmarks.create.small_views import smaller
from geoloc_ros.landmarks.create.view_labels import LabelRenderer

# Of an image of 160 columns: as many as the least patch that is voted for (20 pixels) has in one of 320.
_LEAST_PIXELS = 5


@dataclass(frozen=True)
class Sightings:
    """S pairs of an image and a landmark that it shows."""

    num_images: int
    num_landmarks: int
    image: Int32
    """(S,), row of the image, ascending."""
    landmark: Int32
    """(S,), 1 to n."""


def sightings_of(images: PosedImages, renderer: LabelRenderer, progress: ProgressCallback = no_progress) -> Sightings:
    """Draw the patches as every image sees them, in a few milliseconds each; whatever hides them is not asked for."""
    image, landmark = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for row in range(len(images)):
        seen = renderer.render(smaller(images.camera[row]), images.scene_from_camera[row]).landmark
        numbers, pixels = np.unique(seen, return_counts=True)
        shown = numbers[(pixels >= _LEAST_PIXELS) & (numbers != NO_LANDMARK)]
        image.append(np.full(len(shown), row, np.int32))
        landmark.append(shown.astype(np.int32))
        progress(f"looking for what images of {images.name} share", (row + 1) / len(images))
    return Sightings(
        len(images), len(renderer.patches), np.concatenate(image), np.concatenate(landmark)
    )
