"""Sequences compared by the distances of their photos, whatever these are made from: lower is more alike."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32, Int64


def aligned_distances(distance: Float32, query_windows: Int64, database_windows: Int64) -> Float32:
    """Sequence to sequence, (W, U): mean distance of first with first photo, second with second, ...

    What concatenated descriptors (`pooling`, "cat") give, where only distances are at hand: with squared Euclidean
    distances of the photos it is theirs exactly.

    Args:
        distance: (Q, V), of each query photo to each photo of the index.
        query_windows: (W, L), rows of `distance`.
        database_windows: (U, L), columns of it.
    """
    total = np.zeros((len(query_windows), len(database_windows)), np.float32)
    for frame in range(query_windows.shape[1]):
        total += distance[np.ix_(query_windows[:, frame], database_windows[:, frame])]
    return total / np.float32(query_windows.shape[1])


def nearest_of_sequence(distance: Float32, query_windows: Int64) -> Float32:
    """Sequence to image, MIN, (W, V): the distance of a photo of the index is that of the query photo nearest to it
    (SLS, section 4.2.2).
    """
    least = distance[query_windows[:, 0]]
    for frame in range(1, query_windows.shape[1]):
        least = np.minimum(least, distance[query_windows[:, frame]])
    return least


def votes_of_sequence(distance: Float32, query_windows: Int64, num_nearest: int = 10) -> Float32:
    """Sequence to image, MODE, (W, V): minus the votes of a photo of the index, one of each query photo that has it
    among its nearest (SLS, section 4.2.2).

    The source does not say who wins at equal votes, and with few photos most are equal: the one that is nearer to any
    query photo does (MIN; never worth a whole vote).

    Args:
        distance: (Q, V).
        query_windows: (W, L), rows of `distance`.
        num_nearest: k, photos that each query photo votes for; all, where there are fewer.
    """
    count = min(num_nearest, distance.shape[1])
    chosen = np.argpartition(distance, count - 1, axis=1)[:, :count]
    vote = np.zeros(distance.shape, np.float32)
    np.put_along_axis(vote, chosen, 1.0, axis=1)
    votes = np.zeros((len(query_windows), distance.shape[1]), np.float32)
    for frame in range(query_windows.shape[1]):
        votes += vote[query_windows[:, frame]]
    least = nearest_of_sequence(distance, query_windows)
    low, high = least.min(axis=1, keepdims=True), least.max(axis=1, keepdims=True)
    return np.asarray(-votes + 0.5 * (least - low) / np.maximum(high - low, np.finfo(np.float32).tiny), np.float32)


def nearest_in_sequence(distance: Float32, database_windows: Int64) -> Float32:
    """Image to sequence, MIN, (Q, U): the distance of a sequence of the index is that of its photo nearest to the
    query (SLS, section 4.2.2).

    Windows that overlap share their nearest photo; the one that has it nearest to its middle comes first, by a
    difference that only matters between equal ones.

    Args:
        distance: (Q, V), not negative.
        database_windows: (U, L), columns of `distance`.
    """
    length = database_windows.shape[1]
    order = np.argsort(np.abs(np.arange(length) - (length - 1) // 2), kind="stable")
    least = distance[:, database_windows[:, order[0]]]
    for rank, frame in enumerate(order[1:], start=1):
        other = distance[:, database_windows[:, frame]]
        least = np.minimum(least, other * np.float32(1.0 + rank * 1e-6))
    return least
