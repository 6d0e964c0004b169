"""SeqSLAM's matching of sequences, as published (Milford and Wyeth, ICRA 2012): the peer of our own ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW = 10
"""R_window, templates of the local contrast enhancement."""
LENGTH = 10
"""d_s: a line runs over as many steps, so over one frame more, with the query in its middle."""
VELOCITIES = (0.8, 0.9, 1.0, 1.1, 1.2)


def enhance_contrast(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences (R, Q) of all templates to each query, each in standard deviations of the `WINDOW` around it
    (equation 3 of the paper).
    """
    enhanced = np.empty(difference.shape)
    for row in range(len(difference)):
        near = difference[max(0, row - WINDOW // 2) : row + WINDOW // 2]
        enhanced[row] = (difference[row] - near.mean(axis=0)) / np.maximum(near.std(axis=0, ddof=1), 1e-9)
    return np.asarray(enhanced - enhanced.min())


def match_sequences(difference: NDArray[np.float64]) -> NDArray[np.int64]:
    """Template (Q,) of each query: middle of the straight line with the least sum (section III-C); -1 without answer,
    which is where a line would leave the queries.

    Args:
        difference: (R, Q), of each template and query, raw.
    """
    enhanced = enhance_contrast(difference)
    templates, queries = enhanced.shape
    beyond = np.vstack([enhanced, np.full((1, queries), np.inf)])
    step, start = np.arange(LENGTH + 1), np.arange(templates)[:, None]
    lines = np.floor(np.outer(VELOCITIES, step)).astype(np.int64)
    found = np.full(queries, -1, np.int64)
    for query in range(LENGTH // 2, queries - LENGTH // 2):
        frame = query - LENGTH // 2 + step
        sums = np.stack([beyond[np.minimum(start + line, templates), frame].sum(axis=1) for line in lines])
        velocity, first = np.unravel_index(sums.argmin(), sums.shape)
        found[query] = first + lines[velocity, LENGTH // 2]
    return found
