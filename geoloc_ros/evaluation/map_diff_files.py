"""Differences between a map and what was driven through, as GeoJSON in WGS 84."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.types import Float64, Int32
from geoloc_ros.evaluation.map_diff import MapDiff, RemovedBuildings
from geoloc_ros.evaluation.new_buildings import NewBuildings
from geoloc_ros.maps.geomap import Buildings, GeoMap

DIFFERENCES_FILE = "map_diff.geojson"


@dataclass(frozen=True)
class MapDifferences:
    """What is worth telling."""

    removed: RemovedBuildings
    removed_outline: NDArray[np.object_]
    """(K,) polygons in the map frame."""
    new: NewBuildings


def map_differences(diff: MapDiff, geomap: GeoMap, least_probability: float = 0.2) -> MapDifferences:
    """Everything that differs with at least that probability."""
    removed = diff.removed(least_probability)
    return MapDifferences(
        removed, building_outlines(geomap.buildings, removed.building), diff.new(least_probability)
    )


def building_outlines(buildings: Buildings, chosen: Int32) -> NDArray[np.object_]:
    """Polygons (K,) of buildings (K,), with their courtyards; of several parts where the map has such."""
    outlines = np.empty(len(chosen), object)
    for row, number in enumerate(chosen.tolist()):
        first, last = np.searchsorted(buildings.ring_building, [number, number + 1])
        bounds = buildings.ring_start[first : last + 1]
        rings = [buildings.vertices_m[start:end] for start, end in zip(bounds[:-1], bounds[1:], strict=True)]
        outlines[row] = _with_holes([shapely.Polygon(ring) for ring in rings])
    return outlines


def write_geojson(differences: MapDifferences, geomap: GeoMap, path: Path) -> None:
    """Write a FeatureCollection; the same differences give the same bytes."""
    removed, new = differences.removed, differences.new
    features = [
        _feature(outline, geomap, {
            "kind": "removed", "osm_id": int(geomap.buildings.osm_id[building]), "probability": round(probability, 3),
            "num_rays": rays, "num_drives": drives,
        })
        for outline, building, probability, rays, drives in zip(
            differences.removed_outline, removed.building.tolist(), removed.probability.tolist(),
            removed.num_rays.tolist(), removed.num_drives.tolist(), strict=True,
        )
    ]  # fmt: skip
    features += [
        _feature(outline, geomap, {
            "kind": "new", "osm_id": None, "probability": round(probability, 3), "num_frames": frames,
            "num_drives": drives,
        })
        for outline, probability, frames, drives in zip(
            new.outline, new.probability.tolist(), new.num_frames.tolist(), new.num_drives.tolist(), strict=True
        )
    ]  # fmt: skip
    tree = {"type": "FeatureCollection", "attribution": geomap.source.attribution, "features": features}
    with write_beside(path) as partial:
        partial.write_text(json.dumps(tree, indent=1) + "\n")


def _with_holes(rings: list[shapely.Polygon]) -> shapely.Geometry:
    """Counter-clockwise rings are parts, clockwise ones holes in them."""
    parts = [ring for ring in rings if ring.exterior.is_ccw]
    holes = [ring for ring in rings if not ring.exterior.is_ccw]
    shapes = [
        shapely.Polygon(part.exterior, [hole.exterior for hole in holes if part.covers(hole)]) for part in parts
    ]
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def _feature(outline: shapely.Geometry, geomap: GeoMap, properties: dict[str, Any]) -> dict[str, Any]:
    def geodetic(points_m: Float64) -> Float64:
        latitude_deg, longitude_deg = geomap.origin.to_geodetic(points_m)
        return np.asarray(np.round(np.stack([longitude_deg, latitude_deg], axis=-1), 7), np.float64)

    geometry = shapely.geometry.mapping(shapely.transform(outline, geodetic))
    return {"type": "Feature", "geometry": geometry, "properties": properties}
