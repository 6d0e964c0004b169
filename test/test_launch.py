"""Launch files: read as Python everywhere, run where ROS brings `launch`."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from geoloc_ros.core.node_config import NODE_CONFIGS
from geoloc_ros.core.section import validated

STACKS = ("nav2", "robot_localization", "autoware")
NAMES = ("localization", "perception", "evaluation", *STACKS)
# In the examples for a stack, the nodes that are that stack's.
OF_OTHERS = {
    "lifecycle_manager_localization", "bt_navigator", "global_costmap", "local_costmap", "ekf_filter_node_map"
}
NAV2_ARGUMENTS = {"namespace", "params_file", "use_sim_time", "autostart", "log_level", "use_respawn"}


def arguments(file: Path) -> set[str]:
    """Names of the declared launch arguments."""
    return {
        str(ast.literal_eval(call.args[0]))
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "DeclareLaunchArgument"
    }


def used(file: Path) -> set[str]:
    """Names that are read by LaunchConfiguration, where they are written out."""
    return {
        str(ast.literal_eval(call.args[0]))
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "LaunchConfiguration"
        and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_that_is_used_is_declared(root: Path, name: str) -> None:
    file = root / "launch" / f"{name}.launch.py"
    assert used(file) <= arguments(file)


def test_arguments_are_named_as_in_nav2(root: Path) -> None:
    ours = {"map", "photos", "landmarks", "camera"}
    assert arguments(root / "launch" / "localization.launch.py") == NAV2_ARGUMENTS | ours
    assert arguments(root / "launch" / "perception.launch.py") == NAV2_ARGUMENTS | {"camera"}
    for name in STACKS:
        assert NAV2_ARGUMENTS - {"use_respawn"} <= arguments(root / "launch" / f"{name}.launch.py")


def _package(call: ast.Call) -> str:
    """Of a node that is launched, if it is not ours, whose package stands beside it."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "package"]
    package = str(ast.literal_eval(named[0])) if named else ""
    return "" if package == "geoloc_ros" else package


def test_executables_that_are_launched_are_installed(root: Path) -> None:
    launched = {
        str(ast.literal_eval(keyword.value))
        for file in (root / "launch").glob("*.launch.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "executable" and not _package(call)
    }
    assert launched == {"perception", "place_recognition", "landmarks", "localizer", "map_server", "evaluator"}
    installed = re.search(r"foreach\(node ([^)]*)\)", (root / "CMakeLists.txt").read_text())
    assert installed is not None and launched <= set(installed[1].split())


@pytest.mark.skipif(importlib.util.find_spec("launch_ros") is None, reason="launch_ros is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_the_description_is_made(root: Path, name: str) -> None:
    file = root / "launch" / f"{name}.launch.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.generate_launch_description().entities


@pytest.mark.parametrize("name", ["localization", *STACKS])
def test_what_a_parameter_file_says_to_our_nodes_they_understand(root: Path, name: str) -> None:
    nodes = yaml.safe_load((root / "config" / f"{name}.yaml").read_text())
    ours = {key: entry for key, entry in nodes.items() if key.rpartition("/")[2] not in OF_OTHERS}
    assert ours and all(key.startswith("/**/") for key in nodes)
    for key, entry in ours.items():
        validated(NODE_CONFIGS[key.removeprefix("/**/")], entry["ros__parameters"])


def test_whoever_else_owns_the_transform_we_do_not_send_it(root: Path) -> None:
    sends = {
        name: yaml.safe_load((root / "config" / f"{name}.yaml").read_text())["/**/localizer"]["ros__parameters"]
        ["tf_broadcast"]
        for name in STACKS
    }
    assert sends == {"nav2": True, "robot_localization": False, "autoware": False}


def test_the_lifecycle_manager_brings_up_every_node_that_is_launched(root: Path) -> None:
    nodes = yaml.safe_load((root / "config" / "nav2.yaml").read_text())
    manager = nodes["/**/lifecycle_manager_localization"]["ros__parameters"]
    assert manager["node_names"] == ["map_server", "localizer", "perception"] and manager["bond_timeout"] == 0.0


def test_the_filter_fuses_what_the_localizer_publishes(root: Path) -> None:
    nodes = yaml.safe_load((root / "config" / "robot_localization.yaml").read_text())
    ekf = nodes["/**/ekf_filter_node_map"]["ros__parameters"]
    assert (ekf["pose0"], ekf["odom0"], ekf["world_frame"]) == ("pose", "odom", ekf["map_frame"])
    fused = ("x", "y", "z", "roll", "pitch", "yaw", "vx", "vy", "vz", "vroll", "vpitch", "vyaw", "ax", "ay", "az")
    assert [name for name, used in zip(fused, ekf["pose0_config"], strict=True) if used] == ["x", "y", "yaw"]
    assert [name for name, used in zip(fused, ekf["odom0_config"], strict=True) if used] == ["vx", "vy", "vyaw"]
    assert len(ekf["process_noise_covariance"]) == len(fused) ** 2


@pytest.mark.parametrize(("name", "moved"), [
    ("nav2", {"pose": "amcl_pose"}),
    ("autoware", {
        "pose": "POSE", "twist": "/localization/twist_estimator/twist_with_covariance", "initialpose": "/initialpose",
    }),
])
def test_topics_are_renamed_that_our_nodes_have(root: Path, name: str, moved: dict[str, str]) -> None:
    calls = [
        call for call in ast.walk(ast.parse((root / "launch" / f"{name}.launch.py").read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "SetRemap"
    ]
    words = [
        [word.id if isinstance(word, ast.Name) else ast.literal_eval(word) for word in call.args] for call in calls
    ]
    assert {str(source): str(target) for source, target in words} == moved
    files = [root / "geoloc_ros" / "ros" / f"{file}.py" for file in ("localizer", "speaker", "outside")]
    sources = "".join(file.read_text() for file in files)
    assert all(f'"{topic}"' in sources for topic in moved)


def test_rviz_shows_topics_that_the_nodes_publish(root: Path) -> None:
    config = yaml.safe_load((root / "config" / "geoloc.rviz").read_text())
    shown = {display["Topic"]["Value"] for display in config["Visualization Manager"]["Displays"] if "Topic" in display}
    nodes = ("speaker", "map_server", "previews", "evaluator", "landmarks")
    sources = "".join((root / "geoloc_ros" / "ros" / f"{name}.py").read_text() for name in nodes)
    assert {topic for topic in shown if f'"{topic.removeprefix("/")}"' not in sources} == {"/camera/image"}
