"""7-Scenes: handheld walks through rooms with a Kinect (Shotton et al., CVPR 2013).

`seq-01/frame-000000.color.png`, `.depth.png` (millimetres, 65535 is no depth) and `.pose.txt` (4 x 4, camera to scene);
`TrainSplit.txt` and `TestSplit.txt` name the sequences, "sequence1" is `seq-01`.

The cameras were never calibrated. KinectFusion, which made the poses, took 585 pixels as focal length, which is right
for the depth camera: depth is fused with it, and the poses are its own. The colour camera is another one, 2.5 cm to
the right, with the 525 pixels that its drivers assume; images and depth are not registered. So images are read with
525 pixels and the poses moved by these 2.5 cm, which most of the published results do without: their poses are those
of the depth camera. A `camera.yaml` beside replaces the colour camera.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import DepthCamera, PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.datasets.scenes.calibration_file import read_calibration
from geoloc_ros.datasets.scenes.checked_pose import pose_from_matrix
from geoloc_ros.datasets.scenes.surface_file import surface_beside
from geoloc_ros.datasets.scenes.views import Views, read_lines

_COLOUR = Camera("pinhole", 640, 480, 525.0, 525.0, 320.0, 240.0)
_DEPTH = Camera("pinhole", 640, 480, 585.0, 585.0, 320.0, 240.0)
_COLOUR_FROM_DEPTH = Pose3(np.eye(3), np.array([-0.025, 0.0, 0.0]))
_POSE = ".pose.txt"
_SPLITS = ("TrainSplit.txt", "TestSplit.txt")
_SAID_EVERY = 200


def is_seven_scenes(folder: Path) -> bool:
    """By the first pose of any sequence."""
    return any(next(sequence.glob(f"frame-*{_POSE}"), None) is not None for sequence in folder.glob("seq-*"))


def load_seven_scenes(folder: Path, progress: ProgressCallback) -> PosedScene:
    """One of the seven; without splits all of it is to learn from.

    Raises:
        DatasetError: If a split cannot be read or names a sequence that is not there, or no image can be used.
    """
    camera = read_calibration(folder) or _COLOUR
    views = Views(folder, depth_camera=DepthCamera(_DEPTH, _COLOUR_FROM_DEPTH))
    train, test = (_sequences(folder, split) for split in _SPLITS)
    if not train:
        train = sorted({each.name for each in folder.glob("seq-*")} - set(test))
    poses = [(name, path) for name in [*train, *test] for path in sorted((folder / name).glob(f"frame-*{_POSE}"))]
    tests = set()
    for number, (name, path) in enumerate(poses):
        if number % _SAID_EVERY == 0:
            progress("reading poses", number / len(poses))
        stem = f"{name}/{path.name.removesuffix(_POSE)}"
        try:
            scene_from_depth = pose_from_matrix(_matrix(path))
        except ValueError as error:
            views.complain(f"{stem}{_POSE}", str(error))
            continue
        views.add(
            f"{stem}.color.png", camera, scene_from_depth @ _COLOUR_FROM_DEPTH.inverse(), f"{stem}.depth.png"
        )
        if name in test:
            tests.add(f"{stem}.color.png")
    progress("reading poses", 1.0)
    return views.scene(folder.name, tests, surface_beside(folder, views.positions_m()))


def _sequences(folder: Path, split: str) -> list[str]:
    path = folder / split
    if not path.is_file():
        return []
    names = []
    for line in read_lines(path):
        number = re.fullmatch(r"\s*sequence\s*(\d+)\s*", line)
        if number is None and line.strip():
            raise DatasetError(f"'{path}' has the line {line[:40]!r}; expected 'sequence1' and so on")
        if number is not None:
            names.append(f"seq-{int(number[1]):02d}")
    missing = [name for name in names if not (folder / name).is_dir()]
    if missing:
        raise DatasetError(f"'{path}' names {', '.join(missing)}, which '{folder}' lacks; unpack all sequences")
    return names


def _matrix(path: Path) -> Float64:
    try:
        numbers = [float(word) for word in path.read_text().split()]
    except OSError as error:
        raise ValueError(f"its pose cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError("its pose is no text of numbers") from None
    if len(numbers) != 16:
        raise ValueError(f"its pose has {len(numbers)} numbers instead of 16")
    return np.array(numbers).reshape(4, 4)
