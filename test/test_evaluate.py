import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluate import BagEvaluation, evaluate_bags, evaluate_trajectory
from geoloc_ros.evaluation.metrics import interpolate_poses
from geoloc_ros.evaluation.tum import write_tum
from geoloc_ros.index import index_map
from geoloc_ros.localize import localize_bag
from geoloc_ros.sim.recorder import record


def write_truth(bag: Path, output: Path, offset_m: float = 0.0, skip: int = 0) -> None:
    """The true poses at all frames but the first ones, moved north."""
    reader = BagReader(bag)
    stamp_ns = reader.frame_stamps_ns()[skip:]
    pose = interpolate_poses(*reader.ground_truth(), stamp_ns)
    write_tum(output, stamp_ns, pose + [0.0, offset_m, 0.0])


def test_the_truth_itself_is_found_without_error(tiny_drive: Any, tmp_path: Path) -> None:
    write_truth(tiny_drive.bag, tmp_path / "a.tum")
    evaluation = evaluate_trajectory(tmp_path / "a.tum", tiny_drive.bag, tmp_path / "results.json")
    assert evaluation.metrics.found and evaluation.metrics.recall["1"] == 1.0
    assert evaluation.metrics.ate_rmse_m < 1e-3


def test_the_figures_are_written_and_printed(tiny_drive: Any, tmp_path: Path) -> None:
    write_truth(tiny_drive.bag, tmp_path / "a.tum", offset_m=2.0, skip=5)
    evaluation = evaluate_trajectory(tmp_path / "a.tum", tiny_drive.bag, tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text())
    assert written["ate_median_m"] == pytest.approx(2.0, abs=1e-3)
    assert written["frames"] - written["fixes"] == 5
    text = evaluation.as_text()
    assert "median 2.00 m" in text and "count as misses" in text and "0.0% within 1 m" in text


def test_the_same_trajectory_gives_the_same_file(tiny_drive: Any, tmp_path: Path) -> None:
    write_truth(tiny_drive.bag, tmp_path / "a.tum")
    for name in ("one.json", "two.json"):
        evaluate_trajectory(tmp_path / "a.tum", tiny_drive.bag, tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_drive_without_any_fix_is_not_found_and_its_errors_are_null(tiny_drive: Any, tmp_path: Path) -> None:
    (tmp_path / "a.tum").write_text("")
    evaluation = evaluate_trajectory(tmp_path / "a.tum", tiny_drive.bag, tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text())
    assert not evaluation.metrics.found and "no (" in evaluation.as_text()
    assert written["ate_rmse_m"] is None and written["first_fix_s"] is None and written["availability"] == 0.0


def test_a_trajectory_of_another_drive_is_refused(tiny_drive: Any, tmp_path: Path) -> None:
    stamp_ns = BagReader(tiny_drive.bag).frame_stamps_ns()
    write_tum(tmp_path / "a.tum", stamp_ns[:-1] + 33_000_000, np.zeros((len(stamp_ns) - 1, 3)))
    with pytest.raises(DatasetError, match="have the stamp of no frame"):
        evaluate_trajectory(tmp_path / "a.tum", tiny_drive.bag, tmp_path / "results.json")


def edited(bag: Path, output: Path, lost: str) -> Path:
    """Copy of a bag without a topic."""
    with AnyReader([bag], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader, record(output) as recorder:
        for connection, stamp_ns, data in reader.messages():
            if connection.topic != lost:
                recorder.write(connection.topic, stamp_ns, reader.deserialize(data, connection.msgtype))
    return output


@pytest.fixture(scope="module")
def bags(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One drive in two conditions, and one that nobody knows the truth of."""
    folder = tmp_path_factory.mktemp("bags")
    for condition in ("sun", "rain"):
        (folder / condition).mkdir()
        shutil.copy(tiny_drive.bag, folder / condition / "drive.mcap")
    edited(tiny_drive.bag, folder / "rain" / "blind.mcap", "/ground_truth")
    return folder


@pytest.fixture(scope="module")
def index(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "tiny.index"
    index_map(tiny_drive.map_file, path, None, Config(), no_progress)
    return path


def evaluate(bags: Path, index: Path, output: Path) -> BagEvaluation:
    sources = [str(bags / "sun"), f"wet={bags / 'rain'}"]
    return evaluate_bags(sources, index, output, Config(), 0, no_progress)


@pytest.fixture(scope="module")
def judged(bags: Path, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    evaluate(bags, index, folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_condition_and_drive_is_written(judged: Path) -> None:
    results = json.loads((judged / "results.json").read_text())
    assert [(each["name"], len(each["drives"])) for each in results["conditions"]] == [("sun", 1), ("wet", 1)]
    drive = {"estimate.tum", "truth.tum", "frames.csv", "trajectory.tum", "trajectory.tum.trace.npz", "inputs.json"}
    for condition in ("sun", "wet"):
        assert {path.name for path in (judged / condition / "drive").iterdir()} == drive
    assert (judged / "evaluation.html").is_file()


def test_a_bag_without_ground_truth_is_listed_and_costs_the_others_nothing(judged: Path) -> None:
    (skipped,) = json.loads((judged / "results.json").read_text())["skipped"]
    assert (skipped["condition"], skipped["name"]) == ("wet", "blind")
    assert skipped["reason"].startswith("bag 'blind.mcap' has nothing on /ground_truth")
    assert "blind" in (judged / "evaluation.html").read_text()


def test_the_same_bags_give_the_same_bytes(judged: Path, bags: Path, index: Path, tmp_path: Path) -> None:
    evaluate(bags, index, tmp_path)
    assert files(tmp_path) == files(judged)


def test_what_was_localized_before_is_only_judged_again(
    judged: Path, bags: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(judged, tmp_path / "again")
    localized: list[Path] = []

    def localize(bag: Path, index_path: Path, output: Path, *rest: Any) -> Any:
        localized.append(output)
        return localize_bag(bag, index_path, output, *rest)

    monkeypatch.setattr("geoloc_ros.evaluate.localize_bag", localize)
    spoilt = tmp_path / "again" / "wet" / "drive" / "trajectory.tum.trace.npz"
    spoilt.write_bytes(spoilt.read_bytes()[:-10])
    evaluate(bags, index, tmp_path / "again")
    assert [path.parent.parent.name for path in localized] == ["wet"]
    assert files(tmp_path / "again") == files(judged)


def test_without_any_drive_that_can_be_judged_it_fails(bags: Path, index: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no drive can be judged; the first: .*ground_truth"):
        evaluate_bags([str(bags / "rain" / "blind.mcap")], index, tmp_path / "a", Config(), 0, no_progress)


def test_the_command_takes_a_trajectory_and_its_bag_too(tiny_drive: Any, tmp_path: Path) -> None:
    write_truth(tiny_drive.bag, tmp_path / "a.tum")
    command = ["evaluate", str(tmp_path / "a.tum"), str(tiny_drive.bag), "-o", str(tmp_path / "r.json")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0 and json.loads((tmp_path / "r.json").read_text())["found"] is True


def test_the_command_says_what_bags_need(tiny_drive: Any, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(tiny_drive.bag), "-o", str(tmp_path)])
    assert isinstance(result.exception, DatasetError) and "--index" in str(result.exception)
