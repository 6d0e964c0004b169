"""The most probable pose by all votes of an image, once it is known about where the camera is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.pose_refinement import RefinedPose, moved

_ITERATIONS = 8
# Metres and radians below which a step changes nothing.
_SETTLED = 1e-5
# Degrees of freedom of the t distribution of angles, and those beyond which a vote is not heard at all.
_FREEDOM = 3.0
_MOST_ANGLE_RAD = 0.5
# Nobody knows directions better than to a ten-thousandth of a radian, not even of exact votes.
_LEAST_SPREAD2 = 1e-8
_LEAST_DEPTH_M = 0.05
# Of a normal variable, the median of its square is this part of its variance.
_MEDIAN_SQUARE = 0.455
# As many landmarks more than numbers of a pose are to disagree before they say how well it is known.
_NUMBERS = 6
_LEAST_LANDMARKS = 10
_LEAST_CONDITION = 1e-12


@dataclass(frozen=True)
class _Votes:
    at_px: Float64
    """(V, 2), centres of the cells."""
    direction: Float64
    """(V, 2), unit length."""
    landmark: Int32
    """(V,), row of the landmark that the cell shows."""
    point_m: Float64
    """(V, 3), the landmark."""
    reach_px: float
    """Focal length times size of a patch: so far from its landmark a cell lies at the most, times depth."""
    near_px: float


def refine_by_votes(
    start: Pose3, label: Int32, direction: Float32, landmarks: Landmarks, camera: Camera, stride: int
) -> RefinedPose | None:
    """The pose whose projected landmarks lie on the lines of the cells that show them.

    Angles between a vote and where its landmark projects are t distributed, with the spread of this image; as in
    `voting`, those of cells within a cell's size of their landmark count no more than others. A vote counts if its
    landmark projects no further from the cell than a patch is wide: most wrong labels are then not heard.

    Neighbouring votes err alike, so the covariance is that of sums over landmarks (a sandwich clustered by landmark)
    rather than of votes.

    Args:
        start: `scene_from_camera`, a few pixels off.
        label: (h, w), landmark of each cell, 0 for none.
        direction: (h, w, 2), of any length but zero.
        landmarks: Of the scene.
        camera: An ideal pinhole, the network's input.
        stride: Pixels from cell to cell.

    Returns:
        None where too few landmarks are in their place, or the votes do not fix a pose.
    """
    votes = _votes(label, direction, landmarks, camera, stride, start)
    pose, spread2 = start, 0.0
    for _ in range(_ITERATIONS):
        angle, jacobian, heard = _linearised(pose, votes, camera)
        if np.count_nonzero(heard) < _NUMBERS:
            return None
        if spread2 == 0.0:
            spread2 = float(np.median(angle[heard] ** 2)) / _MEDIAN_SQUARE
        spread2 = max(spread2, _LEAST_SPREAD2)
        weight = _weights(angle, heard, spread2)
        spread2 = float(np.sum(weight * angle**2)) / np.count_nonzero(heard)
        step = _step(angle, jacobian, weight)
        pose = moved(pose, step)
        if np.abs(step).max() < _SETTLED:
            break
    covariance = _covariance(pose, votes, camera, max(spread2, _LEAST_SPREAD2))
    return None if covariance is None else RefinedPose(pose, covariance)


def _votes(
    label: Int32, direction: Float32, landmarks: Landmarks, camera: Camera, stride: int, start: Pose3
) -> _Votes:
    """Those of cells whose landmark is seen from the front."""
    seen = np.einsum("ki,ki->k", start.translation_m - landmarks.position_m, landmarks.normal) > 0.0
    row, column = np.nonzero(np.concatenate([[False], seen])[label])
    along = np.asarray(direction[row, column], np.float64)
    length = np.linalg.norm(along, axis=1)
    good = length > 0.0
    row, column, along = row[good], column[good], along[good] / length[good, None]
    landmark = label[row, column] - 1
    return _Votes(
        (np.stack([column, row], axis=1) + 0.5) * stride, along, landmark, landmarks.position_m[landmark],
        landmarks.patch_m * (camera.fx + camera.fy) / 2.0, float(stride),
    )  # fmt: skip


def _linearised(pose: Pose3, votes: _Votes, camera: Camera) -> tuple[Float64, Float64, Bool]:
    """Angles (V,), nearly, their derivatives (V, 6) by what `moved` takes, and which votes are heard (V,)."""
    from_centre = votes.point_m - pose.translation_m
    x, y, depth = (from_centre @ pose.rotation).T
    z = np.maximum(depth, _LEAST_DEPTH_M)
    to_x = camera.fx * x / z + camera.cx - votes.at_px[:, 0]
    to_y = camera.fy * y / z + camera.cy - votes.at_px[:, 1]
    across_x, across_y = -votes.direction[:, 1], votes.direction[:, 0]
    distance2 = to_x**2 + to_y**2
    scale = 1.0 / np.sqrt(votes.near_px**2 + distance2)
    angle = (to_x * across_x + to_y * across_y) * scale
    ahead = to_x * votes.direction[:, 0] + to_y * votes.direction[:, 1]
    heard = (depth > _LEAST_DEPTH_M) & (distance2 <= (votes.reach_px / z + votes.near_px) ** 2)
    heard &= (ahead > -votes.near_px) & (np.abs(angle) < _MOST_ANGLE_RAD)
    by_x, by_y = across_x * camera.fx * scale / z, across_y * camera.fy * scale / z
    by_shift = -np.stack([by_x, by_y, -(by_x * x + by_y * y) / z], axis=1) @ pose.rotation.T
    jacobian = np.concatenate([by_shift, np.cross(from_centre, by_shift)], axis=1)
    return angle, jacobian, np.asarray(heard)


def _weights(angle: Float64, heard: Bool, spread2: float) -> Float64:
    return np.asarray(np.where(heard, (_FREEDOM + 1.0) / (_FREEDOM + angle**2 / spread2), 0.0))


def _step(angle: Float64, jacobian: Float64, weight: Float64) -> Float64:
    weighted = jacobian * weight[:, None]
    normal = weighted.T @ jacobian
    scale = np.sqrt(np.maximum(np.diagonal(normal), 1e-30))
    # Next to nothing, against directions that no vote knows.
    damped = normal / np.outer(scale, scale) + 1e-9 * np.eye(_NUMBERS)
    return np.asarray(-np.linalg.solve(damped, (weighted.T @ angle) / scale) / scale)


def _covariance(pose: Pose3, votes: _Votes, camera: Camera, spread2: float) -> Float64 | None:
    """A sandwich: how much landmarks pull, each as one, and how much the pose yields."""
    angle, jacobian, heard = _linearised(pose, votes, camera)
    weight = _weights(angle, heard, spread2)
    pulls = jacobian * (weight * angle)[:, None]
    summed = np.stack([np.bincount(votes.landmark, pulls[:, column]) for column in range(_NUMBERS)], axis=1)
    count = len(np.unique(votes.landmark[heard]))
    if count < _LEAST_LANDMARKS:
        return None
    square = angle[heard] ** 2 / spread2
    yields = float(np.mean((_FREEDOM + 1.0) * (_FREEDOM - square) / (_FREEDOM + square) ** 2))
    rows = jacobian[heard]
    normal = rows.T @ rows
    scale = np.sqrt(np.diagonal(normal))
    if yields <= 0.0 or not np.all(scale > 0.0):
        return None
    scaled = normal / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < _LEAST_CONDITION:
        return None
    inverse = np.linalg.inv(scaled) / np.outer(scale, scale) / yields
    pull = summed.T @ summed * (count / (count - _NUMBERS)) + _LEAST_SPREAD2 * normal
    return np.asarray(inverse @ pull @ inverse)
