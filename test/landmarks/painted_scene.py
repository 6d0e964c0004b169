"""A scene whose images say in their colours what a network shall see in them: for tests from files to poses."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Float32, Float64, Pose3, UInt8
from geoloc_ros.landmarks.landmark_map import LandmarkMap

from .voted_scenes import CAMERA, STRIDE, perfect_maps, wall

_STEP = 3
"""Of red from one landmark to the next, so that it survives a little noise."""


def painted(landmarks: Landmarks, scene_from_camera: Pose3) -> UInt8:
    """An image of CAMERA: in red which landmark a cell shows, in green and blue where that lies."""
    label, direction = perfect_maps(landmarks, scene_from_camera)
    red = (_STEP * label)[..., None]
    colour = np.concatenate([red, np.round((direction + 1.0) * 127.5)], axis=-1).astype(np.uint8)
    return np.repeat(np.repeat(colour, STRIDE, axis=0), STRIDE, axis=1)


def write_painted_network(file: Path) -> Path:
    """A network that reads such images: every landmark is a direction in the plane of embeddings."""
    shape = (CAMERA.height // STRIDE, CAMERA.width // STRIDE)
    angle = np.zeros((1, 3, 1, 1), np.float32)
    angle[0, 0] = 2.0 * np.pi * 255.0 / 256.0
    votes = np.zeros((2, 3, 1, 1), np.float32)
    votes[0, 1] = votes[1, 2] = 2.0
    nodes = [
        helper.make_node("AveragePool", ["image"], ["mean"], kernel_shape=[STRIDE] * 2, strides=[STRIDE] * 2),
        helper.make_node("Conv", ["mean", "angle"], ["turn"]),
        helper.make_node("Cos", ["turn"], ["cos"]), helper.make_node("Sin", ["turn"], ["sin"]),
        helper.make_node("Concat", ["cos", "sin"], ["embedding"], axis=1),
        helper.make_node("Conv", ["mean", "votes", "centre"], ["vote"]),
        helper.make_node("LpNormalization", ["vote"], ["direction"], axis=1, p=2),
    ]
    numbers = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "painted", [helper.make_tensor_value_info("image", numbers, ["N", 3, CAMERA.height, CAMERA.width])],
        [helper.make_tensor_value_info(name, numbers, ["N", 2, *shape]) for name in ("embedding", "direction")],
        [
            numpy_helper.from_array(angle, "angle"), numpy_helper.from_array(votes, "votes"),
            numpy_helper.from_array(np.full(2, -1.0, np.float32), "centre"),
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"geoloc_kind": "landmarks", "geoloc_features": "1"})
    onnx.save(model, str(file))
    return file


def painted_prototypes(count: int) -> Float32:
    """(n + 1, 2)."""
    angle = 2.0 * np.pi * _STEP * np.arange(count + 1) / 256.0
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)


def save_painted_scene(
    folder: Path, place: ScenePlace | None = None, camera_position_m: Float64 | None = None
) -> LandmarkMap:
    """The wall of `voted_scenes` as an artifact, with a network that reads images that are `painted`."""
    network = write_painted_network(folder.with_suffix(".onnx"))
    landmarks = wall(np.random.default_rng(0))
    seen_from_m = np.zeros((1, 3)) if camera_position_m is None else camera_position_m
    scene = LandmarkMap(
        folder.name, landmarks, painted_prototypes(len(landmarks)), network, CAMERA, place, seen_from_m, 1.0, {}
    )
    scene.save(folder)
    return LandmarkMap.load(folder)
