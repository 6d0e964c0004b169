import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmark_config import VotingConfig
from geoloc_ros.landmarks.voting import vote

Module = Callable[[str], Any]


@pytest.fixture
def module(root: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """A file of benchmarks/ by its name."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    return importlib.import_module


def test_a_part_that_was_measured_is_not_measured_again_until_something_changes(module: Module, tmp_path: Path) -> None:
    findings = module("_landmark_findings")
    calls = []

    def measure(into: Any) -> None:
        calls.append(0)
        into.figure("median_m", 0.25, "m", 7)
        into.figure("lost_median_m", float("inf"))
        into.row("accuracy", median_m=float("inf"), interval=(0.1, float("nan")))

    file = tmp_path / "part.json"
    first, second = (findings.kept(file, "stamp", measure) for _ in range(2))
    assert first == second and len(calls) == 1
    assert [(one.name, one.value, one.n) for one in first.figures] == [("median_m", 0.25, 7)], "JSON knows no infinity"
    assert first.rows == [{"part": "accuracy", "median_m": None, "interval": [0.1, None]}]
    findings.kept(file, "another", measure)
    assert len(calls) == 2


def test_the_published_costs_follow_from_operations_per_similarity(module: Module) -> None:
    costs = module("_landmark_costs")
    mining, triplet = costs.counted_prototypes()
    entropy = costs.counted_cross_entropy()
    counted = {
        "mflop_prototype": (mining.flops + triplet.flops) / 1e6,
        "mb_prototype": (mining.num_bytes + triplet.num_bytes) / 2**20,
        "gflop_cross_entropy": entropy.flops / 1e9,
        "gb_cross_entropy": entropy.num_bytes / 2**30,
    }
    assert {name: round(value, 1) for name, value in counted.items()} == costs.PUBLISHED


def test_what_cross_entropy_keeps_grows_with_the_classes_and_what_prototypes_keep_does_not(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs, findings = module("_landmark_costs"), module("_landmark_findings").Findings()
    monkeypatch.setattr(costs, "PIXELS", 1024)
    monkeypatch.setattr(costs, "CLASSES", 400)
    costs.measure_costs((100, 200, 400), findings)
    rows = list(findings.of("costs"))
    entropy = [row for row in rows if row["loss"] == "cross entropy" and row["how"] == "measured"]
    assert (entropy[2]["kept_bytes"] - entropy[1]["kept_bytes"]) == pytest.approx(1024 * 200 * 4, rel=0.15)
    (prototypes,) = (row for row in rows if row["loss"] == "prototype triplet" and row["how"] == "measured")
    assert prototypes["kept_bytes"] < 0.5 * entropy[2]["kept_bytes"]
    assert entropy[0]["flops"] == 2 * 1024 * 101 * 32, "a product of pixels and classes"


def test_both_ways_of_voting_find_the_landmarks_of_the_made_up_maps(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    voting = module("_landmark_voting")
    monkeypatch.setattr(voting, "WIDTH_PX", 160)
    monkeypatch.setattr(voting, "HEIGHT_PX", 120)
    label, direction, true_px = voting.made_up_maps(np.random.default_rng(0))
    assert label.shape == (120, 160) and sorted(set(label.ravel().tolist())) == list(range(1, 101))
    plain_px = voting.vote_plainly(label, direction, VotingConfig(), np.random.default_rng(0))
    voted = vote(label, direction, 1, VotingConfig(), np.random.default_rng(0))
    assert np.median(np.linalg.norm(plain_px - true_px, axis=1)) < 0.3
    assert np.median(np.linalg.norm(voted.pixel - true_px[voted.landmark - 1], axis=1)) < 0.3


def test_a_photo_without_a_lens_is_taken_to_see_as_wide_as_the_scenes_camera(module: Module) -> None:
    like = Camera("pinhole", 320, 240, 250.0, 250.0, 160.0, 120.0)
    guessed = module("_landmark_scenes").guessed_camera(np.zeros((375, 1242, 3), np.uint8), like)
    assert (guessed.width, guessed.height, guessed.cx) == (1242, 375, 621.0)
    assert guessed.width / guessed.fx == pytest.approx(320 / 250)


@pytest.mark.slow
def test_a_run_learns_judges_writes_pages_and_goes_on_where_it_was(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three steps of training find nothing, so that medians are left out; features find the room."""
    pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
    landmarks, scenes = module("landmarks"), module("_landmark_scenes")
    monkeypatch.setattr(landmarks, "QUICK", replace(landmarks.QUICK, steps=1, rounds=1))
    monkeypatch.setattr(scenes, "OTHER_SEEDS", ())
    monkeypatch.setattr(landmarks, "fingerprint", lambda *_: "the code of this test")
    monkeypatch.setattr("_landmark_accuracy.SIDE_PERCENT", (10, 20))
    file, work = tmp_path / "landmarks.json", tmp_path / "work"
    arguments = ["landmarks.py", "--json", str(file), "--work", str(work), "--quick", "--part", "room", "speed"]
    monkeypatch.setattr("sys.argv", arguments)
    landmarks.main()
    result = json.loads(file.read_text())
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    assert {"room_vsnet_found", "room_regression_found", "room_cross_entropy_found", "voting_ms"} <= figures.keys()
    assert figures["image_to_pose_ms"] > 0.0 and figures["room_sift_median_m"] > 0.0
    assert {row["method"] for row in result["rows"] if row["part"] == "occlusion"} >= {"vsnet", "regression", "sift"}
    assert "<svg" in (work / "quick" / "pages" / "room.html").read_text()
    first = capsys.readouterr()
    landmarks.main()
    assert json.loads(file.read_text())["rows"] == result["rows"]
    again = capsys.readouterr()
    assert "asking" in first.err and "asking" not in again.err
