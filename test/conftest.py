"""What every test may ask for. ROS is told here, before anything imports it, to stay on this machine and to itself."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import load_config
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.core.view import Reading, ReadingKind
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, RoadGraph
from geoloc_ros.ros.environment import set_ros_defaults
from geoloc_ros.sim.city import make_city

ROOT = Path(__file__).resolve().parent.parent

set_ros_defaults(os.environ)
os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))  # two test runs do not hear each other
# A busy machine is no mistake in the code: no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that start nodes where there is no ROS."""
    if item.get_closest_marker("ros") and importlib.util.find_spec("rclpy") is None:
        pytest.skip("rclpy cannot be imported")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real maps and drives beside the checkout; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real maps beside the checkout ({folder})")
    return folder


@pytest.fixture(scope="session")
def square_room() -> GeoMap:
    """Four houses, 10 m high, round a square of 20 m about (0, 0): east is 0, then north, west, south. A street runs
    from west to east, and there are no trees."""
    east = np.array([(10.0, -10.0), (14.0, -10.0), (14.0, 10.0), (10.0, 10.0)])
    quarter = np.array([(0.0, 1.0), (-1.0, 0.0)])
    vertices_m = np.concatenate([east @ np.linalg.matrix_power(quarter, turns) for turns in range(4)])
    buildings = Buildings(
        vertices_m, np.arange(0, 17, 4), np.arange(4, dtype=np.int32), np.full(4, 10.0, np.float32),
        np.zeros(4, np.float32), np.zeros(4, np.int64),
    )
    ends = np.array([(-8.0, 0.0), (8.0, 0.0)])
    roads = RoadGraph(
        ends, np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.array([1, 0], np.int32),
        np.concatenate([ends, ends[::-1]]), np.array([0, 2, 4]),
    )
    source = MapSource("square room", "0" * 64, "", "made up")
    return GeoMap(GeoOrigin(48.4, 9.98), (-20.0, -20.0, 20.0, 20.0), buildings, roads, np.empty((0, 2)), source)


@pytest.fixture(scope="session")
def tiny_city() -> GeoMap:
    """A made-up town of four blocks, about 250 m across."""
    return make_city(0, 250.0)


@dataclass(frozen=True)
class TinyDrive:
    """A short recorded drive and the map file that it can be found in."""

    bag: Path
    map_file: Path


@pytest.fixture(scope="session")
def tiny_drive(tmp_path_factory: pytest.TempPathFactory) -> TinyDrive:
    """60 m through a town of four blocks at noise `paper`, with a panorama of 256 x 80 pixels."""
    pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
    from geoloc_ros.simulate import simulate_drive

    bag = tmp_path_factory.mktemp("drive") / "tiny.mcap"
    config = load_config(None, ("sim.city_size_m=250", "sim.width=256", "sim.height=80"))
    simulate_drive(Path("procedural"), bag, None, 0, 60.0, config, no_progress)
    return TinyDrive(bag, bag.with_suffix(".osm"))


@dataclass
class RoundWall:
    """Reads every image as one building, 10 m away all round; implements `core.interfaces.ImageReader`."""

    provides: frozenset[ReadingKind] = frozenset(("labels", "instances", "depth"))
    reads: int = 0

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        """Count, and say the same as ever."""
        self.reads += 1
        size = image.shape[:2]
        labels = np.full(size, SemanticClass.BUILDING, np.uint8)
        return Reading(labels, np.ones(size, np.uint16), np.full(size, 10.0, np.float32))


@pytest.fixture
def round_wall(monkeypatch: pytest.MonkeyPatch) -> RoundWall:
    """In place of all networks."""
    wall = RoundWall()
    monkeypatch.setattr("geoloc_ros.scan.perceive.make_readers", lambda networks, inference: (wall,))
    return wall


@pytest.fixture(scope="session")
def write_network() -> Callable[..., Path]:
    """Writes networks of which the outcome can be told by hand, in place of trained ones.

    f being the mean of every channel over ten rays, "scan-ours" makes descriptors `[f, -|f|^2 / 2]` and queries
    `[f, 1]`, "scan-paper" makes `f / |f|`. What is given by name goes over the usual metadata; None leaves an entry
    out.
    """
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")

    def write(path: Path, kind: str = "scan-ours", num_rays: int = 360, **metadata: str | None) -> Path:
        helper, channels = onnx.helper, 8 if kind == "scan-ours" else 2
        axes = helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])
        half = helper.make_tensor("half", onnx.TensorProto.FLOAT, [1], [-0.5])
        nodes = [
            helper.make_node("AveragePool", ["features"], ["bins"], kernel_shape=[10], strides=[10]),
            helper.make_node("Flatten", ["bins"], ["f"]),
        ]
        if kind == "scan-ours":
            nodes += [
                helper.make_node("Mul", ["f", "f"], ["squares"]),
                helper.make_node("ReduceSum", ["squares", "axes"], ["square"], keepdims=1),
                helper.make_node("Mul", ["square", "half"], ["bias"]),
                helper.make_node("Div", ["bias", "bias"], ["one"]),
                helper.make_node("Concat", ["f", "bias"], ["descriptor"], axis=1),
                helper.make_node("Concat", ["f", "one"], ["query"], axis=1),
            ]
            outputs, size = ("descriptor", "query"), channels * num_rays // 10 + 1
        else:
            nodes.append(helper.make_node("LpNormalization", ["f"], ["embedding"], axis=1, p=2))
            outputs, size = ("embedding",), channels * num_rays // 10
        numbers = onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            nodes, "tiny", [helper.make_tensor_value_info("features", numbers, ["N", channels, num_rays])],
            [helper.make_tensor_value_info(name, numbers, ["N", size]) for name in outputs],
            [axes, half] if kind == "scan-ours" else [],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        features = "network-1" if kind == "scan-ours" else "paper-1"
        usual = {"geoloc_kind": kind, "geoloc_features": features, "rays": str(num_rays), "max_range_m": "100.0"}
        helper.set_model_props(model, {key: value for key, value in (usual | metadata).items() if value is not None})
        onnx.save(model, str(path))
        return path

    return write
