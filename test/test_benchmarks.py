"""The benchmarks whose figures have promised names, on a made-up town."""

import importlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.osm_writer import write_osm

METHODS = ("handcrafted", "handcrafted_masked", "bsd_bit", "bsd_joint")

Run = Callable[..., None]


@pytest.fixture
def benchmark(root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls benchmarks/NAME.py with arguments; it imports its neighbours by name."""
    monkeypatch.syspath_prepend(root / "benchmarks")

    def run(name: str, *arguments: str) -> None:
        monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments])
        importlib.import_module(name).main()

    return run


@pytest.fixture
def accuracy(benchmark: Run) -> Run:
    """benchmarks/accuracy.py."""
    return partial(benchmark, "accuracy")


@pytest.fixture(scope="module")
def town(tiny_city: GeoMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map file."""
    path = tmp_path_factory.mktemp("town") / "town.osm"
    write_osm(tiny_city, path)
    return path


def test_accuracy_prints_and_writes_the_promised_figures_and_goes_on_where_it_was(
    accuracy: Run, town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "accuracy.json"
    settings = ("--json", str(file), "--map", str(town), "--queries", "12", "--conditions", "paper", "hard")
    accuracy(*settings)
    first = capsys.readouterr()
    result = json.loads(file.read_text())
    figures = {figure["name"]: figure for figure in result["figures"]}
    for measure in ("top1", "top10", "r10m", "r25m"):
        for method in METHODS:
            for condition in ("paper", "hard"):
                figure = figures[f"{measure}_{method}_{condition}"]
                assert figure["n"] == 12
                assert figure["interval"][0] <= figure["value"] <= figure["interval"][1]
    assert "heading_deg_handcrafted_hard" in figures
    assert "heading_deg_handcrafted_paper" not in figures, "it was known"
    assert {"chance", "interval", "value", "n"} <= result["rows"][0]["top1"].keys()
    assert all(word in first.out for word in ("seed 0", "commit", "chance", "12 queries"))
    accuracy(*settings)
    again = capsys.readouterr()
    assert again.err.count("measured before") == 2
    assert again.out == first.out


def test_poses_can_come_from_a_file_and_a_bad_one_is_one_line(
    accuracy: Run, tiny_city: GeoMap, town: Path, tmp_path: Path
) -> None:
    poses, file = tmp_path / "poses.csv", tmp_path / "accuracy.json"
    origin = tiny_city.origin
    poses.write_text(f"lat,lon,yaw_deg\n{origin.latitude_deg},{origin.longitude_deg},90\n")
    settings = ("--json", str(file), "--map", str(town), "--poses", str(poses), "--conditions", "paper")
    accuracy(*settings)
    assert json.loads(file.read_text())["rows"][0]["queries"] == 1
    poses.write_text("latitude\n1\n")
    with pytest.raises(SystemExit, match="error: .*has no column"):
        accuracy(*settings)


def test_drives_from_the_image_stand_beside_those_with_all_given_and_are_kept(
    benchmark: Run, town: Path, tmp_path: Path, round_wall: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rgb.json"
    settings = ("--json", str(file), "--map", str(town), "--drives", "1", "--length", "8", "--work", str(tmp_path))
    benchmark("rgb_drives", *settings)
    result = json.loads(file.read_text())
    assert {"found_given", "found_rgb", "found_given_labels", "found_given_depth"} <= {
        figure["name"] for figure in result["figures"]
    }
    rows = {row["mode"]: row for row in result["rows"]}
    assert rows["given"]["range_difference_ratio"] == 0.0 < rows["rgb"]["range_difference_ratio"]
    assert rows["rgb"]["hit_ratio"] == 1.0 != rows["given"]["hit_ratio"], "one wall all round"
    reads = round_wall.reads
    assert reads == rows["rgb"]["frames"] > 0
    first = capsys.readouterr().out
    benchmark("rgb_drives", *settings)
    assert round_wall.reads == reads and json.loads(file.read_text()) == result
    assert first.endswith(capsys.readouterr().out)


def test_a_network_that_says_two_thirds_of_what_the_lidar_measured_is_a_third_off(
    benchmark: Run, tmp_path: Path, round_wall: Any
) -> None:
    """The lidar sees a wall across the street 15 m ahead of the camera, the network a depth of 10 m everywhere."""
    drive, file = tmp_path / "drive", tmp_path / "kitti.json"
    for name in ("images", "lidar"):
        (drive / name).mkdir(parents=True)
    left, up = np.meshgrid(np.linspace(-12.0, 12.0, 200), np.linspace(0.0, 4.0, 40))
    points_m = np.column_stack([np.full(left.size, 15.0), left.ravel(), up.ravel()])
    for number in range(2):
        cv2.imwrite(str(drive / "images" / f"{number}.jpg"), np.zeros((200, 400, 3), np.uint8))
        np.savez(drive / "lidar" / f"{number}.npz", xyz_cm=np.round(100.0 * points_m).astype(np.int16))
    camera_from_lidar = [[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    (drive / "calibration.json").write_text(json.dumps({
        "image_size_px": [400, 200], "camera_matrix": [[200, 0, 199.5], [0, 200, 99.5], [0, 0, 1]],
        "rectification": np.eye(3).tolist(), "camera_from_lidar": camera_from_lidar,
    }))
    benchmark("kitti_scans", "--json", str(file), "--drive", str(drive), "--figure", str(tmp_path))
    figures = {figure["name"]: figure["value"] for figure in json.loads(file.read_text())["figures"]}
    assert figures["depth_error_ratio"] == pytest.approx(1.0 / 3.0, abs=0.01)
    assert figures["range_bias_ratio"] == pytest.approx(-1.0 / 3.0, abs=0.01)
    assert figures["seen_ratio_held_out"] == 1.0
    assert cv2.imread(str(tmp_path / "kitti_scans.png")).shape == (200, 2 * (400 + 200), 3)


@pytest.mark.ros
def test_perception_times_every_stage_and_compares_every_engine(
    benchmark: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
    monkeypatch.syspath_prepend(root / "benchmarks")
    monkeypatch.setattr("perception.SIZES", ((128, 64),))
    monkeypatch.setattr("perception.keep_to_one_core", lambda: None)
    benchmark("perception", "--json", str(tmp_path / "perception.json"), "--quick")
    result = json.loads((tmp_path / "perception.json").read_text())
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    assert min(figures[name] for name in ("network_ms", "to_scan_ms", "embedding_ms", "node_hz")) > 0.0
    assert figures["backend_class_agreement"] >= 99.5
    assert max(figures["backend_depth_error"], figures["backend_embedding_error"]) < 1e-3
    assert {"decode", "read", "to_scan", "to_scan_plain", "network_eager", "node"} <= {
        row["stage"] for row in result["rows"]
    }
