"""How well two engines, or two precisions, agree on what a network says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Float32

LARGEST_ERROR = {"fp32": 1e-3, "fp16": 1e-2, "int8": 1e-1}
"""By the precision of a file: how far an engine may be from ONNX Runtime on the same file, by `relative_error`."""


def class_agreement(logits: Float32, expected: Float32) -> float:
    """Share of the pixels of (N, C, H, W) at which both call the same class the likeliest."""
    assert logits.shape == expected.shape, (logits.shape, expected.shape)
    return float(np.mean(np.argmax(logits, axis=1) == np.argmax(expected, axis=1)))


def relative_error(found: Float32, expected: Float32) -> float:
    """Length of the difference over the length of what was expected, of the worst of the items (N, ...).

    Infinite where numbers are missing, or where anything differs from nothing but zeros.
    """
    assert found.shape == expected.shape, (found.shape, expected.shape)
    if not np.isfinite(found).all() or not np.isfinite(expected).all():
        return float("inf")
    count = len(expected)
    difference = np.subtract(found, expected, dtype=np.float64).reshape(count, -1)
    error = np.linalg.norm(difference, axis=1)
    length = np.linalg.norm(expected.astype(np.float64).reshape(count, -1), axis=1)
    ratio = np.divide(error, length, out=np.where(error > 0.0, np.inf, 0.0), where=length > 0.0)
    return float(ratio.max(initial=0.0))


def range_error(log_range: Float32, expected: Float32) -> float:
    """Mean relative difference of ranges of which logarithms are given."""
    assert log_range.shape == expected.shape, (log_range.shape, expected.shape)
    return float(np.mean(np.abs(np.expm1(np.subtract(log_range, expected, dtype=np.float64)))))


def golden_batch(item_shape: Sequence[int], count: int) -> Float32:
    """Made-up items that engines are compared on, the same everywhere: as features are, and as bright as images."""
    rng = np.random.default_rng(0)
    scale = np.where(np.arange(count) % 2 == 0, 1.0, 255.0).reshape(count, *(1 for _ in item_shape))
    return (rng.random((count, *item_shape), dtype=np.float32) * scale).astype(np.float32)
