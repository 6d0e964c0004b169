import csv
import json
from pathlib import Path

import pytest

from geoloc_ros.evaluation.photos.photo_files import write_queries, write_results

from .evaluations import evaluation


def test_results_hold_recalls_and_null_for_what_nobody_knows(tmp_path: Path) -> None:
    write_results(evaluation(tmp_path), tmp_path / "results.json")
    tree = json.loads((tmp_path / "results.json").read_text())
    whole = tree["recall"][0]
    assert (whole["name"], whole["asked"], whole["judged"], whole["r1"]["share"]) == ("all", 3, 2, 0.5)
    assert whole["r1"]["chance"] == pytest.approx((3 / 20 + 5 / 20) / 2)
    assert tree["costs"]["flops"] is None and tree["costs"]["parameters"] == 2e6
    assert tree["problems"] == [{"file": "broken<.jpg", "reason": "is no image"}]
    assert [each["name"] for each in tree["recall"][1:]] == ["day", "night"]
    day = tree["recall"][1]
    assert (day["judged"], day["r1"]["share"], day["r1"]["low"]) == (0, None, None)


def test_every_query_has_a_line_with_what_was_found_for_it(tmp_path: Path) -> None:
    write_queries(evaluation(tmp_path).judged, tmp_path / "queries.csv")
    with (tmp_path / "queries.csv").open() as stream:
        first, wrong, lost = csv.DictReader(stream)
    assert (first["found"], first["first_right"], first["distance_m"], first["turn_deg"]) == (
        "photo0.jpg",
        "1",
        "0.00",
        "",
    )
    assert (wrong["found"], wrong["distance_m"], wrong["right_photos"]) == ("photo3.jpg", "120.00", "5")
    assert (lost["right_photos"], lost["first_right"]) == ("0", "")


def test_a_search_that_found_nothing_leaves_a_gap(tmp_path: Path) -> None:
    judged = evaluation(tmp_path).judged
    judged.retrieved.found.row[0] = -1
    write_queries(judged, tmp_path / "queries.csv")
    with (tmp_path / "queries.csv").open() as stream:
        assert next(csv.DictReader(stream))["found"] == ""
