"""Exact search on a GPU, where faiss was built for one: it reads its memory many times as fast as a processor."""

from __future__ import annotations

import logging

import faiss
import numpy as np

from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.vpr.search.nearest import checked_queries

logger = logging.getLogger(__name__)

# In single precision on its way, 64 MB of 512-d descriptors.
_CHUNK = 1 << 15
# Of GpuIndex.
MOST_NEIGHBOURS = 2048


class GpuExactSearch:
    """Inner products with all descriptors, held by the GPU as halves; implements `core.interfaces.DescriptorSearch`."""

    name = "exact on the GPU"

    def __init__(self, descriptors: Float16) -> None:
        """Copy descriptors (V, D) to the first GPU.

        Raises:
            RuntimeError: Of faiss, if they do not fit.
        """
        settings = faiss.GpuIndexFlatConfig()
        settings.useFloat16 = True
        self._resources = faiss.StandardGpuResources()
        self._index = faiss.GpuIndexFlatIP(self._resources, descriptors.shape[1], settings)
        self._descriptors = descriptors
        for first in range(0, len(descriptors), _CHUNK):
            self._index.add(descriptors[first : first + _CHUNK].astype(np.float32))

    @property
    def num_bytes(self) -> int:
        """Of the GPU's memory."""
        return int(self._descriptors.nbytes)

    def __len__(self) -> int:
        """V."""
        return len(self._descriptors)

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        """As `ExactSearch.search`, of 2048 at most."""
        queries = checked_queries(queries, self._descriptors)
        similarity, row = self._index.search(queries, min(count, len(self), MOST_NEIGHBOURS))
        return similarity, row


def exact_on_gpu(descriptors: Float16) -> GpuExactSearch | None:
    """Exact search on the GPU, or None where there is none that faiss can use, or its memory is too small."""
    # Wheels for processors have no GPUs, some builds not even the function.
    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return None
    try:
        return GpuExactSearch(descriptors)
    except RuntimeError as error:
        logger.warning("descriptors of %.1f GB stay off the GPU: %s", descriptors.nbytes / 1e9, error)
        return None
