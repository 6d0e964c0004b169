from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import BackendError, IndexMismatchError, ObservationError
from geoloc_ros.core.landmark_config import CameraPoseConfig, VotingConfig
from geoloc_ros.core.landmarks import CameraPose, NotFound
from geoloc_ros.landmarks import finder
from geoloc_ros.landmarks.camera_pose import landmark_pose
from geoloc_ros.landmarks.finder import STAGES, LandmarkFinder, load_finder
from geoloc_ros.landmarks.pose_refinement import RefinedPose, moved
from geoloc_ros.landmarks.prior import CameraPrior

from .landmark_scenes import make_scene, write_mean_network
from .voted_scenes import (
    CAMERA,
    STRIDE,
    SaysWhatItIsTold,
    differ,
    learnt,
    perfect_maps,
    standing,
    wall,
    with_random_votes,
    with_wrong_labels,
)

IMAGE = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
# Few landmarks, that are found to a pixel rather than exactly, are surer than this and no surer than the default.
VOTING, POSE = VotingConfig(), CameraPoseConfig(max_log10_chance=-6.0)


class Case:
    """A finder before a wall."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.landmarks, self.truth = wall(self.rng), standing(self.rng)
        self.scene = learnt(self.landmarks, self.rng)
        self.network = SaysWhatItIsTold(self.scene.prototype)
        self.finder = LandmarkFinder(self.scene, self.network, VOTING, POSE)
        self.label, self.direction = perfect_maps(self.landmarks, self.truth)


@pytest.mark.parametrize("seed", range(5))
def test_perfect_maps_give_the_pose(seed: int) -> None:
    case = Case(seed)
    case.network.tell(case.label, case.direction)
    answer = case.finder.find(IMAGE, CAMERA, case.rng)
    assert isinstance(answer, CameraPose)
    metres, radians = differ(answer.scene_from_camera, case.truth)
    assert metres < 1e-3 and radians < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_four_votes_in_ten_at_random_still_give_the_pose(seed: int) -> None:
    case = Case(seed)
    case.network.tell(case.label, with_random_votes(case.direction, 0.4, case.rng))
    answer = case.finder.find(IMAGE, CAMERA, case.rng)
    assert isinstance(answer, CameraPose)
    # At three metres and 140 pixels per radian, a pixel is 2 cm.
    assert differ(answer.scene_from_camera, case.truth)[0] < 0.01


@pytest.mark.parametrize("seed", range(10))
def test_with_two_thirds_of_the_labels_wrong_it_is_right_or_not_found(seed: int) -> None:
    case = Case(seed)
    case.network.tell(with_wrong_labels(case.label, 2.0 / 3.0, len(case.landmarks), case.rng), case.direction)
    answer = case.finder.find(IMAGE, CAMERA, case.rng)
    assert isinstance(answer, NotFound) or differ(answer.scene_from_camera, case.truth)[0] < 5e-3


def test_noise_is_not_found_two_hundred_times() -> None:
    case = Case(0)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        # Patches of 2 x 2 to 10 x 10 cells that are one landmark and point to one place: as seductive as noise can be.
        size = 2 + seed % 9
        height, width = case.label.shape
        blocks = rng.integers(0, len(case.landmarks) + 1, (height // size + 1, width // size + 1)).astype(np.int32)
        label = np.kron(blocks, np.ones((size, size), np.int32))[:height, :width]
        place_px = rng.uniform((0.0, 0.0), (CAMERA.width, CAMERA.height), (len(case.landmarks) + 1, 2))
        cell = (np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) + 0.5) * STRIDE
        case.network.tell(label, (place_px[label] - cell).astype(np.float32))
        assert isinstance(case.finder.find(IMAGE, CAMERA, rng), NotFound)


def test_a_sighting_holds_what_the_answer_was_made_from() -> None:
    case = Case(1)
    case.network.tell(case.label, case.direction)
    seen = case.finder.look(IMAGE, CAMERA, case.rng)
    assert seen.camera == case.finder.camera == CAMERA and tuple(seen.seconds) == STAGES
    assert all(seconds > 0.0 for seconds in seen.seconds.values())
    np.testing.assert_array_equal(seen.label, case.label)
    pixel = CAMERA.project(case.truth.inverse().apply(case.landmarks.position_m[seen.voted.landmark - 1]))
    np.testing.assert_allclose(seen.voted.pixel, pixel, atol=0.05)


def test_all_votes_know_more_than_the_landmarks_that_they_meet_in() -> None:
    metres = []
    for seed in range(12):
        case = Case(seed)
        height, width = case.label.shape
        angle = case.rng.normal(0.0, 0.3, (height, width))
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = np.moveaxis(case.direction, -1, 0)
        case.network.tell(case.label, np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1).astype(np.float32))
        seen = case.finder.look(IMAGE, CAMERA, case.rng)
        before = landmark_pose(seen.voted, case.landmarks, CAMERA, POSE, case.rng)
        assert isinstance(seen.answer, CameraPose) and isinstance(before, CameraPose)
        # Whether it is a pose was asked of the landmarks alone.
        assert seen.answer.log10_chance == pytest.approx(before.log10_chance, rel=0.2)
        metres.append([differ(answer.scene_from_camera, case.truth)[0] for answer in (seen.answer, before)])
    refined, voted = np.median(metres, axis=0)
    assert refined < 0.95 * voted


def test_a_refinement_that_loses_most_landmarks_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(0)
    case.network.tell(case.label, case.direction)
    # Turned by 0.2 rad about where it looks: landmarks within 40 of the 100 pixels to a corner stay in their place.
    off = moved(case.truth, np.concatenate([np.zeros(3), 0.2 * case.truth.rotation[:, 2]]))
    monkeypatch.setattr(finder, "refine_by_votes", lambda *_: RefinedPose(off, np.eye(6)))
    answer = case.finder.find(IMAGE, CAMERA, case.rng)
    assert isinstance(answer, CameraPose)
    assert differ(answer.scene_from_camera, case.truth)[1] < 1e-2


def test_the_same_numbers_give_the_same_answer() -> None:
    case = Case(2)
    case.network.tell(case.label, with_random_votes(case.direction, 0.3, case.rng))
    answers = [case.finder.find(IMAGE, CAMERA, np.random.default_rng(7)) for _ in range(2)]
    assert isinstance(answers[0], CameraPose) and isinstance(answers[1], CameraPose)
    np.testing.assert_array_equal(answers[0].covariance, answers[1].covariance)


def test_cells_that_the_image_does_not_cover_show_nothing() -> None:
    case = Case(3)
    case.network.tell(case.label, case.direction)
    # As wide as half of what the network's camera sees.
    narrow = Camera("pinhole", CAMERA.width // 2, CAMERA.height, CAMERA.fx, CAMERA.fy, CAMERA.cx / 2.0, CAMERA.cy)
    seen = case.finder.look(np.zeros((CAMERA.height, CAMERA.width // 2, 3), np.uint8), narrow, case.rng)
    quarter = case.label.shape[1] // 4
    assert not seen.label[:, :quarter].any() and not seen.label[:, -quarter:].any()
    np.testing.assert_array_equal(seen.label[:, quarter:-quarter], case.label[:, quarter:-quarter])


def test_a_prior_leaves_out_what_it_cannot_see_and_a_wrong_one_does_no_harm() -> None:
    case = Case(4)
    case.network.tell(case.label, case.direction)
    away = moved(case.truth, np.array([0.0, 0.0, 0.0, 0.0, 1.2, 0.0]))
    for start in (case.truth, away):
        answer = case.finder.find(IMAGE, CAMERA, case.rng, CameraPrior(start, 0.1, 0.05))
        assert isinstance(answer, CameraPose) and differ(answer.scene_from_camera, case.truth)[0] < 1e-3


def test_with_a_prior_five_landmarks_are_enough_if_chance_is_as_improbable_as_ever() -> None:
    case = Case(5)
    few = np.isin(case.label, np.unique(case.label)[20:25])
    case.network.tell(np.where(few, case.label, 0).astype(np.int32), case.direction)
    prior = CameraPrior(case.truth, 0.1, 0.05)
    assert isinstance(case.finder.find(IMAGE, CAMERA, case.rng), NotFound)
    sure = case.finder.look(IMAGE, CAMERA, case.rng, prior)
    assert isinstance(sure.answer, CameraPose) and sure.answer.log10_chance <= POSE.max_log10_chance
    # By a prior of elsewhere they are not enough, though that leads to the same pose.
    elsewhere = CameraPrior(moved(case.truth, np.array([0.5, 0.0, 0.0, 0.0, 0.0, 0.0])), 0.1, 0.05)
    assert isinstance(case.finder.find(IMAGE, CAMERA, case.rng, elsewhere), NotFound)


@pytest.mark.parametrize("image", [IMAGE[:-1], IMAGE[..., 0], IMAGE.astype(np.float32)])
def test_an_image_that_does_not_fit_its_camera_is_refused(image: np.ndarray) -> None:
    case = Case(0)
    with pytest.raises(ObservationError):
        case.finder.find(image, CAMERA, case.rng)


def test_a_network_that_makes_no_numbers_is_told() -> None:
    case = Case(0)
    case.network.tell(case.label, np.full_like(case.direction, np.nan))
    with pytest.raises(ObservationError, match="no numbers"):
        case.finder.find(IMAGE, CAMERA, case.rng)


def test_the_network_of_another_scene_is_refused() -> None:
    case = Case(0)
    longer = np.pad(case.scene.prototype, ((0, 0), (0, 1)))
    with pytest.raises(IndexMismatchError):
        LandmarkFinder(replace(case.scene, prototype=longer), case.network, VOTING, POSE)


def test_a_map_brings_its_network(tmp_path: Path) -> None:
    scene = make_scene(write_mean_network(tmp_path / "n.onnx"))
    finder = load_finder(scene, VOTING, POSE)
    grey = np.full((scene.camera.height, scene.camera.width, 3), 90, np.uint8)
    answer = finder.find(grey, scene.camera, np.random.default_rng(0))
    # All votes point to the right: they meet nowhere.
    assert answer == NotFound("0 landmarks were found in the image, a pose needs 6", 0)
    with pytest.raises(BackendError):
        load_finder(replace(scene, network_file=tmp_path / "none.onnx"), VOTING, POSE)
