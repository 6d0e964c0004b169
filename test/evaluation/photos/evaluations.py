"""An evaluation whose photos can be told by their colour: three queries, by night and by day; one goes wrong."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.photos import PhotoProblem
from geoloc_ros.evaluation.photos.costs import PhotoCosts
from geoloc_ros.evaluation.photos.judged import judge_photos
from geoloc_ros.evaluation.photos.photo_evaluation import PhotoEvaluation

from .street import PLACES, places_seen, searched, street


def evaluation(folder: Path) -> PhotoEvaluation:
    """Query 0 finds its place, query 15 is taken for place 3; query 10 cannot be read and has no right photo."""
    queries = replace(
        street("query<", [0, 15, 10]), root=folder, condition=("night", "night", "day"), yaw_rad=np.full(3, np.nan)
    )
    queries.position_m[2] = (5000.0, 0.0)
    database = replace(street("photo", list(range(PLACES))), root=folder)
    for file in (*queries.file[:2], *database.file):
        cv2.imwrite(str(folder / file), np.full((30, 40, 3), 99, np.uint8))
    retrieved = replace(searched(queries, places_seen([0, 3, 10])), database=database)
    costs = PhotoCosts(math.nan, 2e6, PLACES, 1.5, 0.25, "exact", 0.001, PLACES)
    problems = (PhotoProblem("broken<.jpg", "is no image"),)
    return PhotoEvaluation(judge_photos(retrieved, "plain", 0), costs, problems, 0, (("collection", "a <street>"),))
