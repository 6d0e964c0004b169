from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Pose3
from geoloc_ros.inference.load import load_network
from geoloc_ros.landmarks.landmark_map import INPUT_NAME, OUTPUT_NAMES, LandmarkMap, outline_of

from .landmark_scenes import CAMERA, STRIDE, make_scene, write_mean_network

PLACE = ScenePlace(Pose3(np.diag([-1.0, -1.0, 1.0]), np.ones(3)), GeoOrigin(48.0, 10.0))


def load(file: Path) -> Network:
    return load_network(file, INPUT_NAME, OUTPUT_NAMES, InferenceConfig(backend="onnxruntime"))


def test_a_scene_comes_back_as_it_was(tmp_path: Path) -> None:
    scene = make_scene(write_mean_network(tmp_path / "n.onnx"), place=PLACE)
    scene.save(tmp_path / "yard")
    read = LandmarkMap.load(tmp_path / "yard")
    assert (read.name, read.camera, read.variance_factor, read.config) == ("yard", CAMERA, 1.5, {"steps": 3})
    assert np.array_equal(read.prototype, scene.prototype) and read.landmarks.patch_m == 0.5
    assert np.array_equal(read.landmarks.position_m, scene.landmarks.position_m)
    assert read.place is not None and read.place.origin == PLACE.origin
    assert np.array_equal(read.place.map_from_scene.rotation, PLACE.map_from_scene.rotation)
    assert read.network_file.read_bytes() == (tmp_path / "n.onnx").read_bytes()
    assert read.map_id not in ("", "unsaved")


def test_the_same_scene_gives_the_same_bytes(tmp_path: Path) -> None:
    scene = make_scene(write_mean_network(tmp_path / "n.onnx"))
    for name in "ab":
        scene.save(tmp_path / name)
    assert LandmarkMap.load(tmp_path / "a").map_id == LandmarkMap.load(tmp_path / "b").map_id


def test_a_scene_can_be_written_over_itself(tmp_path: Path) -> None:
    make_scene(write_mean_network(tmp_path / "n.onnx")).save(tmp_path / "yard")
    replace(LandmarkMap.load(tmp_path / "yard"), variance_factor=2.0).save(tmp_path / "yard")
    assert LandmarkMap.load(tmp_path / "yard").variance_factor == 2.0


def test_an_outline_tells_where_a_scene_is_without_loading_it(tmp_path: Path) -> None:
    make_scene(write_mean_network(tmp_path / "n.onnx"), "depot", PLACE, np.ones((5, 3))).save(tmp_path / "a")
    (tmp_path / "a" / "prototype.npy").unlink()
    outline = outline_of(tmp_path / "a")
    assert (outline.name, outline.num_landmarks, outline.camera_position_m.shape) == ("depot", 3, (5, 3))
    assert outline.place is not None and outline.place.origin == PLACE.origin
    assert outline.num_pixels == 32 * 24 and outline.num_bytes > (tmp_path / "n.onnx").stat().st_size


def test_a_scene_of_which_a_byte_has_changed_is_refused(tmp_path: Path) -> None:
    make_scene(write_mean_network(tmp_path / "n.onnx")).save(tmp_path / "a")
    with (tmp_path / "a" / "network.onnx").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ArtifactError, match=r"network\.onnx.*damaged"):
        LandmarkMap.load(tmp_path / "a")


def test_what_is_no_scene_is_told_how_to_make_one(tmp_path: Path) -> None:
    for read in (LandmarkMap.load, outline_of):
        with pytest.raises(ArtifactError, match="geoloc train landmarks"):
            read(tmp_path)


def test_a_missing_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"gone\.onnx"):
        make_scene(tmp_path / "gone.onnx").save(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    scene = make_scene(tmp_path / "n.onnx")
    nan = Landmarks(scene.landmarks.position_m * np.nan, scene.landmarks.normal, 0.5)
    for change, word in (
        ({"prototype": scene.prototype[1:]}, "belong together"), ({"prototype": scene.prototype * 2.0}, "unit length"),
        ({"landmarks": nan}, "no numbers"), ({"camera": replace(CAMERA, distortion=(0.1,) * 4)}, "pinhole"),
        ({"camera_position_m": np.empty((0, 3))}, "trained from"), ({"variance_factor": 0.0}, "factor"),
    ):
        with pytest.raises(ArtifactError, match=word):
            replace(scene, **change)  # type: ignore[arg-type]


def test_a_network_tells_the_stride_of_its_outputs(tmp_path: Path) -> None:
    scene = make_scene(write_mean_network(tmp_path / "n.onnx"))
    assert scene.stride_of(load(scene.network_file)) == STRIDE


def test_a_network_of_another_scene_is_refused(tmp_path: Path) -> None:
    scene = make_scene(write_mean_network(tmp_path / "n.onnx"))
    photos = load(write_mean_network(tmp_path / "photo.onnx", geoloc_kind="photo"))
    larger = load(write_mean_network(tmp_path / "larger.onnx", replace(CAMERA, width=64)))
    wide = np.concatenate([scene.prototype, np.zeros((4, 2), np.float32)], axis=1)
    with pytest.raises(IndexMismatchError, match="photo"):
        scene.stride_of(photos)
    with pytest.raises(IndexMismatchError, match=r"takes \(3, 24, 64\)"):
        scene.stride_of(larger)
    with pytest.raises(IndexMismatchError, match="5, 6, 8"):
        replace(scene, prototype=wide).stride_of(load(scene.network_file))
