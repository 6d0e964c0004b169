"""The verb `index`: a map file to a searchable index of its places."""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config, ScanConfig
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph
from geoloc_ros.maps.osm import Crop, load_map, parse_crop
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.encoders import make_encoder

logger = logging.getLogger(__name__)

__all__ = ["Crop", "IndexSummary", "index_map", "parse_crop"]

# Scans are made and encoded this many at a time, whatever the size of the city: 20 MB of scans.
_CHUNK = 4096


@dataclass(frozen=True)
class IndexSummary:
    """What `index_map` made, and what it took."""

    path: Path
    buildings: int
    road_km: float
    """A two-way road counts once."""
    places: int
    viewpoints: int
    total_s: float
    raycast_s: float
    """Of total_s, in the ray caster."""
    encode_s: float
    """Of total_s, in the encoder."""
    peak_mb: float
    """Largest memory of the process so far."""
    artifact_mb: float
    encoder: str
    """Its id, and the file of its weights if it has any."""

    def as_text(self) -> str:
        """One paragraph for a terminal."""
        return (
            f"{self.path}: {self.places} places ({self.viewpoints} viewpoints) on {self.road_km:.1f} km of road, "
            f"{self.buildings} buildings, {self.artifact_mb:.1f} MB\n"
            f"encoder {self.encoder}\n"
            f"took {self.total_s:.1f} s, {self.raycast_s:.2f} s of it casting rays and {self.encode_s:.2f} s encoding "
            f"scans; peak memory {self.peak_mb:.0f} MB"
        )


def index_map(
    map_file: Path, index_path: Path, crop: Crop | None, config: Config, progress: ProgressCallback = no_progress
) -> IndexSummary:
    """Build the index of `map_file` in the folder `index_path`; it appears there whole or not at all.

    Raises:
        MapError: The map or the crop cannot be used.
        ArtifactError: `index_path` cannot be written.
        BackendError: The weights of the encoder cannot be used.
    """
    started = time.perf_counter()
    # First of all, so that weights that cannot be used cost no minutes; on all cores, as nothing else runs yet.
    encoder = make_encoder(config.descriptor, config.scan, config.inference.model_copy(update={"num_threads": 0}))
    progress("reading the map", 0.0)
    city = load_map(map_file, crop, config.map)
    progress("reading the map", 1.0)
    places = build_places(city.roads, config.map.place_spacing_m)
    scans = _Scans(RayCaster(city.buildings.walls()), places, encoder, config.scan, progress)
    index = PlaceIndex.build(scans, encoder, places, city, config.model_dump(mode="json"))
    progress("writing the index", 0.0)
    index.save(index_path)
    progress("writing the index", 1.0)
    summary = IndexSummary(
        path=index_path,
        buildings=len(city.buildings),
        road_km=_length_km(city.roads),
        places=len(places.position_m),
        viewpoints=len(places.viewpoint_place),
        total_s=time.perf_counter() - started,
        raycast_s=scans.raycast_s,
        encode_s=scans.encode_s,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        artifact_mb=sum(file.stat().st_size for file in index_path.iterdir()) / 1e6,
        encoder=str(encoder),
    )
    logger.info("indexed %d places of %s in %.1f s", summary.places, map_file.name, summary.total_s)
    return summary


class _Scans:
    """Descriptors of all viewpoints, in chunks and in order."""

    def __init__(
        self,
        caster: RayCaster,
        places: PlaceGraph,
        encoder: Encoder,
        config: ScanConfig,
        progress: ProgressCallback,
    ) -> None:
        self.raycast_s = self.encode_s = 0.0
        self._caster = caster
        self._poses = places.poses()
        self._encoder = encoder
        self._config = config
        self._progress = progress

    def __iter__(self) -> Iterator[Float32]:
        for first in range(0, len(self._poses), _CHUNK):
            poses = self._poses[first : first + _CHUNK]
            before = time.perf_counter()
            scan = self._caster.cast(poses, self._config.num_rays, self._config.max_range_m)
            cast = time.perf_counter()
            descriptors = self._encoder.encode(scan)
            self.raycast_s += cast - before
            self.encode_s += time.perf_counter() - cast
            yield descriptors
            self._progress("casting scans", (first + len(poses)) / len(self._poses))


def _length_km(roads: RoadGraph) -> float:
    piece_m = np.linalg.norm(np.diff(roads.point_m, axis=0), axis=1)
    edge = np.repeat(np.arange(len(roads)), np.diff(roads.point_start))
    same_edge = edge[1:] == edge[:-1]
    share = np.where(roads.edge_reverse >= 0, 0.5, 1.0)
    return float((piece_m * share[edge[1:]])[same_edge].sum() / 1000.0)
