"""A city and its places as parts of an artifact folder."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from geoloc_ros.core.artifacts import Artifact, ArtifactWriter
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, PlaceGraph, RoadGraph

Arrays = TypeVar("Arrays", Buildings, RoadGraph, PlaceGraph)


def map_metadata(city: GeoMap) -> dict[str, Any]:
    """What the manifest says of a map; `read_map` needs it."""
    return {
        "units": "metres east and north of the origin, radians counter-clockwise from east",
        "origin": {
            "latitude_deg": city.origin.latitude_deg,
            "longitude_deg": city.origin.longitude_deg,
            "height_m": city.origin.height_m,
        },
        "bounds_m": list(city.bounds_m),
        "source": {"name": city.source.name, "sha256": city.source.sha256, "date": city.source.date},
        "attribution": city.source.attribution,
    }


def add_map(writer: ArtifactWriter, city: GeoMap) -> None:
    """Store the arrays of a map."""
    _add(writer, "building", city.buildings)
    _add(writer, "road", city.roads)
    writer.add_array("tree_m", city.tree_m)


def add_places(writer: ArtifactWriter, places: PlaceGraph) -> None:
    """Store a place graph."""
    _add(writer, "place", places)


def read_map(artifact: Artifact) -> GeoMap:
    """The map of an artifact, its arrays mapped into memory.

    Raises:
        ArtifactError: The artifact holds no map.
    """
    metadata = artifact.metadata
    try:
        origin = GeoOrigin(**metadata["origin"])
        west, south, east, north = (float(value) for value in metadata["bounds_m"])
        source = MapSource(**metadata["source"], attribution=metadata["attribution"])
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"the manifest of '{artifact.path}' lacks its map ({error!r}); build it again") from error
    return GeoMap(
        origin=origin,
        bounds_m=(west, south, east, north),
        buildings=_read(artifact, "building", Buildings),
        roads=_read(artifact, "road", RoadGraph),
        tree_m=np.asarray(artifact.array("tree_m")),
        source=source,
    )


def read_places(artifact: Artifact) -> PlaceGraph:
    """The place graph of an artifact, its arrays mapped into memory.

    Raises:
        ArtifactError: The artifact holds none.
    """
    return _read(artifact, "place", PlaceGraph)


def _add(writer: ArtifactWriter, prefix: str, arrays: Buildings | RoadGraph | PlaceGraph) -> None:
    for field in fields(arrays):
        writer.add_array(f"{prefix}.{field.name}", getattr(arrays, field.name))


def _read(artifact: Artifact, prefix: str, kind: type[Arrays]) -> Arrays:
    return kind(**{field.name: np.asarray(artifact.array(f"{prefix}.{field.name}")) for field in fields(kind)})
