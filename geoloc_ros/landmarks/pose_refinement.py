"""The most probable pose by all points that agree with it, each as far as it is known, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float64, Pose3

_ITERATIONS = 20
_SETTLED = 1e-3
_MOST_DAMPING = 1e6
# Of exact points, so that there is something to divide by.
_LEAST_VARIANCE = 1e-12
# Residuals are taken to be t distributed: of points within a few pixels some are still wrong.
_FREEDOM = 5.0
# Mean of weight^2 * square per number of residuals that are normal and as large as their covariance says.
_GAUSSIAN_PULL = 0.764
_LEAST_DEPTH_M = 1e-3
# Eigenvalues of the scaled normal matrix below this part of the largest are directions that nobody knows.
_LEAST_CONDITION = 1e-12


@dataclass(frozen=True)
class RefinedPose:
    """A pose and how well it is known."""

    scene_from_camera: Pose3
    covariance: Float64
    """(6, 6), of the camera's x, y, z (m) and rotations about these axes (rad), frame of the scene."""


def refine_pose(
    start: Pose3, points_m: Float64, pixel: Float64, camera: Camera, covariance_px2: Float64, known: float
) -> RefinedPose | None:
    """The pose with the least robust weighted squares of errors (Levenberg and Marquardt); None where it is not fixed.

    Args:
        start: `scene_from_camera`, near the solution and with all points before the camera.
        points_m: (K, 3).
        pixel: (K, 2).
        camera: An ideal pinhole.
        covariance_px2: (K, 2, 2), of `pixel`.
        known: As many residuals as `covariance_px2` is worth against those seen here, when the spread is estimated that
            scales the covariance; 0 where only the relation of the covariances is right.
    """
    whitening = np.linalg.inv(np.linalg.cholesky(covariance_px2))
    pose, damping = start, 1e-4
    residual, jacobian = _linearised(pose, points_m, pixel, camera, whitening)
    variance = _variance(residual, 1.0, known)
    for _ in range(_ITERATIONS):
        cost = _cost(residual, variance)
        step = _step(residual, jacobian, variance, damping)
        tried = moved(pose, step)
        new_residual, new_jacobian = _linearised(tried, points_m, pixel, camera, whitening)
        new_cost = _cost(new_residual, variance)
        if new_cost > cost:
            if (damping := damping * 10.0) > _MOST_DAMPING:
                break
            continue
        pose, residual, jacobian, damping = tried, new_residual, new_jacobian, max(damping / 10.0, 1e-12)
        before, variance = variance, _variance(residual, variance, known)
        if cost - new_cost <= _SETTLED * cost and abs(variance - before) <= _SETTLED * variance:
            break
    covariance = _covariance(residual, jacobian, variance, known)
    return None if covariance is None else RefinedPose(pose, covariance)


def moved(pose: Pose3, step: Float64) -> Pose3:
    """A pose, shifted by `step[:3]` metres and turned in its place by `step[3:]` radians about the target's axes."""
    turn = np.asarray(cv2.Rodrigues(step[3:])[0], np.float64)
    return Pose3(turn @ pose.rotation, pose.translation_m + step[:3])


def _linearised(
    pose: Pose3, points_m: Float64, pixel: Float64, camera: Camera, whitening: Float64
) -> tuple[Float64, Float64]:
    """Whitened errors (K, 2) and their derivative (K, 2, 6) by what `moved` takes."""
    from_centre = points_m - pose.translation_m
    x, y, z = (from_centre @ pose.rotation).T
    z = np.maximum(z, _LEAST_DEPTH_M)
    error = np.stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy], axis=1) - pixel
    zero = np.zeros_like(z)
    by_point = np.stack([
        np.stack([camera.fx / z, zero, -camera.fx * x / z**2], axis=1),
        np.stack([zero, camera.fy / z, -camera.fy * y / z**2], axis=1),
    ], axis=1)  # fmt: skip
    by_shift = -(by_point @ pose.rotation.T)
    # A turn about the camera moves a point as a shift by the cross product would.
    by_turn = np.cross(from_centre[:, None, :], by_shift)
    jacobian = np.concatenate([by_shift, by_turn], axis=2)
    return np.einsum("kab,kb->ka", whitening, error), whitening @ jacobian


def _step(residual: Float64, jacobian: Float64, variance: float, damping: float) -> Float64:
    """What `moved` is to be given (6,)."""
    rows = jacobian.reshape(-1, 6)
    weighted = rows * np.repeat(_weights(residual, variance), 2)[:, None]
    normal, gradient = weighted.T @ rows, weighted.T @ residual.ravel()
    scale = np.sqrt(np.maximum(np.diagonal(normal), 1e-30))
    return np.asarray(-np.linalg.solve(normal / np.outer(scale, scale) + damping * np.eye(6), gradient / scale) / scale)


def _weights(residual: Float64, variance: float) -> Float64:
    return np.asarray((_FREEDOM + 2.0) / (_FREEDOM + np.sum(residual**2, axis=1) / variance))


def _cost(residual: Float64, variance: float) -> float:
    return float(np.sum(np.log1p(np.sum(residual**2, axis=1) / (variance * _FREEDOM))))


def _variance(residual: Float64, variance: float, known: float) -> float:
    """The next, by expectation and maximisation, of how many times larger squares are than their covariance says."""
    squares = float(np.sum(_weights(residual, variance) * np.sum(residual**2, axis=1)))
    return max((known + squares) / (known + residual.size), _LEAST_VARIANCE)


def _covariance(residual: Float64, jacobian: Float64, variance: float, known: float) -> Float64 | None:
    """Of an M-estimate (Huber): spread of what pulls at the pose over how much it yields."""
    square = np.sum(residual**2, axis=1)
    weight = _weights(residual, variance)
    pull, freedom = float(np.sum(weight**2 * square)), residual.size - 6
    if freedom + known <= 0.0 or not np.isfinite(jacobian).all():
        return None
    yields = float(np.mean(weight * _FREEDOM / (_FREEDOM + square / variance)))
    spread = (_GAUSSIAN_PULL * known + pull) / (known + max(freedom, 0)) / yields**2
    rows = jacobian.reshape(-1, 6)
    normal = rows.T @ rows
    scale = np.sqrt(np.diagonal(normal))
    if not np.all(scale > 0.0):
        return None
    scaled = normal / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < _LEAST_CONDITION:
        return None
    return np.asarray(spread * np.linalg.inv(scaled) / np.outer(scale, scale))
