"""Poses as files have them, made exact; what is no rotation is refused."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.geometry import rotation_from_quaternion
from geoloc_ros.core.types import Float64, Pose3

_TOLERANCE = 0.02
"""By how much a length may differ from 1: files round, and SLAM drifts; anything more is another kind of numbers."""


def pose_from_quaternion(wxyz: Float64, translation_m: Float64) -> Pose3:
    """The transform of a quaternion `[w, x, y, z]` of unit length.

    Raises:
        ValueError: If a number is not finite, or the length is not 1 (to 2 %); says which.
    """
    _check_finite(wxyz, translation_m)
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(wxyz))
    if abs(length - 1.0) > _TOLERANCE:
        raise ValueError(f"its quaternion has length {length:.3g} instead of 1")
    return Pose3(rotation_from_quaternion(np.roll(wxyz, -1)), np.asarray(translation_m, np.float64))


def pose_from_matrix(matrix: Float64) -> Pose3:
    """The transform of a matrix (4, 4), its rotation the nearest one that is exact.

    Raises:
        ValueError: If a number is not finite, or it is no rigid transform (to 2 %); says why.
    """
    if matrix.shape != (4, 4):
        raise ValueError(f"its pose has {matrix.size} numbers instead of 4 x 4")
    _check_finite(matrix[:3, :3], matrix[:, 3])
    rotation = matrix[:3, :3]
    with np.errstate(over="ignore", invalid="ignore"):
        off = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if not off <= 2.0 * _TOLERANCE or np.abs(matrix[3] - [0.0, 0.0, 0.0, 1.0]).max() > _TOLERANCE:
        raise ValueError(f"its pose is no rigid transform (axes off unit length or a right angle by {off:.2g})")
    determinant = float(np.linalg.det(rotation))
    if determinant < 0.0:
        raise ValueError(f"the rotation of its pose mirrors (determinant {determinant:.2g})")
    left, _, right = np.linalg.svd(rotation)
    return Pose3(np.asarray(left @ right), matrix[:3, 3].copy())


def _check_finite(rotation: Float64, translation_m: Float64) -> None:
    if not (np.isfinite(rotation).all() and np.isfinite(translation_m).all()):
        raise ValueError("its pose is not finite: tracking was lost there")
