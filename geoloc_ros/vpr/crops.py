"""Nearest crop: parts of a query are looked up beside the whole, as it may show a place from farther off or aside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.interfaces import DescriptorSearch, PhotoEncoder
from geoloc_ros.core.types import Float32, Int64, UInt8

_SHARE = 0.75


def views_of(image: UInt8) -> tuple[UInt8, ...]:
    """An image (H, W, 3) and five parts of its shape, three quarters as wide and high: the corners and the middle."""
    height, width = image.shape[:2]
    part_height, part_width = max(1, round(_SHARE * height)), max(1, round(_SHARE * width))
    down, right = height - part_height, width - part_width
    corners = ((0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2))
    return (image, *(image[top : top + part_height, left : left + part_width] for top, left in corners))


def search_views(
    search: DescriptorSearch, encoder: PhotoEncoder, images: Sequence[UInt8], count: int
) -> tuple[Float32, Int64]:
    """As `DescriptorSearch.search` of the images (Q): of each photo that is found, its nearest view counts.

    Costs six times the descriptors and six times the searches of the images alone.

    Raises:
        ObservationError: If an image is none.
    """
    similarity, row = np.empty((len(images), 0), np.float32), np.empty((len(images), 0), np.int64)
    for number, image in enumerate(images):
        nearest = nearest_views(*search.search(encoder.encode(views_of(image)), count))
        if not number:
            similarity, row = (np.empty((len(images), len(values)), values.dtype) for values in nearest)
        similarity[number], row[number] = nearest
    return similarity, row


def nearest_views(similarity: Float32, row: Int64) -> tuple[Float32, Int64]:
    """Of what each view (C, K) of one query found, the K rows with their largest similarity, largest first.

    Rows -1, which are none, come last.
    """
    order = np.lexsort((row.ravel(), np.where(row < 0, np.inf, -similarity).ravel()))
    rows = row.ravel()[order]
    first = np.sort(np.unique(rows, return_index=True)[1])
    # A view finds K rows, or all there are and -1: the -1 of the rest is one here.
    chosen = first[: row.shape[1]]
    best = np.full(row.shape[1], -np.inf, np.float32)
    which = np.full(row.shape[1], -1, np.int64)
    best[: len(chosen)], which[: len(chosen)] = similarity.ravel()[order][chosen], rows[chosen]
    return best, which
