"""From frames to views and a scan: what is given wins, and networks run only for the rest."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig, ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import rotation_from_quaternion
from geoloc_ros.core.interfaces import ImageReader
from geoloc_ros.core.types import Float32, Pose3, UInt8
from geoloc_ros.core.view import CameraFrame, Depth, Reading, ReadingKind
from geoloc_ros.scan import perceive
from geoloc_ros.scan.perceive import Perceiver

CAMERA = Camera.equirectangular(720, 120)
SIZE = (CAMERA.height, CAMERA.width)
MOUNT = Pose3(rotation_from_quaternion(np.array([-0.5, 0.5, -0.5, 0.5])), np.array([0.0, 0.0, 2.0]))
GIVEN_M, READ_M = 10.0, 20.0
WALL = np.full(SIZE, SemanticClass.BUILDING, np.uint8)
FRAME = CameraFrame(CAMERA, MOUNT, np.zeros((*SIZE, 3), np.uint8))


def yard(range_m: float) -> Float32:
    """Depth of a round yard."""
    directions = CAMERA.rays()
    return (range_m / np.hypot(directions[..., 0], directions[..., 2])).astype(np.float32)


@dataclass
class FakeReader:
    """Sees a round yard of one building wherever it looks; counts its readings."""

    provides: frozenset[ReadingKind]
    readings: int = field(default=0)

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        self.readings += 1
        return Reading(
            WALL if "labels" in self.provides else None,
            np.full(SIZE, 7, np.uint16) if "instances" in self.provides else None,
            yard(READ_M) if "depth" in self.provides else None,
        )


def perceiver_with(monkeypatch: pytest.MonkeyPatch, *readers: ImageReader, **options: bool) -> Perceiver:
    monkeypatch.setattr(perceive, "make_readers", lambda networks, inference: readers)
    return Perceiver(NetworksConfig(), InferenceConfig(), ScanConfig(), ObserveConfig(), **options)


def everything() -> FakeReader:
    return FakeReader(frozenset({"labels", "instances", "depth"}))


def test_an_image_alone_becomes_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = everything()
    perception = perceiver_with(monkeypatch, reader).perceive([FRAME])
    np.testing.assert_allclose(perception.scan.range_m, READ_M, rtol=0.02)
    assert set(perception.scan.instance) == {7} and reader.readings == 1
    assert perception.networks_s > 0.0 and perception.observe_s > 0.0
    assert [depth.source for depth in perception.views[0].depths] == ["network"]


def test_no_network_is_even_loaded_where_everything_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    perceiver = perceiver_with(monkeypatch)
    monkeypatch.setattr(perceive, "make_readers", lambda networks, inference: pytest.fail("loaded"))
    frame = replace(FRAME, image=None, labels=WALL, depths=(Depth("depth", yard(GIVEN_M)),))
    perception = perceiver.perceive([frame])
    np.testing.assert_allclose(perception.scan.range_m, GIVEN_M, rtol=0.02)
    assert perception.networks_s == 0.0


def test_measured_depth_wins_over_the_depth_that_comes_with_the_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    half = yard(GIVEN_M)
    half[:, : CAMERA.width // 2] = np.nan
    perception = perceiver_with(monkeypatch, everything()).perceive([replace(FRAME, depths=(Depth("depth", half),))])
    assert [depth.source for depth in perception.views[0].depths] == ["depth", "network"]
    # The left half of a panorama shows what is to the left, whose rays come first.
    rays = len(perception.scan.range_m)
    np.testing.assert_allclose(perception.scan.range_m[5 : rays // 2 - 5], READ_M, rtol=0.02)
    np.testing.assert_allclose(perception.scan.range_m[rays // 2 + 5 : -5], GIVEN_M, rtol=0.02)


@pytest.mark.parametrize(("measured_share", "runs"), [(0.0, 1), (0.4, 1), (0.6, 0), (1.0, 0)])
def test_depth_of_a_network_is_added_to_given_labels_where_little_is_measured(
    monkeypatch: pytest.MonkeyPatch, measured_share: float, runs: int
) -> None:
    depth_m = yard(GIVEN_M)
    depth_m[:, int(measured_share * CAMERA.width) :] = np.nan
    depths = (Depth("points", depth_m),) if measured_share else ()
    reader = FakeReader(frozenset({"depth"}))
    perceiver_with(monkeypatch, reader).perceive([replace(FRAME, labels=WALL, depths=depths)])
    assert reader.readings == runs


def test_given_labels_and_instances_win(monkeypatch: pytest.MonkeyPatch) -> None:
    instances = np.full(SIZE, 3, np.uint16)
    frame = replace(FRAME, labels=WALL, instances=instances)
    assert set(perceiver_with(monkeypatch, everything()).perceive([frame]).scan.instance) == {3}
    without = perceiver_with(monkeypatch, everything(), use_instances=False).perceive([frame])
    assert without.views[0].instances is None


def test_given_labels_win_over_those_that_come_with_the_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = np.full(SIZE, SemanticClass.VEGETATION, np.uint8)
    perception = perceiver_with(monkeypatch, everything()).perceive([replace(FRAME, labels=trees)])
    assert np.isnan(perception.scan.range_m).all() and perception.views[0].labels is trees


def test_only_the_network_that_is_needed_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, depth = FakeReader(frozenset({"labels"})), FakeReader(frozenset({"depth"}))
    perceiver = perceiver_with(monkeypatch, labels, depth)
    perceiver.perceive([replace(FRAME, depths=(Depth("depth", yard(GIVEN_M)),))])
    assert (labels.readings, depth.readings) == (1, 0)
    perceiver.perceive([replace(FRAME, labels=WALL)])
    assert (labels.readings, depth.readings) == (1, 1)
    perceiver.perceive([FRAME])
    assert (labels.readings, depth.readings) == (2, 2)


def test_warming_up_runs_every_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, depth = FakeReader(frozenset({"labels"})), FakeReader(frozenset({"depth"}))
    perceiver_with(monkeypatch, labels, depth).warm_up(CAMERA, MOUNT)
    assert (labels.readings, depth.readings) == (1, 1)


def test_two_cameras_make_one_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = (np.full((*SIZE, 3), value, np.uint8) for value in (0, 1))
    reader = everything()
    perception = perceiver_with(monkeypatch, reader).perceive([replace(FRAME, image=left), replace(FRAME, image=right)])
    assert reader.readings == 2 and len(perception.views) == 2
    np.testing.assert_allclose(perception.scan.range_m, READ_M, rtol=0.02)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (replace(FRAME, image=None), "no image"),
        (replace(FRAME, image=np.zeros((60, 80, 3), np.uint8)), r"\(60, 80, 3\).*camera_info"),
        (replace(FRAME, labels=WALL, image=None), "no image"),
        (replace(FRAME, depths=(Depth("depth", yard(GIVEN_M) * 1e3),)), "millimetres"),
        (replace(FRAME, depths=(Depth("depth", yard(GIVEN_M)[::2]),)), "depth"),
    ],
    ids=["nothing", "size of the image", "labels alone", "millimetres", "size of the depth"],
)
def test_what_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, frame: CameraFrame, complaint: str) -> None:
    with pytest.raises(ObservationError, match=complaint):
        perceiver_with(monkeypatch, everything()).perceive([frame])


def test_without_measured_depth_and_with_networks_forbidden_the_way_out_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ObservationError, match="allow 'network'"):
        perceiver_with(monkeypatch, everything(), use_network_depth=False).perceive([FRAME])
