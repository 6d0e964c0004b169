"""Sky in photos of unknown cameras, by the networks that read images."""

from __future__ import annotations

import math

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.types import Bool, Pose3, UInt8
from geoloc_ros.reading.readers import make_readers

_FOV_RAD = math.radians(70.0)
"""Horizontal, of most phones and dash cameras; classes depend little on it."""
_HEIGHT_M = 1.6
_FORWARD = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([0.0, 0.0, _HEIGHT_M]))


class SkyReader:
    """Finds the sky with the network that tells classes."""

    def __init__(self, networks: NetworksConfig, inference: InferenceConfig) -> None:
        """Raises BackendError or ConfigError as `make_readers`."""
        self._reader = make_readers(networks, inference)[0]

    def __call__(self, image: UInt8) -> Bool:
        """Where (H, W) an image (H, W, 3), red first, shows the sky.

        Raises:
            BackendError: If no engine can run the network in this size.
        """
        height, width = image.shape[:2]
        focal = width / 2.0 / math.tan(_FOV_RAD / 2.0)
        camera = Camera("pinhole", width, height, focal, focal, width / 2.0, height / 2.0)
        labels = self._reader.read(image, camera, _FORWARD).labels
        if labels is None:
            return np.zeros((height, width), bool)
        return np.asarray(labels == SemanticClass.SKY)
