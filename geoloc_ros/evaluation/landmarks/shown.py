"""Views to be drawn: a few that stand for all, looked at once more."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.evaluation.landmarks.judged import JudgedViews
from geoloc_ros.evaluation.landmarks.landmark_evaluation import ShownView, chosen_views
from geoloc_ros.landmarks.finder import LandmarkFinder
from geoloc_ros.landmarks.landmark_input import LandmarkInput


def shown_views(finder: LandmarkFinder, judged: JudgedViews, seed: int, count: int = 8) -> tuple[ShownView, ...]:
    """`count` views, evenly from the best to the worst.

    Args:
        finder: That answered.
        judged: By `judge_views` with this seed, of images whose files can be read.
        seed: So that the same is found again.
        count: Fewer where there are fewer views.
    """
    taken = LandmarkInput(finder.camera)
    images, views = judged.images, []
    for row in chosen_views(judged.errors.position_m, count):
        image, camera = read_photo(images.path(row)), images.camera[row]
        sighting = finder.look(image, camera, np.random.default_rng((seed, row)))
        views.append(
            ShownView(
                images.file[row], taken.resample(image, camera)[0], finder.camera, sighting.label,
                finder.landmark_map.landmarks, sighting.voted, sighting.answer, images.scene_from_camera[row],
            )
        )  # fmt: skip
    return tuple(views)
