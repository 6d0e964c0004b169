"""Start the nodes as processes and watch over them, where `ros2 launch` is not installed."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from geoloc_ros.core.artifacts import read_artifact
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import BackendError, ConfigError, ObservationError
from geoloc_ros.core.node_config import NODE_CONFIGS
from geoloc_ros.core.section import validated
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import Part, choose_parts
from geoloc_ros.localization.place_index import KIND, VERSION
from geoloc_ros.ros.environment import PARENT_VARIABLE, set_ros_defaults
from geoloc_ros.ros.node_words import LANDMARKS_WORD, PHOTOS_WORD
from geoloc_ros.ros.params_file import params_text

logger = logging.getLogger(__name__)

NODES = ("map_server", "localizer", "perception")
"""In the order in which they are started: who listens comes first."""
PHOTO_NODE = "place_recognition"
"""Where there are photos, before perception."""
LANDMARKS_NODE = "landmarks"
"""Where a parameter file names learnt scenes, before perception, too."""

_CAMERA_TOPICS = ("image", "camera_info", "depth", "points", "segmentation", "instances")
# Cameras keep their topics under one name, as most drivers do. A bag's names are absolute, whatever the namespace.
_CAMERA_REMAPS = tuple(f"{topic}:=camera/{topic}" for topic in _CAMERA_TOPICS)
_BAG_REMAPS = (*(f"{topic}:=/camera/{topic}" for topic in _CAMERA_TOPICS), "odom:=/odom", "fix:=/fix")
_Parameters = dict[str, dict[str, dict[str, Any]]]
"""A parameter file: node, "ros__parameters", name."""
_PLAYER = "player"
_WORDS = {PHOTO_NODE: PHOTOS_WORD, LANDMARKS_NODE: LANDMARKS_WORD}
# All frames of a bag are wanted, also those that come in a burst after a stall.
_BAG_QUEUE_LENGTH = 5
_POLL_S = 0.1
_PATIENCE_S = 10.0
_RESPAWN_DELAY_S = 2.0


@dataclass(frozen=True)
class StackOptions:
    """What to start."""

    index_path: Path
    params_file: Path | None = None
    """ROS parameters, over `config`."""
    single_process: bool = False
    use_sim_time: bool = False
    namespace: str = ""
    log_level: str = "info"
    use_respawn: bool = False
    remaps: tuple[str, ...] = ()
    """`from:=to`, before the default ones."""
    bag: Path | None = None
    """Played to the nodes; everything ends with it."""
    rate: float = 1.0
    """Of the bag, times real time."""
    use: str = ""
    """What of the bag's camera to use, as in datasets/parts.py; networks tell the rest."""
    record: Path | None = None
    """Folder for what the nodes said during the bag; see ros/recorder.py."""
    photos_path: Path | None = None
    """Photo index in which images are looked up."""
    config: Config | None = None
    """Sections that the nodes share with the offline verbs; without it, what the index was made with and defaults."""


@dataclass
class _Child:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    restart_at_s: float | None = field(default=None)


def run_stack(options: StackOptions) -> None:
    """Run until the bag ends, a node fails or KeyboardInterrupt; every process started has ended on return.

    Raises:
        ConfigError: If a file does not exist.
        ArtifactError: If the index cannot be used.
        DatasetError: If the bag lacks what `use` asks for.
        BackendError: If a node ends by itself.
    """
    for path in (options.index_path, options.photos_path, options.params_file, options.bag):
        if path is not None and not path.exists():
            raise ConfigError(f"'{path}' does not exist; give the path of an index, parameter file or bag")
    config = options.config or _config_of(options.index_path)
    with tempfile.TemporaryDirectory(prefix="geoloc_run_") as scratch:
        config_file, bag_file, own_file = (Path(scratch) / f"{name}.yaml" for name in ("config", "bag", "run"))
        config_file.write_text(params_text(config))
        bag_file.write_text(yaml.safe_dump(_bag_parameters(options)))
        own_file.write_text(yaml.safe_dump(_own_parameters(options)))
        user_files = [] if options.params_file is None else [options.params_file]
        with _children(commands(options, [config_file, bag_file, *user_files, own_file])) as children:
            try:
                _watch(children, options)
            except KeyboardInterrupt:
                logger.info("stopping")


def commands(options: StackOptions, params_files: list[Path]) -> dict[str, list[str]]:
    """Command line of every process, by name; of two parameter files the later wins."""
    modules = {"nodes": "all_nodes"} if options.single_process else {name: name for name in _nodes(options)}
    words = [_WORDS[name] for name in _nodes(options) if options.single_process and name in _WORDS]
    arguments = [*_ros_arguments(options), *(word for file in params_files for word in ("--params-file", str(file)))]
    started = {
        name: [sys.executable, "-m", f"geoloc_ros.ros.{module}", *words, *arguments] for name, module in modules.items()
    }
    if options.bag is not None:
        player = [sys.executable, "-m", "geoloc_ros.cli", "play", str(options.bag), "--rate", str(options.rate)]
        player += ["--namespace", options.namespace] if options.namespace else []
        player += ["--clock"] if options.use_sim_time else []
        player += ["--record", str(options.record)] if options.record is not None else []
        started[_PLAYER] = player
    return started


