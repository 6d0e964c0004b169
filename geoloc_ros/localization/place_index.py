"""The searchable index of a city: a descriptor per viewpoint, with the map and the places they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import Float32, Hypothesis, Pose2
from geoloc_ros.maps.artifact import add_map, add_places, map_metadata, read_map, read_places
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph

KIND = "index"
VERSION = 1
_FAISS_FILE = "index.faiss"

# Batches of at least this many queries go through BLAS: 3 to 5 times faster than faiss's own loop (SPEED.md).
faiss.cvar.distance_compute_blas_threshold = 20


class PlaceIndex:
    """Exact search among the viewpoints of one city. Row i is viewpoint i of `places`.

    Queries and descriptors are those of `core.interfaces.Encoder`: their inner product is a squared distance.
    """

    def __init__(
        self, flat: faiss.IndexFlatIP, encoder_id: str, places: PlaceGraph, geomap: GeoMap, index_id: str,
        config: Mapping[str, Any],
    ) -> None:
        self._flat = flat
        self.encoder_id = encoder_id
        self.places = places
        self.geomap = geomap
        self.index_id = index_id
        """Hash of the artifact; "unsaved" for an index that was only built."""
        self.config = config
        """The effective config it was built with, as nested dictionaries."""
        self._poses = places.poses()
        self._descriptors = _view(flat)

    def __len__(self) -> int:
        """Viewpoints."""
        return int(self._flat.ntotal)

    @property
    def dimension(self) -> int:
        """D of a descriptor."""
        return int(self._flat.d)

    @property
    def descriptors(self) -> Float32:
        """(V, D), a view that must not be written to."""
        return self._descriptors

    @staticmethod
    def build(
        chunks: Iterable[Float32], encoder: Encoder, places: PlaceGraph, geomap: GeoMap, config: Mapping[str, Any]
    ) -> PlaceIndex:
        """Index of descriptors that arrive in chunks (n, D), in the order of the viewpoints.

        Raises:
            IndexMismatchError: If a chunk is not of the encoder's dimension, or there are more or fewer descriptors
                than viewpoints.
        """
        flat = faiss.IndexFlatIP(encoder.dimension)
        for chunk in chunks:
            if chunk.ndim != 2 or chunk.shape[1] != encoder.dimension:
                raise IndexMismatchError(f"descriptors of shape {chunk.shape} for an encoder of {encoder.dimension}-d")
            flat.add(np.ascontiguousarray(chunk, np.float32))
        if flat.ntotal != len(places.viewpoint_place):
            raise IndexMismatchError(f"{flat.ntotal} descriptors for {len(places.viewpoint_place)} viewpoints")
        return PlaceIndex(flat, encoder.encoder_id, places, geomap, "unsaved", config)

    def save(self, path: Path) -> None:
        """Write the artifact folder `path`, replacing an older index there."""
        metadata = {
            "encoder_id": self.encoder_id, "dimension": self.dimension, "viewpoints": len(self),
            "config": dict(self.config), **map_metadata(self.geomap),
        }
        with write_artifact(path, KIND, VERSION, metadata) as writer:
            add_map(writer, self.geomap)
            add_places(writer, self.places)
            faiss.write_index(self._flat, str(writer.file(_FAISS_FILE)))

    @staticmethod
    def load(path: Path) -> PlaceIndex:
        """Read an artifact folder.

        Raises:
            ArtifactError: If it is missing, damaged, or of another version.
        """
        artifact = read_artifact(path, KIND, VERSION)
        try:
            flat = faiss.read_index(str(path / _FAISS_FILE))
        except RuntimeError as error:
            raise ArtifactError(f"'{path / _FAISS_FILE}' cannot be read ({error}); build the index again") from error
        places = read_places(artifact)
        encoder_id, config = str(artifact.metadata["encoder_id"]), dict(artifact.metadata["config"])
        if not isinstance(flat, faiss.IndexFlatIP) or flat.ntotal != len(places.viewpoint_place):
            raise ArtifactError(f"'{path / _FAISS_FILE}' does not belong to the places of '{path}'; build it again")
        return PlaceIndex(flat, encoder_id, places, read_map(artifact), artifact.artifact_id, config)

    def check_encoder(self, encoder: Encoder) -> None:
        """Refuse an encoder whose descriptors cannot be compared with those of the index.

        Raises:
            IndexMismatchError: If its id or dimension differs.
        """
        if encoder.encoder_id != self.encoder_id or encoder.dimension != self.dimension:
            raise IndexMismatchError(
                f"the index was made by encoder '{self.encoder_id}' ({self.dimension}-d), this config makes "
                f"'{encoder.encoder_id}' ({encoder.dimension}-d); use the config of the index or build it again"
            )

    def search(self, query: Float32, k: int) -> tuple[Hypothesis, ...]:
        """The k viewpoints most alike a query (D,), best first; their probability is 0."""
        self._check_query(query)
        products, rows = self._flat.search(-query[None].astype(np.float32), min(k, len(self)))
        distances = np.sqrt(np.maximum(-products[0], 0.0))
        return tuple(
            Hypothesis(int(row), Pose2(*map(float, self._poses[row])), float(distance), 0.0)
            for row, distance in zip(rows[0], distances, strict=True)
        )

    def distances(self, query: Float32) -> Float32:
        """Distance (V,) of a query (D,) to every viewpoint, in one pass over the index."""
        self._check_query(query)
        squared = self._descriptors @ query.astype(np.float32, copy=False)
        distances: Float32 = np.sqrt(np.maximum(squared, 0.0, out=squared), out=squared)
        return distances

    def _check_query(self, query: Float32) -> None:
        if query.shape != (self.dimension,):
            raise IndexMismatchError(
                f"query has shape {query.shape}, the index holds {self.dimension}-d ones; "
                f"it was made by encoder '{self.encoder_id}'"
            )


def _view(flat: faiss.IndexFlatIP) -> Float32:
    array: Float32 = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).reshape(flat.ntotal, flat.d)
    array.flags.writeable = False
    return array
