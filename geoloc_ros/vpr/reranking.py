"""A second look at the photos that descriptors found: which of them shows the same things in one geometry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import cv2
import numpy as np

from geoloc_ros.core.types import Float32, Float64, Int64, UInt8


class Reranker(Protocol):
    """Compares photos themselves."""

    def agreement(self, query: UInt8, candidates: Iterable[UInt8]) -> Float64:
        """How much each candidate (H, W, 3) speaks for the place of the query (H, W, 3); more is better (n,)."""


def reranked(rows: Int64, agreement: Float64) -> Int64:
    """Rows (K,) with the first n in the order of their agreement (n,); equal ones keep their order."""
    order = np.argsort(-agreement, kind="stable")
    return np.concatenate((rows[: len(agreement)][order], rows[len(agreement) :]))


class LocalFeatureReranker:
    """Counts points that two photos share under one epipolar geometry; implements `Reranker`.

    SIFT (Lowe, 2004) with square-rooted descriptors (Arandjelovic and Zisserman, 2012), the nearest feature that is
    nearer by a fifth than the next one, and a fundamental matrix by RANSAC. The same photos give the same count.
    """

    _WIDTH_PX = 480
    _FEATURES = 800
    _RATIO = 0.8
    _TOLERANCE_PX = 3.0
    # A fundamental matrix fits any seven.
    _FEWEST = 8

    def __init__(self) -> None:
        """Nothing is learnt."""
        self._detector = cv2.SIFT.create(nfeatures=self._FEATURES)
        self._matcher = cv2.BFMatcher(cv2.NORM_L2)

    def agreement(self, query: UInt8, candidates: Iterable[UInt8]) -> Float64:
        """Number of points that each of the candidates shares with the query (n,)."""
        points, features = self._features(query)
        return np.array([self._shared(points, features, *self._features(image)) for image in candidates], np.float64)

    def _features(self, image: UInt8) -> tuple[Float32, Float32]:
        zoom = min(1.0, self._WIDTH_PX / image.shape[1])
        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        if zoom < 1.0:
            grey = cv2.resize(grey, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        keypoints, found = self._detector.detectAndCompute(grey, None)
        points = np.array([point.pt for point in keypoints], np.float32).reshape(-1, 2)
        features = np.empty((0, 128), np.float32) if found is None else np.asarray(found, np.float32)
        return points, np.sqrt(features / np.maximum(features.sum(axis=1, keepdims=True), np.float32(1e-9)))

    def _shared(self, points: Float32, features: Float32, to_points: Float32, to_features: Float32) -> int:
        if min(len(points), len(to_points)) < self._FEWEST:
            return 0
        pairs = self._matcher.knnMatch(features, to_features, k=2)
        kept = [best for best, next_best in pairs if best.distance < self._RATIO * next_best.distance]
        if len(kept) < self._FEWEST:
            return 0
        one, other = points[[pair.queryIdx for pair in kept]], to_points[[pair.trainIdx for pair in kept]]
        _, inlier = cv2.findFundamentalMat(one, other, cv2.USAC_MAGSAC, self._TOLERANCE_PX, 0.999, 1000)
        return 0 if inlier is None else int(inlier.sum())
