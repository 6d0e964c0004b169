"""Which network reads what."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.interfaces import ImageReader
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.core.view import Reading, ReadingKind
from geoloc_ros.reading import readers
from geoloc_ros.reading.readers import make_readers

CAMERA = Camera.pinhole(8, 4, 1.0)
MOUNT = Pose3(np.eye(3), np.zeros(3))
EVERYTHING: frozenset[ReadingKind] = frozenset(("labels", "instances", "depth"))


@dataclass
class FakeReader:
    """Tells what it was made for, all of it wherever it can."""

    name: str
    provides: frozenset[ReadingKind]

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        size = image.shape[:2]
        return Reading(np.ones(size, np.uint8), np.ones(size, np.uint16), np.ones(size, np.float32))


@dataclass
class Shelf:
    """Networks by file name, and how often each was loaded."""

    provides: dict[str, frozenset[ReadingKind]] = field(default_factory=lambda: {"street.onnx": EVERYTHING})
    loaded: list[str] = field(default_factory=list)

    def load(self, file: Path, networks: NetworksConfig, inference: InferenceConfig) -> ImageReader:
        self.loaded.append(file.name)
        return FakeReader(file.name, self.provides[file.name])


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()
    monkeypatch.setattr(readers, "_load", shelf.load)
    monkeypatch.setattr(readers, "shared_file", lambda name: Path(name))
    return shelf


def assigned(**named: str) -> dict[str, set[str]]:
    """What each network is asked for, by its file's name."""
    made = make_readers(NetworksConfig(**named), InferenceConfig())
    return {str(one).split("name='")[1].split("'")[0]: set(one.provides) for one in made}


def test_the_shipped_network_reads_everything_and_is_loaded_once(shelf: Shelf) -> None:
    assert assigned() == {"street.onnx": EVERYTHING} and shelf.loaded == ["street.onnx"]


def test_one_file_in_every_role_is_loaded_once(shelf: Shelf) -> None:
    shelf.provides["own.onnx"] = EVERYTHING
    assert assigned(segmentation="own.onnx", depth="own.onnx", instances="own.onnx") == {"own.onnx": EVERYTHING}
    assert shelf.loaded == ["own.onnx"]


def test_a_network_named_for_depth_takes_depth_from_the_one_for_classes(shelf: Shelf) -> None:
    shelf.provides["deep.yaml"] = frozenset({"depth"})
    assert assigned(depth="deep.yaml") == {"street.onnx": {"labels", "instances"}, "deep.yaml": {"depth"}}


def test_classes_of_another_network_leave_depth_to_the_shipped_one_and_buildings_to_jumps(shelf: Shelf) -> None:
    shelf.provides["segformer.yaml"] = frozenset({"labels"})
    assert assigned(segmentation="segformer.yaml") == {"segformer.yaml": {"labels"}, "street.onnx": {"depth"}}


def test_three_networks_share_the_work(shelf: Shelf) -> None:
    shelf.provides |= {name: frozenset({name}) for name in ("labels", "instances", "depth")}
    said = assigned(segmentation="labels", instances="instances", depth="depth")
    assert said == {name: {name} for name in ("labels", "instances", "depth")}
    assert "street.onnx" not in shelf.loaded


def test_a_reading_holds_only_what_was_asked_for(shelf: Shelf) -> None:
    shelf.provides["deep.yaml"] = EVERYTHING
    street, deep = make_readers(NetworksConfig(depth="deep.yaml"), InferenceConfig())
    image = np.zeros((4, 8, 3), np.uint8)
    said = street.read(image, CAMERA, MOUNT)
    assert said.labels is not None and said.instances is not None and said.depth_m is None
    said = deep.read(image, CAMERA, MOUNT)
    assert said.labels is None and said.instances is None and said.depth_m is not None


def test_a_network_that_cannot_tell_what_it_is_named_for_is_refused(shelf: Shelf) -> None:
    shelf.provides["deep.yaml"] = frozenset({"depth"})
    with pytest.raises(BackendError, match=r"deep\.yaml.*tells depth, not labels"):
        make_readers(NetworksConfig(segmentation="deep.yaml"), InferenceConfig())


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"weights\.pt"):
        make_readers(NetworksConfig(segmentation="weights.pt"), InferenceConfig())


def test_a_home_that_nobody_has_is_named(shelf: Shelf) -> None:
    with pytest.raises(ConfigError, match="~nobody_at_all"):
        make_readers(NetworksConfig(segmentation="~nobody_at_all/net.yaml"), InferenceConfig())
