from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("embreex", reason="no ray caster is installed: pip install 'geoloc_ros[sim]'")

from geoloc_ros.cli import app
from geoloc_ros.core.errors import ArtifactError, ConfigError, DatasetError
from geoloc_ros.landmarks.landmark_map import LandmarkMap
from geoloc_ros.train_landmarks import LandmarkOptions, train_landmarks


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes") / "room"
    done = CliRunner().invoke(
        app, ["simulate", "scene", "room", "-o", str(folder), "--train", "40", "--test", "0", "--size", "96x64"]
    )
    assert done.exit_code == 0, done.output
    return folder


def test_a_simulated_scene_becomes_an_artifact(scene: Path, tmp_path: Path) -> None:
    words = ["train", "landmarks", str(scene), "-o", str(tmp_path / "room"), "--network", "small,96x64", "--steps", "2"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "landmarks, 2 steps" in done.output
    found = LandmarkMap.load(tmp_path / "room")
    # 32 pixels of the network at the median distance, some 2.4 m, of a camera of 66 degrees.
    assert 0.5 < found.landmarks.patch_m < 1.6
    card = (tmp_path / "room.md").read_text()
    assert f"geoloc train landmarks {scene.name} -o room --method prototypes --network small,96x64 --steps 2" in card
    assert str(tmp_path) not in card


def test_a_scene_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "landmarks", str(tmp_path / "none"), "-o", str(tmp_path / "x")])
    assert done.exit_code != 0
    assert "no scene" in str(done.exception or done.output)


def refuse_to_open(source: Path, progress: object) -> None:
    raise AssertionError("a scene takes long to open")


def test_a_mistaken_output_or_place_is_told_before_anything_takes_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoloc_ros.datasets.scenes.open_scene.open_scene", refuse_to_open)
    (tmp_path / "mine").mkdir()
    with pytest.raises(ArtifactError, match="mine' exists and is not an artifact"):
        train_landmarks(LandmarkOptions(tmp_path, tmp_path / "mine"))
    (tmp_path / "place.json").write_text("{}")
    with pytest.raises(DatasetError, match="does not say where the scene is"):
        train_landmarks(LandmarkOptions(tmp_path, tmp_path / "out"))


def test_images_without_depth_and_surface_are_told_what_is_missing(scene: Path, tmp_path: Path) -> None:
    described = json.loads((scene / "scene.json").read_text())
    views = [{**view, "camera": 0, "depth": ""} for view in described["train"]]
    drive = {**described, "kind": "driven_scene", "cameras": [described["camera"]], "views": views}
    shutil.copytree(scene / "train", tmp_path / "drive" / "train")
    (tmp_path / "drive" / "drive.json").write_text(json.dumps(drive))
    with pytest.raises(DatasetError, match="neither depth nor a surface.*mesh"):
        train_landmarks(LandmarkOptions(tmp_path / "drive", tmp_path / "out"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"patch_m": 0.0}, "patches of 0.0 m cannot be made"), ({"method": "magic"}, "method 'magic'"),
        ({"network": "huge"}, "encoder 'huge'"), ({"base": Path("none.onnx")}, "there is no network 'none.onnx'"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused_at_once(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        train_landmarks(LandmarkOptions(Path("scene"), Path("out"), **options))  # type: ignore[arg-type]
