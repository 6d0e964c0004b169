import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluate import evaluate_trajectory
from geoloc_ros.evaluation.metrics import interpolate_poses
from geoloc_ros.evaluation.tum import write_tum


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
