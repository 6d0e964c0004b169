"""A vehicle that sees nothing itself and is told where photos like its images were taken."""

from collections.abc import Callable

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import Float64, LocalizationStatus, Observation, PoseEstimate
from geoloc_ros.localization.evidence import place_evidence
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index, places_of, road_graph
from .test_localizer import BLIND, FIXES, Drive, error_m

FRAMES = 70
Answer = Callable[[Float64, int], tuple[Float64, float]]
"""Position (2,) and yaw that are named for a true pose (3,) at a frame."""


@pytest.fixture
def town() -> RoadGraph:
    """Ten by ten crossings, blocks of 90 m by 60 m: room for places that are wrong."""
    nodes = [(90.0 * column, 60.0 * row) for row in range(10) for column in range(10)]
    across = [(10 * row + column, 10 * row + column + 1) for row in range(10) for column in range(9)]
    along = [(10 * row + column, 10 * row + column + 10) for row in range(9) for column in range(10)]
    return road_graph(nodes, across + along)


def drive_blind(
    town: RoadGraph, answer: Answer, probability: float, seed: int = 0
) -> tuple[list[PoseEstimate], list[Float64]]:
    """What a localizer says that hears an answer at every viewpoint, ten metres apart, and the truth."""
    index, encoder, signature = make_index(town)
    localizer, rng = Localizer(index, Config()), np.random.default_rng(seed)
    drive = Drive(index.places, signature, encoder, int(rng.integers(len(index))))
    said, truth = [], []
    for frame in range(FRAMES):
        pose = drive.pose()
        position_m, yaw_rad = answer(pose, frame)
        localizer.add_places(place_evidence(
            drive.stamp_ns, position_m[None], np.array([yaw_rad]), np.array([probability]), 8.0, index
        ))
        query = np.zeros(index.dimension, np.float32)
        said.append(localizer.update(Observation(drive.stamp_ns, BLIND, query, drive.odometry)))
        truth.append(pose)
        drive.step(rng)
    return said, truth


def right(rng: np.random.Generator) -> Answer:
    """Right to 6 m."""
    return lambda pose, frame: (pose[:2] + rng.normal(0.0, 6.0, 2), float(pose[2] + rng.normal(0.0, 0.1)))


def anywhere(town: RoadGraph, rng: np.random.Generator) -> Answer:
    """Any place of the town, another one each time."""
    poses = places_of(town).poses()

    def answer(pose: Float64, frame: int) -> tuple[Float64, float]:
        x_m, y_m, yaw_rad = poses[rng.integers(len(poses))]
        return np.array([x_m, y_m]), float(yaw_rad)

    return answer


@pytest.mark.parametrize("seed", range(3))
def test_photos_alone_make_a_fix_after_some_hundred_metres_and_it_is_right(town: RoadGraph, seed: int) -> None:
    said, truth = drive_blind(town, right(np.random.default_rng(seed)), 0.6, seed)
    fixes = [frame for frame, estimate in enumerate(said) if estimate.status in FIXES]
    assert fixes and 100.0 < 10.0 * fixes[0] < 500.0
    errors_m = [error_m(said[frame], truth[frame]) for frame in fixes]
    assert np.median(errors_m) < 8.0 and max(errors_m) < 25.0


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.95])
def test_photos_of_any_place_make_no_fix_however_sure_they_are(town: RoadGraph, probability: float) -> None:
    for seed in range(3):
        said, _ = drive_blind(town, anywhere(town, np.random.default_rng(seed)), probability, seed)
        assert not any(estimate.status in FIXES for estimate in said)


def test_a_photo_that_every_image_looks_like_makes_no_fix(town: RoadGraph) -> None:
    said, _ = drive_blind(town, lambda pose, frame: (np.array([270.0, 180.0]), 0.0), 0.9)
    assert not any(estimate.status in FIXES for estimate in said)


def test_half_of_the_answers_may_be_wrong(town: RoadGraph) -> None:
    rng = np.random.default_rng(0)
    good, bad = right(rng), anywhere(town, rng)
    said, truth = drive_blind(town, lambda pose, frame: (good if rng.random() < 0.5 else bad)(pose, frame), 0.4)
    errors_m = [error_m(one, pose) for one, pose in zip(said, truth, strict=True) if one.status in FIXES]
    assert errors_m and np.median(errors_m) < 10.0 and max(errors_m) < 25.0


def test_a_fix_of_photos_is_lost_when_they_say_elsewhere(town: RoadGraph) -> None:
    rng = np.random.default_rng(1)
    good, elsewhere = right(rng), anywhere(town, rng)
    said, _ = drive_blind(town, lambda pose, frame: (good if frame < 45 else elsewhere)(pose, frame), 0.8, 1)
    assert said[44].status in FIXES and said[-1].status is LocalizationStatus.LOST
