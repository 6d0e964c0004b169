"""A scene whose images say themselves what a network is to make of them: a landmark and a direction a cell."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Float32, Pose3, UInt8
from geoloc_ros.landmarks.landmark_map import LandmarkMap

from .voted_scenes import CAMERA, STRIDE, perfect_maps, wall

WALL = wall(np.random.default_rng(0))
"""Three metres before the origin of the scene."""


def _angle_rad(landmark: np.ndarray) -> np.ndarray:
    """As a red of 8 bits shows it, black being none."""
    red = np.rint(255.0 * landmark / (len(WALL) + 1))
    return np.asarray(2.0 * np.pi * red / 255.0)


def painted(scene_from_camera: Pose3) -> UInt8:
    """The wall from there: red is the landmark, green and blue the direction to it."""
    label, direction = perfect_maps(WALL, scene_from_camera)
    red = np.rint(255.0 * label / (len(WALL) + 1))
    cells = np.dstack([red, *np.moveaxis(np.rint(127.5 * (direction + 1.0)), -1, 0)]).astype(np.uint8)
    return np.repeat(np.repeat(cells, STRIDE, axis=0), STRIDE, axis=1)


def write_painted_network(file: Path) -> Path:
    """Embeddings are points of the unit circle, by the red of a cell; directions its green and blue."""
    shape = (CAMERA.height // STRIDE, CAMERA.width // STRIDE)
    nodes = [
        helper.make_node("AveragePool", ["image"], ["mean"], kernel_shape=[STRIDE] * 2, strides=[STRIDE] * 2),
        helper.make_node("Split", ["mean", "parts"], ["red", "rest"], axis=1),
        helper.make_node("Mul", ["red", "turn"], ["angle"]),
        helper.make_node("Cos", ["angle"], ["cos"]), helper.make_node("Sin", ["angle"], ["sin"]),
        helper.make_node("Concat", ["cos", "sin"], ["embedding"], axis=1),
        helper.make_node("Sub", ["rest", "half"], ["away"]),
        helper.make_node("LpNormalization", ["away"], ["direction"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes, "painted",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, CAMERA.height, CAMERA.width])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2, *shape])
            for name in ("embedding", "direction")
        ],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "parts"),
            numpy_helper.from_array(np.array(2.0 * np.pi, np.float32), "turn"),
            numpy_helper.from_array(np.array(0.5, np.float32), "half"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"geoloc_kind": "landmarks", "geoloc_features": "1"})
    onnx.save(model, str(file))
    return file


def write_painted_scene(folder: Path, place: ScenePlace | None, name: str = "wall") -> Path:
    """Artifact of the wall as learnt from the origin of the scene; `folder` may hold several."""
    network = write_painted_network(folder / "network.onnx")
    angle = _angle_rad(np.arange(len(WALL) + 1))
    prototype: Float32 = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    LandmarkMap(name, WALL, prototype, network, CAMERA, place, np.zeros((1, 3)), 1.0, {}).save(folder / name)
    return folder / name
