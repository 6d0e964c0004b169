"""What landmarks are compared with: the pose of the training view that looks most alike, and features of OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from _common import ROOT

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.landmark_config import CameraPoseConfig
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, NotFound
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32, Float64, Int64, Pose3, UInt8
from geoloc_ros.inference.load import load_network
from geoloc_ros.landmarks.camera_pose import solve_pose
from geoloc_ros.landmarks.create.view_labels import LabelRenderer
from geoloc_ros.vpr.encoder import PHOTO_INPUT, PHOTO_OUTPUTS, SHIPPED_PHOTO_NETWORK, NetworkPhotoEncoder

Features = Literal["sift", "orb"]

FEATURE_INLIER_PX = 4.0
"""Features are found to a pixel or so."""
_MOST_FEATURES = 1000
_ALIKE = 10
"""Training views that a query's features are compared with."""
_RATIO = 0.8
"""Of the distances to the nearest and to the second feature of one view (Lowe 2004)."""


class MostAlike:
    """Place recognition alone: the training view whose descriptor by the shipped network for photos is nearest."""

    def __init__(self, train: PosedImages, progress: ProgressCallback) -> None:
        network = load_network(ROOT / SHIPPED_PHOTO_NETWORK, PHOTO_INPUT, PHOTO_OUTPUTS, InferenceConfig())
        self._encoder = NetworkPhotoEncoder(network)
        self._poses = train.scene_from_camera
        rows = []
        for number in range(len(train)):
            rows.append(self._encoder.encode([read_photo(train.path(number))])[0])
            progress(f"descriptors of {train.name}", (number + 1) / len(train))
        self._descriptors: Float32 = np.stack(rows)

    def most_alike(self, image: UInt8, count: int) -> list[int]:
        """Rows of training views, the most alike first."""
        similarity = self._descriptors @ self._encoder.encode([image])[0]
        return [int(row) for row in np.argsort(-similarity)[:count]]

    def find(self, image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
        """The pose of the most similar view; its covariance says nothing."""
        pose = self._poses[self.most_alike(image, 1)[0]]
        return CameraPose(pose, np.eye(6), 0, np.zeros(0, np.int32), 0.0, 0.0)


@dataclass(frozen=True)
class _Seen:
    """Features of one training view whose place is known."""

    descriptors: UInt8 | Float32
    """(K, D)."""
    point_m: Float64
    """(K, 3), frame of the scene."""


class FeaturePeer:
    """Features of the ten most similar training views, put on the surface, matched and solved for the pose.

    The surface and the solver are those of landmarks, so that only what is found in the image differs.
    """

    def __init__(
        self, kind: Features, train: PosedImages, renderer: LabelRenderer, alike: MostAlike, config: CameraPoseConfig,
        progress: ProgressCallback,
    ) -> None:
        self._kind, self._alike, self._config = kind, alike, config
        sift = kind == "sift"
        self._detector = (
            cv2.SIFT_create(_MOST_FEATURES, contrastThreshold=0.02) if sift else cv2.ORB_create(_MOST_FEATURES)
        )
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
        self._seen = []
        for number in range(len(train)):
            pose, camera = train.scene_from_camera[number], train.camera[number]
            depth_m = renderer.render(camera, pose).depth_m
            self._seen.append(self._on_surface(read_photo(train.path(number)), camera, pose, depth_m))
            progress(f"{kind} of {train.name}", (number + 1) / len(train))

    def _on_surface(self, image: UInt8, camera: Camera, pose: Pose3, depth_m: Float32) -> _Seen:
        pixel, descriptors = self._detect(image)
        column, row = np.floor(pixel).astype(np.int64).T
        ray = np.concatenate([(pixel - [camera.cx, camera.cy]) / [camera.fx, camera.fy], np.ones((len(pixel), 1))], 1)
        point_m = pose.apply(ray * depth_m[row, column][:, None])
        known = np.isfinite(point_m).all(axis=1)
        return _Seen(descriptors[known], point_m[known])

    def _detect(self, image: UInt8) -> tuple[Float64, UInt8 | Float32]:
        """Pixels (K, 2) from the corner of the first one, and descriptors (K, D)."""
        points, descriptors = self._detector.detectAndCompute(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None)
        if descriptors is None or not len(points):
            return np.zeros((0, 2)), np.zeros((0, 128 if self._kind == "sift" else 32), np.float32)
        if self._kind == "sift":  # compared by the Hellinger kernel (Arandjelovic and Zisserman 2012)
            descriptors = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9))
        height, width = image.shape[:2]
        pixel = np.array([point.pt for point in points]) + 0.5
        return np.clip(pixel, 0.0, [width - 1e-6, height - 1e-6]), descriptors

    def find(self, image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
        """The pose that most matches agree on; `camera` is an ideal pinhole."""
        pixel, descriptors = self._detect(image)
        best: dict[int, tuple[float, Float64]] = {}
        for row in self._alike.most_alike(image, _ALIKE) if len(pixel) else ():
            for feature, ratio, point_m in self._matches(descriptors, self._seen[row]):
                if ratio < best.get(feature, (np.inf,))[0]:
                    best[feature] = (ratio, point_m)
        if len(best) < self._config.least_landmarks:
            return NotFound(f"{len(best)} features match, {self._config.least_landmarks} are needed", len(best))
        points_m = np.array([point_m for _, point_m in best.values()])
        return solve_pose(points_m, pixel[list(best)], camera, self._config, rng)

    def _matches(self, descriptors: UInt8 | Float32, seen: _Seen) -> Iterator[tuple[int, float, Float64]]:
        """Feature of the query, how clearly it is the nearest one, and where it is."""
        if len(seen.point_m) < 2:
            return
        row, nearest, second = self._nearest_two(descriptors, seen.descriptors)
        ratio = nearest / np.maximum(second, 1e-9)
        for feature in np.flatnonzero(ratio < _RATIO).tolist():
            yield feature, float(ratio[feature]), seen.point_m[row[feature]]

    def _nearest_two(
        self, descriptors: UInt8 | Float32, known: UInt8 | Float32
    ) -> tuple[Int64, Float64, Float64]:
        """Row (K,) of the nearest one, and distances (K,) to it and to the second."""
        if self._kind == "orb":
            pairs = self._matcher.knnMatch(descriptors, known, k=2)
            row = np.array([one.trainIdx for one, _ in pairs], np.int64)
            return row, *np.array([(one.distance, other.distance) for one, other in pairs]).T
        similarity = descriptors @ known.T  # of unit length
        every = np.arange(len(descriptors))
        row = similarity.argmax(axis=1)
        best = similarity[every, row]
        similarity[every, row] = -1.0
        return row, *(np.sqrt(np.maximum(0.0, 2.0 - 2.0 * each)) for each in (best, similarity.max(axis=1)))
