"""The searchable index of a photo collection: a descriptor and a place per photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.interfaces import DescriptorSearch, PhotoEncoder
from geoloc_ros.core.photo_config import SearchConfig
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float16, Float32, Float64
from geoloc_ros.vpr.confidence import Confidence
from geoloc_ros.vpr.photo_table import add_photos, read_photos
from geoloc_ros.vpr.search.build import build_search
from geoloc_ros.vpr.search.files import add_search, read_search, search_metadata
from geoloc_ros.vpr.search.memory import in_memory
from geoloc_ros.vpr.trials import NUM_DECOYS, spread_rows, try_index

PHOTO_INDEX_KIND = "photos"
PHOTO_INDEX_VERSION = 1
_DESCRIPTOR = "descriptor"


class PhotoIndex:
    """Row i is photo i. Descriptors are of unit length and kept in half precision."""

    def __init__(
        self, photos: PhotoSet, origin: GeoOrigin | None, descriptors: Float16, encoder_id: str,
        search: DescriptorSearch, confidence: Confidence, config: Mapping[str, Any], index_id: str,
    ) -> None:
        self.photos = photos
        """Positions in the frame of `origin`."""
        self.origin = origin
        """Where that touches the earth; None where nobody knows."""
        self.descriptors = descriptors
        """(V, D)."""
        self.encoder_id = encoder_id
        self.search = search
        self.confidence = confidence
        self.config = config
        """Sections `photo` and `search` that it was built with, as nested dictionaries."""
        self.index_id = index_id
        """Hash of the artifact; "unsaved" for an index that was only built."""
        self.decoys: Float32 = descriptors[spread_rows(len(descriptors), NUM_DECOYS)].astype(np.float32)
        """(n, D), of photos all over the index: what any photo looks like."""

    def __len__(self) -> int:
        """V photos."""
        return len(self.photos)

    @property
    def dimension(self) -> int:
        """D of a descriptor."""
        return int(self.descriptors.shape[1])

    @staticmethod
    def build(
        photos: PhotoSet, origin: GeoOrigin | None, descriptors: Float16, encoder_id: str, config: Mapping[str, Any],
        search_config: SearchConfig, rng: np.random.Generator, progress: ProgressCallback = no_progress,
    ) -> PhotoIndex:
        """Index of photos whose descriptors (V, D) are there, with what makes them quick to search.

        Args:
            photos: Their positions in the frame of `origin`.
            origin: Of that frame.
            descriptors: C-contiguous; shared, not copied.
            encoder_id: Of who made them.
            config: As the index will tell it.
            search_config: What makes searches quick.
            rng: Draws what learns approximate searches.
            progress: Told how that goes.

        Raises:
            IndexMismatchError: If there are more or fewer descriptors than photos.
            ConfigError: If the search asked for cannot be built of so many photos.
        """
        if len(descriptors) != len(photos):
            raise IndexMismatchError(f"{len(descriptors)} descriptors for {len(photos)} photos")
        search = build_search(descriptors, search_config, rng, progress)
        confidence = try_index(photos, descriptors)
        return PhotoIndex(photos, origin, descriptors, encoder_id, search, confidence, config, "unsaved")

    def save(self, path: Path) -> None:
        """Write the artifact folder `path`, replacing an older one there; the same index gives the same bytes."""
        origin = None if self.origin is None else asdict(self.origin)
        metadata = {
            "encoder_id": self.encoder_id, "dimension": self.dimension, "photos": len(self), "origin": origin,
            "units": "metres east and north of the origin, radians counter-clockwise from east",
            "confidence": asdict(self.confidence), "search": search_metadata(self.search), "config": dict(self.config),
        }
        with write_artifact(path, PHOTO_INDEX_KIND, PHOTO_INDEX_VERSION, metadata) as writer:
            add_photos(writer, self.photos)
            writer.add_array(_DESCRIPTOR, self.descriptors)
            add_search(writer, self.search)

    @staticmethod
    def load(path: Path) -> PhotoIndex:
        """Read an artifact folder; descriptors that do not fit into memory are read from it when they are needed.

        Raises:
            ArtifactError: If it is missing, damaged, or of another version.
        """
        artifact = read_artifact(path, PHOTO_INDEX_KIND, PHOTO_INDEX_VERSION)
        photos, descriptors, metadata = read_photos(artifact), in_memory(artifact.array(_DESCRIPTOR)), artifact.metadata
        try:
            origin = None if metadata["origin"] is None else GeoOrigin(**metadata["origin"])
            shape = len(photos), int(metadata["dimension"])
            confidence, encoder_id = Confidence(**metadata["confidence"]), str(metadata["encoder_id"])
            found, config = dict(metadata["search"]), dict(metadata["config"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"the manifest of '{path}' is incomplete ({error!r}); build it again") from error
        if descriptors.dtype != np.float16 or descriptors.shape != shape:
            raise ArtifactError(
                f"descriptors of '{path}' are {descriptors.dtype} {descriptors.shape}, its photos want float16 "
                f"{shape}; build it again with `geoloc photos index`"
            )
        search = read_search(artifact, descriptors, found)
        return PhotoIndex(photos, origin, descriptors, encoder_id, search, confidence, config, artifact.artifact_id)

    def check_encoder(self, encoder: PhotoEncoder) -> None:
        """Refuse an encoder whose descriptors cannot be compared with those of the index.

        Raises:
            IndexMismatchError: If its id or dimension differs.
        """
        if encoder.encoder_id != self.encoder_id or encoder.dimension != self.dimension:
            raise IndexMismatchError(
                f"the photos were indexed by encoder '{self.encoder_id}' ({self.dimension}-d), this config makes "
                f"'{encoder.encoder_id}' ({encoder.dimension}-d, {encoder}); set photo.model to the network that they "
                "were indexed with, or build the index again with `geoloc photos index`"
            )

    def positions_on(self, origin: GeoOrigin) -> Float64:
        """Positions (V, 2) of the photos in the frame of a map.

        Raises:
            IndexMismatchError: If nobody knows where on the earth the photos are.
        """
        if self.origin is None:
            raise IndexMismatchError(
                f"the photos of '{self.photos.name}' know no latitude and longitude, so they are nowhere on the map; "
                "index a collection whose photos do"
            )
        latitude_deg, longitude_deg = self.photos.geodetic_deg.T
        return origin.to_map(latitude_deg, longitude_deg)
