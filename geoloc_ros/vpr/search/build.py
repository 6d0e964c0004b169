"""Descriptors to a search among them, of the kind and recall that the configuration asks for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import faiss
import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.photo_config import SearchConfig
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float16
from geoloc_ros.vpr.search.exact import ExactSearch
from geoloc_ros.vpr.search.gpu import exact_on_gpu
from geoloc_ros.vpr.search.index_kind import Index, IndexKind, padded, padded_dimension
from geoloc_ros.vpr.search.kinds import INDEX_KINDS, suitable_kind
from geoloc_ros.vpr.search.tuning import make_trials, tune

logger = logging.getLogger(__name__)

STAGE = "search index"
_CHUNK = 1 << 14
# Share of the work, about, that is done when training, and when adding, is.
_TRAINED, _ADDED = 0.3, 0.9


def build_search(
    descriptors: Float16, config: SearchConfig, rng: np.random.Generator, progress: ProgressCallback = no_progress
) -> DescriptorSearch:
    """A search among descriptors (V, D) of unit length.

    Args:
        descriptors: C-contiguous, perhaps of a mapped file; the search goes on using them.
        config: What to make; an approximate search goes just as far as the recall needs that is asked.
        rng: Draws what an index is trained and tried on. The same one gives the same index.
        progress: Hears of the stage STAGE.

    Raises:
        ConfigError: If the kind asked for cannot be trained of so few descriptors, or does not reach the recall.
    """
    assert descriptors.ndim == 2 and descriptors.dtype == np.float16 and descriptors.flags.c_contiguous
    count, dimension = descriptors.shape
    asked = config.kind
    on_gpu = exact_on_gpu(descriptors) if asked in ("auto", "exact") and count else None
    if on_gpu is not None:
        return on_gpu
    chosen = suitable_kind(count, dimension, config.recall) if asked == "auto" else asked
    if chosen == "exact":
        return ExactSearch(descriptors)
    kind = INDEX_KINDS[chosen]
    if count < kind.fewest():
        raise ConfigError(
            f"search.kind={chosen} learns from {kind.fewest()} photos or more, here are {count}; set search.kind=auto "
            "or exact"
        )
    index = build_index(kind, descriptors, rng, progress)
    search, reached = tune(kind, index, descriptors, config.recall, make_trials(descriptors, rng))
    progress(STAGE, 1.0)
    logger.info("search %s: recall %.3f of the 10 nearest on trials, %.3f asked", search.name, reached, config.recall)
    if reached >= config.recall:
        return search
    if asked == "auto":
        logger.warning("search by %s reaches a recall of %.3f only; search is exact instead", chosen, reached)
        return ExactSearch(descriptors)
    raise ConfigError(
        f"search.kind={chosen} finds {reached:.3f} of the 10 nearest at most, search.recall is {config.recall:g}; "
        "ask for less, or set search.kind=auto or exact"
    )


def build_index(
    kind: IndexKind, descriptors: Float16, rng: np.random.Generator, progress: ProgressCallback = no_progress
) -> Index:
    """An index of faiss of all descriptors (V, D); memory for the sample that it is trained on, and for itself."""
    count, dimension = descriptors.shape
    index = kind.make(count, padded_dimension(dimension))
    drawn = rng.choice(count, min(count, kind.num_training_rows(count)), replace=False)
    with _settings_of_faiss(kind.num_threads):
        progress(STAGE, 0.0)
        index.train(padded(descriptors[np.sort(drawn)]))
        for first in range(0, count, _CHUNK):
            progress(STAGE, _TRAINED + (_ADDED - _TRAINED) * first / count)
            index.add(padded(descriptors[first : first + _CHUNK]))
    return index


@contextmanager
def _settings_of_faiss(num_threads: int) -> Iterator[None]:
    """Threads, and BLAS for batches of more than 20, which faiss 1.15 does not do by itself: five times as fast."""
    threads, threshold = faiss.omp_get_max_threads(), faiss.cvar.distance_compute_blas_threshold
    faiss.omp_set_num_threads(num_threads or threads)
    faiss.cvar.distance_compute_blas_threshold = 20
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
        faiss.cvar.distance_compute_blas_threshold = threshold
