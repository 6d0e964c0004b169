"""Descriptors of made-up places, clustered as photos of streets are."""

import numpy as np

from geoloc_ros.core.types import Float16, Float32


def make_places(count: int, dimension: int, seed: int = 0) -> Float16:
    """Unit vectors (V, D) in groups of ten that are alike, in half precision."""
    rng = np.random.default_rng(seed)
    groups = rng.standard_normal((-(-count // 10), 1, dimension)) + 0.4 * rng.standard_normal((1, 10, dimension))
    vectors = groups.reshape(-1, dimension)[:count] + 0.4 * rng.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def seen_again(places: Float16, count: int, seed: int = 1) -> Float32:
    """Queries (Q, D) a little beside some of the places."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(places), count)
    queries = places[rows] + 0.3 / np.sqrt(places.shape[1]) * rng.standard_normal((count, places.shape[1]))
    return np.asarray(queries / np.linalg.norm(queries, axis=1, keepdims=True), np.float32)
