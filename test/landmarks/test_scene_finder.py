from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, NotFound
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Pose2, Pose3, UInt8
from geoloc_ros.landmarks.finder import Sighting
from geoloc_ros.landmarks.landmark_map import SceneOutline
from geoloc_ros.landmarks.prior import CameraPrior
from geoloc_ros.landmarks.scene_finder import SceneFinder, VehiclePrior
from geoloc_ros.landmarks.scene_shelf import SceneShelf

HERE = Pose3(np.eye(3), np.zeros(3))
IMAGE = np.zeros((2, 2, 3), np.uint8)
CAMERA = Camera("pinhole", 2, 2, 1.0, 1.0, 1.0, 1.0)
POSE = CameraPose(HERE, np.eye(6), 9, np.arange(1, 8, dtype=np.int32), 0.5, -20.0)
NOT_THERE = NotFound("3 landmarks", 3)


def at(east_m: float, sigma_m: float = 1.0) -> VehiclePrior:
    return VehiclePrior(Pose2(east_m, 0.0, 0.0), np.diag([sigma_m**2, sigma_m**2, 0.01]), HERE)


class Finder:
    """Sees itself in images where it is told to."""

    def __init__(self, name: str, sees: set[str], asked: list[str]) -> None:
        self.name, self._sees, self._asked = name, sees, asked
        self.prior: CameraPrior | None = None

    def look(
        self, image: UInt8, camera: Camera, rng: np.random.Generator, prior: CameraPrior | None = None
    ) -> Sighting:
        """Remember that somebody asked."""
        self._asked.append(self.name)
        self.prior = prior
        answer: CameraAnswer = POSE if self.name in self._sees else NOT_THERE
        nothing: Any = None
        return Sighting(answer, nothing, nothing, camera, {})


class Street:
    """Scenes every 100 m to the east, and what was asked of them."""

    def __init__(self, count: int, tries: int = 9, waits: bool = True, is_placed: bool = True, holds: int = 9) -> None:
        self.sees: set[str] = set()
        self.broken: set[str] = set()
        self.asked: list[str] = []
        scenes = [
            SceneOutline(
                Path(f"s{number}"), f"s{number}",
                ScenePlace(Pose3(np.eye(3), np.array([100.0 * number, 0.0, 0.0])), None) if is_placed else None,
                np.zeros((1, 3)), 1, 1_000_000, 0,
            )
            for number in range(count)
        ]
        self.shelf: SceneShelf[Any] = SceneShelf(scenes, self._load, 3.0 * holds)
        self.finder = SceneFinder(self.shelf, 70.0, tries, waits)

    def _load(self, path: Path) -> Finder:
        if path.name in self.broken:
            raise ArtifactError(f"{path} is damaged")
        return Finder(path.name, self.sees, self.asked)

    def look(self, east_m: float | None = None) -> tuple[str | None, Sequence[str]]:
        """Scene of the pose, and who was asked for it."""
        self.asked.clear()
        prior = None if east_m is None else at(east_m)
        answer = self.finder.look(IMAGE, CAMERA, np.random.default_rng(0), prior)
        assert answer.num_tried == len(self.asked)
        found = answer.scene if answer.pose is not None else None
        return None if found is None else found.name, list(self.asked)


def test_scenes_around_are_looked_for_the_nearest_first() -> None:
    street = Street(5)
    street.sees |= {"s2", "s4"}
    assert street.look(140.0) == ("s2", ["s1", "s2"])
    assert street.look(0.0) == (None, ["s0"])
    assert street.look(1000.0) == (None, [])


def test_a_prior_is_told_in_the_frame_of_the_scene() -> None:
    street = Street(2)
    street.look(60.0)
    finder = street.shelf.fetch(street.shelf.scenes[1])
    assert finder.prior.scene_from_camera.translation_m == pytest.approx([-40.0, 0.0, 0.0])
    assert finder.prior.sigma_m >= 1.0 and finder.prior.sigma_rad >= 0.1


def test_an_unsure_prior_reaches_farther() -> None:
    street = Street(2)
    assert street.finder.look(IMAGE, CAMERA, np.random.default_rng(0), at(0.0, 9.0)).num_tried == 1
    assert street.finder.look(IMAGE, CAMERA, np.random.default_rng(0), at(0.0, 11.0)).num_tried == 2


def test_without_a_prior_the_last_scene_is_looked_for_first() -> None:
    street = Street(4)
    street.sees.add("s2")
    assert street.look() == ("s2", ["s0", "s1", "s2"])
    assert street.look() == ("s2", ["s2"])
    street.finder.forget()
    assert street.look() == ("s2", ["s0", "s1", "s2"])


def test_without_a_prior_all_get_their_turn_however_few_tries_there_are() -> None:
    street = Street(5, tries=2)
    assert [street.look()[1] for _ in range(3)] == [["s0", "s1"], ["s2", "s3"], ["s4", "s0"]]


def test_scenes_that_say_not_where_they_lie_are_looked_for_by_turns_in_spite_of_a_prior() -> None:
    street = Street(2, is_placed=False)
    street.sees.add("s1")
    assert street.look(0.0) == ("s1", ["s0", "s1"])
    assert street.shelf.fetch(street.shelf.scenes[1]).prior is None


def test_a_robot_does_not_wait_and_finds_a_scene_that_memory_has_no_room_for_yet() -> None:
    street = Street(4, tries=1, waits=False, holds=1)
    street.sees.add("s3")
    for _ in range(10_000):
        if street.look()[0] == "s3":
            break
    else:
        pytest.fail("s3 never had its turn")
    assert street.look() == ("s3", ["s3"])


def test_scenes_that_cannot_be_loaded_take_no_turn_from_others() -> None:
    street = Street(3, tries=1, waits=False)
    street.broken.add("s1")
    street.sees |= {"s0", "s1"}
    for _ in range(10_000):
        if street.look(60.0)[0] == "s0":
            break
    else:
        pytest.fail("s0 never had its turn")
    assert [path.name for path in street.shelf.failures] == ["s1"]


def test_what_was_not_found_says_why() -> None:
    street = Street(1)
    rng = np.random.default_rng(0)
    assert street.finder.look(IMAGE, CAMERA, rng).reason == "3 landmarks"
    street.sees.add("s0")
    assert street.finder.look(IMAGE, CAMERA, rng).reason == ""
    assert street.finder.look(IMAGE, CAMERA, rng, at(1e6)).reason == "no scene near"
