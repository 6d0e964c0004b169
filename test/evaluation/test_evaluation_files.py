import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.evaluation.evaluation_files import (
    ESTIMATE_FILE,
    FRAMES_FILE,
    TRUTH_FILE,
    write_drive,
    write_results,
)
from geoloc_ros.evaluation.tum import read_tum

from .evaluations import FRAMES, drive, evaluation


def test_results_name_conditions_drives_and_what_was_left_out(tmp_path: Path) -> None:
    write_results(evaluation(), tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text())
    assert [condition["name"] for condition in results["conditions"]] == ["sun", "rain <1>"]
    assert [each["name"] for each in results["conditions"][0]["drives"]] == ["drive_0", "drive_1"]
    assert results["skipped"] == [{"condition": "rain <1>", "name": "drive_1", "reason": "no truth"}]
    rain = {figure["name"]: figure["value"] for figure in results["conditions"][1]["figures"]}
    assert rain["median_error_m"] is None and rain["first_fix_m"] is None and rain["availability"] == 0.0


def test_two_evaluations_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write_results(evaluation(), tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_line_per_frame(tmp_path: Path) -> None:
    write_drive(drive("a", np.full(FRAMES, 3.0), first=10, sigma_m=2.0), tmp_path)
    with (tmp_path / FRAMES_FILE).open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == FRAMES and rows[9]["status"] == "INITIALIZING" and rows[9]["nees"] == ""
    assert float(rows[10]["nees"]) == pytest.approx(2.25) and float(rows[10]["sigma_major_m"]) == pytest.approx(2.0)


def test_the_estimate_holds_the_fixes_and_the_truth_all_frames(tmp_path: Path) -> None:
    judged = drive("a", np.full(FRAMES, 3.0), first=10)
    write_drive(judged, tmp_path)
    assert np.array_equal(read_tum(tmp_path / ESTIMATE_FILE)[0], judged.stamp_ns[10:])
    assert read_tum(tmp_path / TRUTH_FILE)[1] == pytest.approx(judged.truth, abs=1e-4)
