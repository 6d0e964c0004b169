"""How well images are read: classes, depth, and where one building ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from geoloc_ros.core.classes import NUM_CLASSES, SemanticClass
from geoloc_ros.core.types import Bool, Float32, Float64, Int64, SemanticScan, UInt8

DEPTH_REACH_M = 50.0
TOLERANCE_RAYS = 2
"""Of a boundary, in a scan of 360 rays."""


def confusion(said: UInt8, truth: UInt8) -> Int64:
    """Pixels (8, 8) by true class (rows) and by what was said (columns); unlabelled pixels do not count."""
    known = truth < NUM_CLASSES
    pair = truth[known].astype(np.int64) * NUM_CLASSES + said[known]
    return np.bincount(pair, minlength=NUM_CLASSES**2).reshape(NUM_CLASSES, NUM_CLASSES)


def iou_ratios(pixels: Int64) -> Float64:
    """Intersection over union (8,) of every class of a confusion (8, 8); NaN for what is neither there nor said."""
    hit = np.diagonal(pixels).astype(np.float64)
    union = pixels.sum(axis=0) + pixels.sum(axis=1) - hit
    return np.where(union > 0, hit / np.maximum(union, 1), np.nan)


def mean_iou(pixels: Int64) -> float:
    """Mean over the classes that are there."""
    there = pixels.sum(axis=1) > 0
    return float(iou_ratios(pixels)[there].mean()) if there.any() else float("nan")


@dataclass(frozen=True)
class DepthErrors:
    """Errors of depth, relative to the truth, added up; may be summed over images."""

    sum_ratio: float = 0.0
    num_pixels: int = 0
    num_missing: int = 0
    """Pixels whose depth was not told; they are not in `num_pixels`."""

    @property
    def absrel(self) -> float:
        """Mean."""
        return self.sum_ratio / self.num_pixels if self.num_pixels else float("nan")

    @property
    def missing_ratio(self) -> float:
        """Share of the pixels whose depth was not told."""
        total = self.num_pixels + self.num_missing
        return self.num_missing / total if total else float("nan")

    def __add__(self, other: DepthErrors) -> DepthErrors:
        return DepthErrors(
            self.sum_ratio + other.sum_ratio, self.num_pixels + other.num_pixels, self.num_missing + other.num_missing
        )


def depth_errors(found_m: Float32, true_m: Float32, counts: Bool) -> DepthErrors:
    """Errors of ranges (or of depths of one convention, of which ratios are the same) where the truth `counts`."""
    counts = counts & (true_m > 0.0)
    told = counts & np.isfinite(found_m)
    ratio = np.abs(found_m[told].astype(np.float64) / true_m[told] - 1.0)
    return DepthErrors(float(ratio.sum()), int(told.sum()), int(counts.sum() - told.sum()))


@dataclass(frozen=True)
class Matches:
    """How many of two sets go together, one to one; may be summed over scans."""

    matched: int = 0
    found: int = 0
    true: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found."""
        return self.matched / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Share of what is true."""
        return self.matched / self.true if self.true else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2.0 * self.matched / (self.found + self.true) if self.found + self.true else float("nan")

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.matched + other.matched, self.found + other.found, self.true + other.true)


def boundaries(scan: SemanticScan, visible: Bool | None = None) -> Int64:
    """Rays after which another building, or none, begins, both rays being observed.

    As in the features that networks learn from: what hides behind a tree is no boundary.

    Args:
        scan: One scan (B,).
        visible: (B,), rays that count; without it, all that were observed.
    """
    seen = scan.observed if visible is None else scan.observed & visible
    differs = scan.instance != np.roll(scan.instance, -1)
    return np.flatnonzero(differs & seen & np.roll(seen, -1))


def between_buildings(scan: SemanticScan) -> Int64:
    """Those of `boundaries` with a building on either side: gaps hang on depth as well, these on instances alone."""
    rays = boundaries(scan)
    return rays[(scan.instance[rays] >= 0) & (np.roll(scan.instance, -1)[rays] >= 0)]


def match_boundaries(found: Int64, true: Int64, num_rays: int) -> Matches:
    """As many pairs as can be, at most TOLERANCE_RAYS (of 360) apart on the circle, each boundary in one of them."""
    if not len(found) or not len(true):
        return Matches(0, len(found), len(true))
    apart = np.abs((found[:, None] - true[None, :] + num_rays // 2) % num_rays - num_rays // 2)
    near = csr_array(apart <= TOLERANCE_RAYS * num_rays / 360.0)
    return Matches(int((maximum_bipartite_matching(near) >= 0).sum()), len(found), len(true))


def class_names() -> tuple[str, ...]:
    """Of the rows of a confusion."""
    return tuple(SemanticClass(number).name.lower() for number in range(NUM_CLASSES))
