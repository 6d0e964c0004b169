"""Learnt scenes whose outcome can be told by hand, in place of trained ones."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.landmarks.landmark_map import LandmarkMap

CAMERA = Camera("pinhole", 32, 24, 30.0, 30.0, 16.0, 12.0)
STRIDE = 4


def write_mean_network(file: Path, camera: Camera = CAMERA, **metadata: str) -> Path:
    """A network whose embedding is the mean colour of a cell, of unit length; all of its votes point to the right."""
    pixels, shape = ["N", 3, camera.height, camera.width], (camera.height // STRIDE, camera.width // STRIDE)
    right = np.zeros((2, 3, 1, 1), np.float32)
    nodes = [
        helper.make_node("AveragePool", ["image"], ["mean"], kernel_shape=[STRIDE] * 2, strides=[STRIDE] * 2),
        helper.make_node("LpNormalization", ["mean"], ["embedding"], axis=1, p=2),
        helper.make_node("Conv", ["mean", "zero", "rightward"], ["direction"]),
    ]
    graph = helper.make_graph(
        nodes, "mean", [helper.make_tensor_value_info("image", TensorProto.FLOAT, pixels)],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", 3, *shape]),
            helper.make_tensor_value_info("direction", TensorProto.FLOAT, ["N", 2, *shape]),
        ],
        [
            numpy_helper.from_array(right, "zero"),
            numpy_helper.from_array(np.array([1.0, 0.0], np.float32), "rightward"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"geoloc_kind": "landmarks", "geoloc_features": "1"} | metadata)
    onnx.save(model, str(file))
    return file


def make_scene(
    network_file: Path, name: str = "yard", place: ScenePlace | None = None, camera_position_m: np.ndarray | None = None
) -> LandmarkMap:
    """Three landmarks, red, green and blue, on a wall two metres before where it was trained from."""
    prototype = np.array([(-1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float32)
    landmarks = Landmarks(
        np.array([(-1.0, 0.0, 2.0), (0.0, 0.5, 2.0), (1.0, 0.0, 2.0)]),
        np.tile(np.array([0.0, 0.0, -1.0], np.float32), (3, 1)), 0.5,
    )
    seen_from_m = np.zeros((1, 3)) if camera_position_m is None else camera_position_m
    return LandmarkMap(name, landmarks, prototype, network_file, CAMERA, place, seen_from_m, 1.5, {"steps": 3})
