"""What a kind of index must tell to be built, tuned and searched."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from geoloc_ros.core.photo_config import SearchKind
from geoloc_ros.core.types import Float16, Float32

Index = Any
"""A `faiss.Index`; faiss tells no types."""


class IndexKind(Protocol):
    """One way to find candidates among descriptors without looking at all of them, or at all of each."""

    @property
    def name(self) -> SearchKind:
        """As in `search.kind`."""

    @property
    def effort_name(self) -> str:
        """What an effort is called by those who know the method; "" where there is none to choose."""

    @property
    def num_threads(self) -> int:
        """That may build it and leave the result the same; 0 is as many as there are."""

    @property
    def most_candidates(self) -> int:
        """More of them find nothing that fewer would not; at least 10."""

    def fewest(self) -> int:
        """V from which on it can be trained."""

    def make(self, count: int, dimension: int) -> Index:
        """An empty index for `count` vectors of `dimension`, a multiple of PADDING."""

    def num_training_rows(self, count: int) -> int:
        """Of `count`, that its training needs."""

    def efforts(self, count: int) -> tuple[int, ...]:
        """From the least to one with which it looks at nearly all of `count`; (0,) where there is none to choose."""

    def parameters(self, effort: int) -> Any:
        """`faiss.SearchParameters` of an effort, or None."""


PADDING = 16
"""Descriptors are filled up with zeros to a multiple of this, so that they can be cut into equal parts."""


def padded_dimension(dimension: int) -> int:
    """The next multiple of PADDING."""
    return -(-dimension // PADDING) * PADDING


def padded(vectors: Float16 | Float32) -> Float32:
    """Vectors (n, D) in single precision, (n, `padded_dimension(D)`); inner products stay what they are."""
    wide = np.zeros((len(vectors), padded_dimension(vectors.shape[1])), np.float32)
    wide[:, : vectors.shape[1]] = vectors
    return wide
