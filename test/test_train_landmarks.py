from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("embreex", reason="no ray caster is installed: pip install 'geoloc_ros[sim]'")

from geoloc_ros.cli import app
from geoloc_ros.core.errors import ConfigError
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
