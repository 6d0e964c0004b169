"""The camera of a scene in a `camera.yaml` beside it, as ROS's calibration writes it (camera_calibration_parsers)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import camera_from_info
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.types import Float64

CALIBRATION_FILE = "camera.yaml"


def read_calibration(folder: Path) -> Camera | None:
    """The camera that `camera.yaml` describes; None where there is no such file.

    Raises:
        DatasetError: If the file is no calibration.
    """
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        return None
    try:
        tree = yaml.safe_load(path.read_text())
        distortion, matrix = _numbers(tree["distortion_coefficients"]), _numbers(tree["camera_matrix"])
        if matrix.shape != (9,):
            raise ValueError(f"camera_matrix has {matrix.size} numbers instead of 9")
        whole = SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0)
        info: Any = SimpleNamespace(
            height=int(tree["image_height"]), width=int(tree["image_width"]), k=matrix, d=distortion,
            distortion_model=str(tree["distortion_model"]), r=np.eye(3).ravel(), p=np.insert(matrix, [3, 6, 9], 0.0),
            binning_x=0, binning_y=0, roi=whole,
        )
        return camera_from_info(info)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, yaml.YAMLError, ObservationError) as error:
        raise DatasetError(
            f"'{path}' is no calibration as ROS writes it (image_width, image_height, camera_matrix, distortion_model, "
            f"distortion_coefficients): {error!r}"
        ) from error


def _numbers(block: Any) -> Float64:
    return np.array([float(number) for number in block["data"]], np.float64)
