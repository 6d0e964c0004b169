from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scenes import record_room, room

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ArtifactError, DatasetError  # noqa: E402
from geoloc_ros.core.posed_images import PosedImages  # noqa: E402
from geoloc_ros.core.scene_place import ScenePlace  # noqa: E402
from geoloc_ros.core.types import Pose3  # noqa: E402
from geoloc_ros.landmarks.coordinate_map import CoordinateMap  # noqa: E402
from geoloc_ros.landmarks.landmark_map import LandmarkMap  # noqa: E402
from geoloc_ros.training.landmarks.landmark_recipe import LandmarkRecipeSettings  # noqa: E402
from geoloc_ros.training.landmarks.network import LandmarkMethod  # noqa: E402
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec  # noqa: E402
from geoloc_ros.training.landmarks.training import LandmarkTraining, train_landmarks  # noqa: E402
from geoloc_ros.training.loop import Budget, LoopSettings  # noqa: E402

PLACE = ScenePlace(Pose3(np.eye(3), np.array([1.0, 2.0, 3.0])), None)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> PosedImages:
    return record_room(tmp_path_factory.mktemp("images"), 40)


def job(method: LandmarkMethod = "prototypes", steps: int = 3, base: Path | None = None) -> LandmarkTraining:
    return LandmarkTraining(
        1.0, method, LandmarkNetworkSpec(dimension=8, width_px=96, height_px=64), Budget(steps=steps),
        LandmarkRecipeSettings(batch=2), seed=0, base=base, loop=LoopSettings(validations=1, checkpoint_every_s=0.0),
    )  # fmt: skip


def test_an_artifact_with_card_and_curve_is_written(images: PosedImages, tmp_path: Path) -> None:
    folder = tmp_path / "room"
    done = train_landmarks(images, room(), PLACE, job(), folder, "the command")
    found = LandmarkMap.load(folder)
    assert len(found.landmarks) == done.num_landmarks == len(found.prototype) - 1 and found.dimension == 8
    assert found.place is not None and found.place.map_from_scene.translation_m.tolist() == [1.0, 2.0, 3.0]
    assert found.config["method"] == "prototypes" and found.config["steps"] == 3 and found.config["views"] == 40
    assert "held-out views found" in found.config["figures"] and found.variance_factor >= 1.0
    card = (tmp_path / "room.md").read_text()
    assert "`the command`" in card and f"{done.num_landmarks} landmarks" in card
    assert json.loads((tmp_path / "room.curve.json").read_text())[-1]["step"] == 3
    left = {path.name for path in (tmp_path / "room.training").iterdir()}
    assert "checkpoint.pt" not in left and not any(name.startswith("views-") for name in left)


def test_coordinates_are_another_artifact(images: PosedImages, tmp_path: Path) -> None:
    train_landmarks(images, room(), None, job("coordinates"), tmp_path / "c", "")
    found = CoordinateMap.load(tmp_path / "c")
    assert found.config["method"] == "coordinates" and found.network_file.is_file() and found.camera.width == 96
    with pytest.raises(ArtifactError):
        LandmarkMap.load(tmp_path / "c")


def test_a_training_that_was_killed_goes_on_to_the_same_weights(
    images: PosedImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_landmarks(images, room(), None, job(steps=6), tmp_path / "whole", "")

    class Killed(Exception):
        pass

    def die_at_the_end(stage: str, share: float) -> None:
        if stage.startswith("training") and share > 0.6:
            raise Killed

    with pytest.raises(Killed):
        train_landmarks(images, room(), None, job(steps=6), tmp_path / "cut", "", die_at_the_end)
    assert (tmp_path / "cut.training" / "checkpoint.pt").is_file() and not (tmp_path / "cut").exists()
    train_landmarks(images, room(), None, job(steps=6), tmp_path / "cut", "")
    one, other = LandmarkMap.load(tmp_path / "whole"), LandmarkMap.load(tmp_path / "cut")
    np.testing.assert_array_equal(one.prototype, other.prototype)


def test_a_training_begins_with_the_network_of_another(images: PosedImages, tmp_path: Path) -> None:
    train_landmarks(images, room(), None, job(), tmp_path / "one", "")
    train_landmarks(images, room(), None, job(base=tmp_path / "one" / "network.onnx"), tmp_path / "two", "")
    assert "`network.onnx`" in (tmp_path / "two.md").read_text()


def test_something_else_at_the_output_is_refused_before_the_work(images: PosedImages, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ArtifactError, match="choose another name"):
        train_landmarks(images, room(), None, job(), tmp_path / "mine", "")
    assert not (tmp_path / "mine.training").exists()


def test_what_is_wrong_with_a_scene_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="image"):
        train_landmarks(record_room(tmp_path / "images", 2), room(), None, job(), tmp_path / "x", "")
