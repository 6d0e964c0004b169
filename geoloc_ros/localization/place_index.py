"""The searchable index of a city: a descriptor per viewpoint, with the map and the places they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.products import inner_products, inner_products_at
from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.maps.artifact import add_map, add_places, map_metadata, read_map, read_places
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph

KIND = "index"
VERSION = 2
_DESCRIPTOR = "descriptor"


class PlaceIndex:
    """Exact search among the viewpoints of one city. Row i is viewpoint i of `places`.

    Queries and descriptors are those of `core.interfaces.Encoder`: their inner product is a dissimilarity. Descriptors
    are kept in half precision, half the memory and a seventh of the time of a search (see `inner_products`).
    """

    def __init__(
        self, descriptors: Float16, encoder_id: str, places: PlaceGraph, geomap: GeoMap, index_id: str,
        config: Mapping[str, Any],
    ) -> None:
        self.descriptors = descriptors
        """(V, D)."""
        self.encoder_id = encoder_id
        self.places = places
        self.geomap = geomap
        self.index_id = index_id
        """Hash of the artifact; "unsaved" for an index that was only built."""
        self.config = config
        """The effective config it was built with, as nested dictionaries."""

    def __len__(self) -> int:
        """Viewpoints."""
        return len(self.descriptors)

    @property
    def dimension(self) -> int:
        """D of a descriptor."""
        return int(self.descriptors.shape[1])

    @property
    def tells_log_ratios(self) -> bool:
        """Whether dissimilarities are minus log-likelihood ratios, as our network's; else only their order counts."""
        return bool(self.config.get("descriptor", {}).get("method") == "learned")

    @property
    def descriptor_settings(self) -> str:
        """For messages: the method and weights that it was built with, as somebody would set them."""
        section = self.config.get("descriptor", {})
        return ", ".join(f"descriptor.{name}={section[name]!r}" for name in ("method", "model") if name in section)

    @staticmethod
    def build(
        chunks: Iterable[Float32], encoder: Encoder, places: PlaceGraph, geomap: GeoMap, config: Mapping[str, Any]
    ) -> PlaceIndex:
        """Index of descriptors that arrive in chunks (n, D), in the order of the viewpoints.

        Raises:
            IndexMismatchError: If a chunk is not of the encoder's dimension, there are more or fewer descriptors than
                viewpoints, or a number is no half.
        """
        descriptors = np.empty((len(places.viewpoint_place), encoder.dimension), np.float16)
        count = 0
        for chunk in chunks:
            if chunk.ndim != 2 or chunk.shape[1] != encoder.dimension:
                raise IndexMismatchError(f"descriptors of shape {chunk.shape} for an encoder of {encoder.dimension}-d")
            rows = descriptors[count : count + len(chunk)]
            rows[:] = _halves(chunk[: len(rows)], encoder)
            count += len(chunk)
        if count != len(descriptors):
            raise IndexMismatchError(f"{count} descriptors for {len(descriptors)} viewpoints")
        return PlaceIndex(descriptors, encoder.encoder_id, places, geomap, "unsaved", config)

    def save(self, path: Path) -> None:
        """Write the artifact folder `path`, replacing an older index there."""
        metadata = {
            "encoder_id": self.encoder_id, "dimension": self.dimension, "viewpoints": len(self),
            "config": dict(self.config), **map_metadata(self.geomap),
        }
        with write_artifact(path, KIND, VERSION, metadata) as writer:
            add_map(writer, self.geomap)
            add_places(writer, self.places)
            writer.add_array(_DESCRIPTOR, self.descriptors)

    @staticmethod
    def load(path: Path) -> PlaceIndex:
        """Read an artifact folder.

        Raises:
            ArtifactError: If it is missing, damaged, or of another version.
        """
        artifact = read_artifact(path, KIND, VERSION)
        places = read_places(artifact)
        # In memory of its own: a page that the system has dropped would cost a frame a read from disk.
        descriptors = np.array(artifact.array(_DESCRIPTOR))
        shape = (len(places.viewpoint_place), int(artifact.metadata["dimension"]))
        if descriptors.dtype != np.float16 or descriptors.shape != shape:
            raise ArtifactError(
                f"descriptors of '{path}' are {descriptors.dtype} {descriptors.shape}, its places want float16 "
                f"{shape}; build it again"
            )
        encoder_id, config = str(artifact.metadata["encoder_id"]), dict(artifact.metadata["config"])
        return PlaceIndex(descriptors, encoder_id, places, read_map(artifact), artifact.artifact_id, config)

    def check_encoder(self, encoder: Encoder) -> None:
        """Refuse an encoder whose descriptors cannot be compared with those of the index.

        Raises:
            IndexMismatchError: If its id or dimension differs.
        """
        if encoder.encoder_id != self.encoder_id or encoder.dimension != self.dimension:
            raise IndexMismatchError(
                f"the index was made by encoder '{self.encoder_id}' ({self.dimension}-d), this config makes "
                f"'{encoder.encoder_id}' ({encoder.dimension}-d, {encoder}); set descriptor.* (and scan.*) as it was "
                f"made, {self.descriptor_settings}, or build it again with `geoloc index`"
            )

    def dissimilarities(self, query: Float32, out: Float32 | None = None) -> Float32:
        """Dissimilarity (V,) of a query (D,) to every viewpoint, in one pass over the index; written to `out` (V,)."""
        self.check_query(query)
        return inner_products(self.descriptors, query, out)

    def dissimilarities_at(self, query: Float32, viewpoints: Int64) -> Float32:
        """Dissimilarity (n,) of a query (D,) to some viewpoints (n,): what surroundings cost, not the city."""
        self.check_query(query)
        return inner_products_at(self.descriptors, viewpoints, query)

    def check_query(self, query: Float32) -> None:
        """Raise IndexMismatchError if a query is not of shape (D,)."""
        if query.shape != (self.dimension,):
            raise IndexMismatchError(
                f"query has shape {query.shape}, the index holds {self.dimension}-d ones; "
                f"it was made by encoder '{self.encoder_id}'"
            )


def _halves(chunk: Float32, encoder: Encoder) -> Float16:
    with np.errstate(over="ignore"):
        halves = chunk.astype(np.float16)
    if not np.isfinite(halves).all():
        raise IndexMismatchError(
            f"encoder '{encoder.encoder_id}' makes numbers up to {np.abs(chunk).max():.3g}, an index holds finite ones "
            f"up to {np.finfo(np.float16).max:.0f}; scale descriptors down and queries up"
        )
    return halves
