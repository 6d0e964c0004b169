"""Launch files: read as Python everywhere, run where ROS brings `launch`."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize("name", ["localization", "perception", "evaluation"])
def test_every_argument_that_is_used_is_declared(root: Path, name: str) -> None:
    file = root / "launch" / f"{name}.launch.py"
    assert used(file) <= arguments(file)


def test_arguments_are_named_as_in_nav2(root: Path) -> None:
    assert arguments(root / "launch" / "localization.launch.py") == NAV2_ARGUMENTS | {"map", "camera"}
    assert arguments(root / "launch" / "perception.launch.py") == NAV2_ARGUMENTS | {"camera"}


def test_executables_that_are_launched_are_installed(root: Path) -> None:
    launched = {
        str(ast.literal_eval(keyword.value))
        for file in (root / "launch").glob("*.launch.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "executable"
    }
    assert launched == {"perception", "localizer", "map_server"}
    installed = re.search(r"foreach\(node ([^)]*)\)", (root / "CMakeLists.txt").read_text())
    assert installed is not None and launched <= set(installed[1].split())


@pytest.mark.skipif(importlib.util.find_spec("launch_ros") is None, reason="launch_ros is not installed")
@pytest.mark.parametrize("name", ["localization", "perception", "evaluation"])
def test_the_description_is_made(root: Path, name: str) -> None:
    file = root / "launch" / f"{name}.launch.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.generate_launch_description().entities


def test_rviz_shows_topics_that_the_nodes_publish(root: Path) -> None:
    config = yaml.safe_load((root / "config" / "geoloc.rviz").read_text())
    shown = {display["Topic"]["Value"] for display in config["Visualization Manager"]["Displays"] if "Topic" in display}
    files = [root / "geoloc_ros" / "ros" / f"{name}.py" for name in ("speaker", "map_server", "previews")]
    sources = "".join(file.read_text() for file in files)
    assert {topic for topic in shown if f'"{topic.removeprefix("/")}"' not in sources} == {"/camera/image"}
