"""Maps of labels and directions as a perfect network with some noise would make them, and voting in plain numpy."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.landmark_config import VotingConfig
from geoloc_ros.core.types import Float32, Float64, Int32

WIDTH_PX, HEIGHT_PX, LANDMARKS = 640, 480, 100
_WRONG, _SIGMA_RAD = 0.1, 0.03
"""Share of votes that point anywhere, and noise of the others."""


def made_up_maps(rng: np.random.Generator) -> tuple[Int32, Float32, Float64]:
    """Labels (H, W), directions (H, W, 2) and where the landmarks are (100, 2): one in each of 10 x 10 blocks.

    Every pixel votes, which is the most there can be.
    """
    tall, wide = HEIGHT_PX // 10, WIDTH_PX // 10
    rows, columns = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    block = rows // tall * 10 + columns // wide
    corner = np.stack([np.arange(LANDMARKS) % 10 * wide, np.arange(LANDMARKS) // 10 * tall], axis=-1)
    landmark_px = corner + rng.uniform(0.2, 0.8, (LANDMARKS, 2)) * [wide, tall]
    towards = landmark_px[block] - np.stack([columns, rows], axis=-1) - 0.5
    angle = np.arctan2(towards[..., 1], towards[..., 0]) + rng.normal(0.0, _SIGMA_RAD, block.shape)
    wrong = rng.random(block.shape) < _WRONG
    angle[wrong] = rng.uniform(-np.pi, np.pi, int(wrong.sum()))
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
    return (block + 1).astype(np.int32), direction, landmark_px


def vote_plainly(label: Int32, direction: Float32, config: VotingConfig, rng: np.random.Generator) -> Float64:
    """Landmarks (100, 2), in pixels, by the published steps: one landmark after the other, each in whole arrays."""
    found = np.full((LANDMARKS, 2), np.nan)
    rows, columns = np.mgrid[: label.shape[0], : label.shape[1]]
    for number in range(LANDMARKS):
        mine = label == number + 1
        at = np.stack([columns[mine], rows[mine]], axis=-1) + 0.5
        votes = direction[mine].astype(np.float64)
        if len(at) >= config.least_pixels:
            found[number] = _refined(_best_crossing(at, votes, config, rng), at, votes, config)
    return found


def _best_crossing(at: Float64, votes: Float64, config: VotingConfig, rng: np.random.Generator) -> Float64:
    pair = rng.integers(0, len(at), (config.hypotheses, 2))
    one, other = votes[pair[:, 0]], votes[pair[:, 1]]
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    usable = np.abs(cross) > 1e-3
    between = (at[pair[:, 1]] - at[pair[:, 0]])[usable]
    along = (between[:, 0] * other[usable, 1] - between[:, 1] * other[usable, 0]) / cross[usable]
    crossing = at[pair[usable, 0]] + along[:, None] * one[usable]
    away = crossing[:, None] - at[None]
    length = np.linalg.norm(away, axis=-1)
    agreeing = (away * votes).sum(axis=-1) >= config.inlier_cos * length
    return np.asarray(crossing[agreeing.sum(axis=1).argmax()])


def _refined(landmark: Float64, at: Float64, votes: Float64, config: VotingConfig) -> Float64:
    """Least squares of the lines that pass within the circle, in turns."""
    across = np.stack([-votes[:, 1], votes[:, 0]], axis=-1)
    offset = (across * at).sum(axis=-1)
    for _ in range(config.max_iterations):
        near = np.abs(across @ landmark - offset) <= config.circle_px
        moved = np.linalg.lstsq(across[near], offset[near], rcond=None)[0]
        if np.linalg.norm(moved - landmark) < 0.01:
            return moved
        landmark = moved
    return landmark
