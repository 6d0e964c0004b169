"""Which building a pixel belongs to: from detections to the pixels that a segmentation calls building."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Int32, Int64, UInt8, UInt16

# Two detections are one building where at least so much of the shorter one's edge at the seam touches the other.
_TOUCHING_RATIO = 0.5


def spread_over_columns(labels: UInt8, instances: UInt16) -> UInt16:
    """Instances (H, W) of all building pixels of a column: the one that most of them belong to; 0 elsewhere.

    The source's rule (S1): detections are transferred onto the building class by the most common instance per column.

    Args:
        labels: (H, W) of core.classes.
        instances: (H, W), 0 where unknown.
    """
    is_building = labels == SemanticClass.BUILDING
    rows, columns = np.nonzero(is_building & (instances > 0))
    count = int(instances.max(initial=0)) + 1
    votes = np.bincount(columns * count + instances[rows, columns], minlength=labels.shape[1] * count)
    winner = votes.reshape(labels.shape[1], count).argmax(axis=1).astype(np.uint16)
    return np.where(is_building, winner[None, :], np.uint16(0))


def number_apart(parts: list[UInt16]) -> list[UInt16]:
    """The same instances with numbers that no other part uses."""
    counts = [int(part.max(initial=0)) for part in parts]
    firsts = np.cumsum([0, *counts])
    return [np.where(part > 0, part + np.uint16(first), 0).astype(np.uint16)
            for part, first in zip(parts, firsts, strict=False)]  # fmt: skip


def merge_at_seams(instances: UInt16, owner: Int32, wraps: bool) -> UInt16:
    """Instances (H, W) where those of two parts that touch along their seam are one.

    Args:
        instances: Put together of parts, without numbers in common.
        owner: (H, W) part that each pixel is of.
        wraps: Does the last column touch the first?
    """
    next_instance, next_owner = np.roll(instances, -1, axis=1), np.roll(owner, -1, axis=1)
    at_seam = owner != next_owner
    if not wraps:
        at_seam[:, -1] = False
    left, right = instances[at_seam].astype(np.int64), next_instance[at_seam].astype(np.int64)
    renamed = np.arange(int(instances.max(initial=0)) + 1)
    for first, second in _touching(left, right):
        low, high = sorted((int(renamed[first]), int(renamed[second])))
        renamed[renamed == high] = low
    return renamed.astype(np.uint16)[instances]


def _touching(left: Int64, right: Int64) -> list[tuple[int, int]]:
    """Pairs of instances that face each other along most of the seam that the shorter of them has."""
    both = (left > 0) & (right > 0)
    pairs, counts = np.unique(np.stack([left[both], right[both]], axis=1), axis=0, return_counts=True)
    lengths_left, lengths_right = np.bincount(left), np.bincount(right)
    return [
        (int(a), int(b)) for (a, b), count in zip(pairs, counts, strict=True)
        if count >= _TOUCHING_RATIO * min(lengths_left[a], lengths_right[b])
    ]
