"""Starting the nodes as processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from geoloc_ros.core.config import Config, DescriptorConfig, ScanConfig
from geoloc_ros.core.errors import ArtifactError, BackendError, ConfigError
from geoloc_ros.core.node_config import PerceptionNodeConfig
from geoloc_ros.core.section import validated
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import Part
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.index import index_map
from geoloc_ros.localize import localize_bag
from geoloc_ros.run import StackOptions, _bag_parameters, _own_parameters, commands, perception_of_parts, run_stack

ENDS_IN_S = 30.0
# Not the default: the nodes must take it from the index.
CONFIG = Config(scan=ScanConfig(num_rays=180), descriptor=DescriptorConfig(method="handcrafted"))


@pytest.fixture(scope="module")
def index_path(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "tiny.index"
    index_map(tiny_drive.map_file, path, None, CONFIG)
    return path


def children_of(pid: int) -> set[int]:
    """Process ids of the children that have not ended."""
    listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(word) for line in listed for word in line.split()}


def test_each_process_gets_its_parameters_and_the_users_remaps_come_first(tmp_path: Path) -> None:
    options = StackOptions(tmp_path, namespace="car", remaps=("odom:=/wheels",), bag=tmp_path / "a.mcap", rate=2.0)
    started = commands(options, [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert list(started) == ["map_server", "localizer", "perception", "player"]
    for name in ("map_server", "localizer", "perception"):
        words = " ".join(started[name])
        assert f"geoloc_ros.ros.{name} " in words and "__ns:=/car" in words
        assert words.index("a.yaml") < words.index("b.yaml")
        assert words.index("odom:=/wheels") < words.index("odom:=/odom")
    assert "--rate 2.0" in " ".join(started["player"])
    alone = StackOptions(tmp_path, single_process=True)
    assert list(commands(alone, [])) == ["nodes"]


def test_with_photos_place_recognition_is_started_too_in_either_way(tmp_path: Path) -> None:
    apart = StackOptions(tmp_path, photos_path=tmp_path / "a.photos")
    assert list(commands(apart, [])) == ["map_server", "localizer", "place_recognition", "perception"]
    assert "--photos" not in commands(apart, [])["localizer"]
    own = _own_parameters(apart)["/**/place_recognition"]["ros__parameters"]
    assert own["photos_path"] == str(tmp_path / "a.photos") and "index_path" not in own
    together = StackOptions(tmp_path, photos_path=tmp_path / "a.photos", single_process=True)
    words = commands(together, [])["nodes"]
    assert words.index("--photos") < words.index("--ros-args")


def test_landmarks_are_looked_for_where_the_parameter_file_names_scenes(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    for text, is_started in (
        ("/**/landmarks: {ros__parameters: {landmarks_path: depot.landmarks}}", True),
        ("landmarks: {ros__parameters: {landmarks_path: ''}}", False), ("/**/localizer: {}", False), ("", False),
    ):
        file.write_text(text)
        apart, together = (StackOptions(tmp_path, params_file=file, single_process=single) for single in (False, True))
        assert ("landmarks" in commands(apart, [])) == is_started
        assert ("--landmarks" in commands(together, [])["nodes"]) == is_started
        assert ("/**/landmarks" in _own_parameters(apart)) == is_started
    file.write_text("{")
    with pytest.raises(ConfigError, match="ours.yaml"):
        commands(StackOptions(tmp_path, params_file=file), [])


def test_what_does_not_exist_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.index"):
        run_stack(StackOptions(tmp_path / "no.index"))
    with pytest.raises(ArtifactError):
        run_stack(StackOptions(tmp_path))


@pytest.mark.parametrize(
    ("parts", "labels", "depth_sources", "use_instances"),
    [
        (("segmentation", "depth", "instances"), "topic", ["depth"], True),
        (("segmentation", "depth"), "topic", ["depth"], False),
        (("image",), "network", ["network"], True),
        (("image", "depth"), "network", ["depth", "network"], True),
        (("image", "segmentation"), "topic", ["network"], False),
    ],
)
def test_perception_is_told_what_the_bag_has(
    parts: tuple[Part, ...], labels: str, depth_sources: list[str], use_instances: bool
) -> None:
    parameters = perception_of_parts(parts)
    config = validated(PerceptionNodeConfig, parameters)
    assert (config.labels, list(config.depth_sources)) == (labels, depth_sources)
    assert config.use_instances == use_instances


def test_engines_are_made_for_the_images_of_the_bag(tiny_drive: Any, tmp_path: Path) -> None:
    (perception,) = _bag_parameters(StackOptions(tmp_path, bag=tiny_drive.bag, use="image")).values()
    parameters = perception["ros__parameters"]
    camera = next(BagReader(tiny_drive.bag).frames(["image"])).camera_frame().camera
    assert (parameters["image_width"], parameters["image_height"]) == (camera.width, camera.height)
    assert _bag_parameters(StackOptions(tmp_path)) == {}


@pytest.mark.ros
@pytest.mark.parametrize("single_process", [False, True])
def test_live_nodes_answer_every_frame_as_the_offline_localizer_does(
    index_path: Path, tiny_drive: Any, tmp_path: Path, single_process: bool
) -> None:
    run_stack(
        StackOptions(
            index_path, bag=tiny_drive.bag, rate=1.0, record=tmp_path, use_sim_time=single_process,
            single_process=single_process, namespace="car" if single_process else "",
        )
    )
    live, trace = json.loads((tmp_path / "live.json").read_text()), Trace.load(tmp_path / "trace.npz")
    assert live["frames_sent"] == live["frames_processed"] == len(trace) > 20
    summary = localize_bag(tiny_drive.bag, index_path, tmp_path / "offline.tum", CONFIG)
    offline = Trace.load(summary.trace)
    np.testing.assert_array_equal(trace.stamp_ns, offline.stamp_ns)
    np.testing.assert_array_equal(trace.status, offline.status)
    np.testing.assert_allclose(trace.probability, offline.probability, rtol=1e-4)
    np.testing.assert_array_equal(trace.belief_viewpoint, offline.belief_viewpoint)
    np.testing.assert_allclose(trace.belief_probability, offline.belief_probability, rtol=1e-4)


@pytest.mark.ros
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_every_process_without_a_traceback(index_path: Path, tmp_path: Path, number: int) -> None:
    output = tmp_path / "output"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "geoloc_ros.cli", "run", "--index", str(index_path)], stdout=stream, stderr=stream
        )
    try:
        deadline_s = time.monotonic() + ENDS_IN_S
        while output.read_text().count(": active") < 3 and time.monotonic() < deadline_s:
            time.sleep(0.05)
        children = children_of(process.pid)
        assert len(children) == 3
    finally:
        process.send_signal(number)
        process.wait(ENDS_IN_S)
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline_s:
        time.sleep(0.05)  # killed, it could not wait for them
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert "Traceback" not in output.read_text()


@pytest.mark.ros
def test_a_node_that_fails_ends_the_others_and_is_named(index_path: Path, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump({"/**/perception": {"ros__parameters": {"labels": "sonar"}}}))
    with pytest.raises(BackendError, match="perception"):
        run_stack(StackOptions(index_path, params_file=params))
    assert not [pid for pid in children_of(os.getpid()) if "geoloc_ros.ros" in _command(pid)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
