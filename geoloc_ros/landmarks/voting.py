"""Where landmarks are in an image: the points that the directions of their cells meet in (VS-Net, §3.2)."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.landmark_config import VotingConfig
from geoloc_ros.core.landmarks import VotedLandmarks
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Int32


def vote(
    label: Int32, direction: Float32, stride: int, config: VotingConfig, rng: np.random.Generator
) -> VotedLandmarks:
    """The landmarks that the cells of an image agree on, least number first.

    Per landmark, the crossing of two of its votes that most votes agree with; then, in turns, how much each vote
    counts (residuals are taken to be t distributed) and the point that is nearest to all lines. A vote agrees if its
    angle does or if it passes the landmark by an eighth of a cell, as angles beside the landmark say nothing.

    Args:
        label: (h, w), which landmark a cell shows; 0 is none.
        direction: (h, w, 2) of any strides, from the centre of the cell to the landmark, right and down; of any
            length, those without a length are not counted.
        stride: Pixels of the network's input from cell to cell.
        config: How.
        rng: For the pairs that are tried. A landmark's place depends on one number of it and on its own votes alone.

    Returns:
        In pixels of the network's input. The covariance takes votes to be independent of each other.
    """
    assert label.shape == direction.shape[:2] and direction.shape[2] == 2
    label = np.ascontiguousarray(label, np.int32)
    direction = np.asarray(direction, np.float32)
    num_labels = int(label.max(initial=0)) + 1
    least_votes = max(2, -(-config.least_pixels // stride**2))
    most = min(num_labels, label.size // least_votes) + 1
    landmark, votes = np.empty(most, np.int32), np.empty(most, np.int32)
    pixel, covariance = np.empty((most, 2)), np.empty((most, 2, 2))
    steps = [step // direction.itemsize for step in direction.strides]
    count = _native().geoloc_vote(
        label.ctypes.data, *label.shape, direction.ctypes.data, *steps, float(stride), num_labels, least_votes,
        config.hypotheses, config.inlier_cos, config.circle_px, config.max_iterations, config.least_inliers,
        int(rng.integers(1 << 63)), landmark.ctypes.data, pixel.ctypes.data, votes.ctypes.data, covariance.ctypes.data,
    )  # fmt: skip
    return VotedLandmarks(landmark[:count], pixel[:count], votes[:count], covariance[:count])


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    number, wide, real, pointer = ctypes.c_int32, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p
    library.geoloc_vote.argtypes = [
        pointer, number, number, pointer, wide, wide, wide, real, number, number, number, real, real, number, number,
        ctypes.c_uint64, pointer, pointer, pointer, pointer,
    ]  # fmt: skip
    library.geoloc_vote.restype = number
    return library
