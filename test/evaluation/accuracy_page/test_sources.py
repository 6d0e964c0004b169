import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.accuracy_page.sources import read_curve, read_details, read_experiments, read_table
from geoloc_ros.evaluation.retrieval_details import details_file, details_folder


def edit(path: Path, **changes: Any) -> None:
    """Change the last row of a file of figures."""
    values = json.loads(path.read_text())
    values["rows"][-1] |= changes
    path.write_text(json.dumps(values))


def test_rows_come_back_with_value_interval_and_chance(measured: Any) -> None:
    row = read_table(measured.figures).rows[1]
    assert (row.method, row.places, row.count, row.seed) == ("ours", 100, 4, 7)
    top10 = row.measures["top10"]
    assert (top10.value, top10.interval, top10.chance) == (75.0, (12.3, 87.6), 10.0)


def test_chance_of_drives_is_that_of_their_length(tmp_path: Path) -> None:
    row = {"city": "c", "condition": "paper", "method": "m", "places": 9, "drives": 4, "seed": 0, "commit": "a",
           "chance": {"8": 0.5, "16": 0.25}, "t80": {"value": 50.0, "interval": [1, 2]},
           "t160_exact": {"value": 75.0, "interval": [1, 2]}}  # fmt: skip
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"seed": 0, "commit": "a", "machine": "m", "rows": [row]}))
    measures = read_table(path).rows[0].measures
    assert (measures["t80"].chance, measures["t160_exact"].chance) == (0.5, 0.25)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file '.*none.json'; run the benchmark"):
        read_table(tmp_path / "none.json")


def test_a_file_that_was_cut_off_is_refused(measured: Any) -> None:
    measured.figures.write_text(measured.figures.read_text()[:-40])
    with pytest.raises(DatasetError, match="no whole JSON file .*run the benchmark that writes it again"):
        read_table(measured.figures)


@pytest.mark.parametrize("values", [[], {}, {"rows": [{"city": "x"}], "seed": 0, "commit": "", "machine": ""}, 3])
def test_json_of_something_else_is_refused(values: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="holds no rows of an accuracy benchmark .*give what benchmarks/accuracy.py"):
        read_table(path)


def test_no_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(json.dumps({"rows": [], "seed": 0, "commit": "", "machine": ""}))
    with pytest.raises(DatasetError, match="0 rows; measure"):
        read_table(path)


def test_details_come_in_the_order_of_the_rows(measured: Any) -> None:
    (found,) = read_details(measured.figures, read_table(measured.figures))
    np.testing.assert_array_equal(found.below, measured.details.below)


def test_details_that_are_not_there_are_refused(measured: Any) -> None:
    edit(measured.figures, condition="hard")
    with pytest.raises(DatasetError, match="no details of square_room hard, .*run benchmarks/accuracy.py"):
        read_details(measured.figures, read_table(measured.figures))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"queries": 5}, "have queries 4, .*says 5"),
        ({"places": 99}, "have places 100, .*says 99"),
        ({"seed": 8}, "have seed 7, .*says 8"),
        ({"method": "other"}, "know no method 'other'"),
        ({"top1": {"value": 51.0, "interval": [1, 2]}}, r"give top1 50.000 for ours, .*says 51.000"),
    ],
)
def test_details_of_another_measurement_are_refused(changes: dict[str, Any], said: str, measured: Any) -> None:
    edit(measured.figures, **changes)
    with pytest.raises(DatasetError, match=said + ".*; run benchmarks/accuracy.py into one file again"):
        read_details(measured.figures, read_table(measured.figures))


def test_damaged_details_are_refused(measured: Any) -> None:
    file = details_file(details_folder(measured.figures), "square_room", "paper")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(DatasetError, match="measure again"):
        read_details(measured.figures, read_table(measured.figures))


def test_a_ranking_that_was_made_again_is_noticed(measured: Any) -> None:
    worse = replace(measured.details, below=measured.details.below + 1)
    worse.save(details_file(details_folder(measured.figures), "square_room", "paper"))
    with pytest.raises(DatasetError, match="give top1 0.000"):
        read_details(measured.figures, read_table(measured.figures))


def test_a_learning_curve_keeps_its_points(tmp_path: Path) -> None:
    path = tmp_path / "net.curve.json"
    path.write_text(json.dumps([{"step": 0, "minutes": 0.0, "loss": None, "validation": 20.0},
                                {"step": 9, "minutes": 2.0, "loss": 0.1, "validation": 40.0}]))  # fmt: skip
    curve = read_curve(path)
    assert curve.name == "net" and curve.minutes.tolist() == [0.0, 2.0] and curve.validation.tolist() == [20.0, 40.0]


@pytest.mark.parametrize(("text", "said"), [("[]", "0 points; train longer"), ('[{"step": 1}]', "geoloc train scan")])
def test_no_learning_curve_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.curve.json").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_curve(tmp_path / "a.curve.json")


def test_an_experiment_needs_name_city_and_top1(tmp_path: Path) -> None:
    path = tmp_path / "experiments.json"
    path.write_text(json.dumps([{"name": "all", "city": "kyoto", "top1": 70}, {"name": "less", "city": "kyoto"}]))
    with pytest.raises(DatasetError, match="entry 2: KeyError 'top1'; give name, city, top1"):
        read_experiments(path)


def test_an_experiment_may_leave_the_rest_unsaid(tmp_path: Path) -> None:
    path = tmp_path / "experiments.json"
    path.write_text(json.dumps([{"name": "all", "city": "kyoto", "top1": 70, "interval": [68, 72], "r10m": None}]))
    (experiment,) = read_experiments(path)
    assert experiment.top1.interval == (68.0, 72.0) and np.isnan(experiment.r10m) and experiment.group == ""