def _config_of(index_path: Path) -> Config:
    """Scan and descriptor as an index was made with: another encoder's descriptors would be refused."""
    made_with = read_artifact(index_path, KIND, VERSION).metadata["config"]
    return validated(Config, {section: made_with[section] for section in ("scan", "descriptor")})


def _bag_parameters(options: StackOptions) -> _Parameters:
    """What the nodes take from the bag, as `geoloc localize` does."""
    if options.bag is None:
        return {}
    parts = choose_parts(options.use, BagReader(options.bag).parts)
    logger.info("perception uses %s of the bag", ", ".join(parts))
    parameters = perception_of_parts(parts)
    if "network" in parameters["depth_sources"]:
        parameters |= _image_size(BagReader(options.bag), parts)
    return {"/**/perception": {"ros__parameters": parameters}}


def _image_size(reader: BagReader, parts: Collection[Part]) -> dict[str, Any]:
    """What the first good image tells: the player waits for the nodes, and they make engines of this size ready."""
    for frame in reader.frames(parts):
        try:
            camera = frame.camera_frame().camera
        except ObservationError:  # told by the node, which gets it too
            continue
        return {"image_width": camera.width, "image_height": camera.height}
    return {}


def perception_of_parts(parts: Collection[Part]) -> dict[str, Any]:
    """Parameters of perception for a camera of which these topics come, and all of them always; no IMU, as offline."""
    is_given = "segmentation" in parts
    sources = [*(["depth"] if "depth" in parts else []), *(["network"] if "image" in parts else [])]
    return {
        "labels": "topic" if is_given else "network", "depth_sources": sources,
        "use_instances": "instances" in parts or not is_given, "use_imu": False, "queue_length": _BAG_QUEUE_LENGTH,
    }


def _nodes(options: StackOptions) -> tuple[str, ...]:
    others: list[str] = [] if options.photos_path is None else [PHOTO_NODE]
    if options.params_file is not None and _names_landmarks(options.params_file):
        others.append(LANDMARKS_NODE)
    return (*NODES[:-1], *others, *NODES[-1:])


def _names_landmarks(params_file: Path) -> bool:
    """Whether a ROS parameter file tells the node where learnt scenes are."""
    try:
        tree = yaml.safe_load(params_file.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the parameter file '{params_file}': {error}") from error
    entries = tree.items() if isinstance(tree, dict) else ()
    given = [entry for name, entry in entries if str(name).rpartition("/")[2] == LANDMARKS_NODE]
    return any(
        isinstance(entry, dict) and bool((entry.get("ros__parameters") or {}).get("landmarks_path")) for entry in given
    )


def _own_parameters(options: StackOptions) -> _Parameters:
    """What the options say, as a tree of a parameter file."""
    own: _Parameters = {}
    for name in _nodes(options):
        own[f"/**/{name}"] = {"ros__parameters": {"autostart": True, "use_sim_time": options.use_sim_time}}
        if name == PHOTO_NODE and options.photos_path is not None:
            own[f"/**/{name}"]["ros__parameters"]["photos_path"] = str(options.photos_path.resolve())
        if "index_path" in NODE_CONFIGS[name].model_fields:
            own[f"/**/{name}"]["ros__parameters"]["index_path"] = str(options.index_path.resolve())
    return own


def _ros_arguments(options: StackOptions) -> list[str]:
    arguments = ["--ros-args", "--log-level", options.log_level]
    if options.namespace:
        arguments += ["-r", f"__ns:=/{options.namespace.strip('/')}"]
    defaults = _CAMERA_REMAPS if options.bag is None else _BAG_REMAPS
    for remap in (*options.remaps, *defaults):
        arguments += ["-r", remap]
    return arguments


@contextmanager
def _children(started: dict[str, list[str]]) -> Iterator[list[_Child]]:
    set_ros_defaults(os.environ)
    children: list[_Child] = []
    try:
        for name, command in started.items():
            children.append(_Child(name, command, _start(command)))
        yield children
    finally:
        _end(children)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env={**os.environ, PARENT_VARIABLE: str(os.getpid())})


def _watch(children: list[_Child], options: StackOptions) -> None:
    while True:
        time.sleep(_POLL_S)
        for child in children:
            status = child.process.poll()
            if status is None:
                continue
            if child.name == _PLAYER:
                if status != 0:
                    raise BackendError(f"the player ended with status {status}; its last lines above say why")
                return
            if not options.use_respawn:
                raise BackendError(f"node '{child.name}' ended with status {status}; its last lines above say why")
            _respawn(child, status)


def _respawn(child: _Child, status: int) -> None:
    if child.restart_at_s is None:
        logger.warning("node '%s' ended with status %d; again in %.0f s", child.name, status, _RESPAWN_DELAY_S)
        child.restart_at_s = time.monotonic() + _RESPAWN_DELAY_S
    elif time.monotonic() >= child.restart_at_s:
        child.process = _start(child.command)
        child.restart_at_s = None


def _end(children: list[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    deadline_s = time.monotonic() + _PATIENCE_S
    for child in children:
        try:
            child.process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("node '%s' did not end in %.0f s and is killed", child.name, _PATIENCE_S)
            child.process.kill()
            child.process.wait()
