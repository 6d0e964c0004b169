"""A search as a part of an artifact: what it is among the metadata, its index of faiss in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import faiss

from geoloc_ros.core.artifacts import Artifact, ArtifactWriter
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.types import Float16
from geoloc_ros.vpr.search.approximate import ApproximateSearch, Depth
from geoloc_ros.vpr.search.exact import ExactSearch
from geoloc_ros.vpr.search.gpu import exact_on_gpu
from geoloc_ros.vpr.search.index_kind import Index, padded_dimension
from geoloc_ros.vpr.search.kinds import INDEX_KINDS
from geoloc_ros.vpr.search.memory import fits_in_memory

SEARCH_FILE = "search.faiss"


def search_metadata(search: DescriptorSearch) -> dict[str, Any]:
    """What `read_search` wants back, as values of JSON."""
    if isinstance(search, ApproximateSearch):
        return {"kind": search.kind.name, "effort": search.depth.effort, "candidates": search.depth.candidates}
    return {"kind": "exact"}


def add_search(writer: ArtifactWriter, search: DescriptorSearch) -> None:
    """Write the index of a search that has one; descriptors are the artifact's own."""
    if isinstance(search, ApproximateSearch):
        faiss.write_index(search.index, str(writer.file(SEARCH_FILE)))


def read_search(artifact: Artifact, descriptors: Float16, metadata: Mapping[str, Any]) -> DescriptorSearch:
    """The search of an artifact, among its descriptors (V, D), which are not copied.

    An index larger than half of the free memory stays in its file. An exact search uses a GPU where faiss can.

    Raises:
        ArtifactError: If the index is missing, damaged, or of other descriptors.
    """
    name = metadata.get("kind")
    if name == "exact":
        return (exact_on_gpu(descriptors) if len(descriptors) else None) or ExactSearch(descriptors)
    if name not in INDEX_KINDS:
        raise ArtifactError(f"search of '{artifact.path}' is of kind {name!r}, which is not known; build it again")
    index = _read_index(artifact)
    expected = (len(descriptors), padded_dimension(descriptors.shape[1]))
    if (index.ntotal, index.d) != expected:
        raise ArtifactError(
            f"search of '{artifact.path}' holds {index.ntotal} descriptors of {index.d}-d, its photos want "
            f"{expected[0]} of {expected[1]}; build it again"
        )
    depth = Depth(int(metadata["effort"]), int(metadata["candidates"]))
    return ApproximateSearch(INDEX_KINDS[name], index, depth, descriptors)


def _read_index(artifact: Artifact) -> Index:
    file = artifact.path / SEARCH_FILE
    try:
        flags = 0 if fits_in_memory(file.stat().st_size) else faiss.IO_FLAG_MMAP_IFC
        return faiss.read_index(str(file), flags)
    except (OSError, RuntimeError) as error:
        raise ArtifactError(f"'{file}' cannot be read as a search index; build it again") from error
