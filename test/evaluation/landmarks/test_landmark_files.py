import csv
import json
from pathlib import Path

import pytest

from geoloc_ros.evaluation.landmarks.landmark_files import write_results, write_views

from .landmark_views import NOWHERE, room_evaluation


def test_files_hold_every_view_and_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    evaluation = room_evaluation(tmp_path)
    write_results(evaluation, tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert [method["median_m"]["value"] for method in results["methods"]] == [pytest.approx(0.02), None]
    assert results["occlusion"][0]["median_m"] == [0.01, 0.02, None]
    write_views(evaluation, tmp_path / "views.csv")
    with (tmp_path / "views.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["found"] for row in rows] == ["1", "1", "0", "0", "0", "0"]
    assert float(rows[1]["error_m"]) == pytest.approx(0.02) and float(rows[1]["error_deg"]) == pytest.approx(0.3)
    assert rows[2]["reason"] == NOWHERE.reason and rows[2]["error_m"] == ""
