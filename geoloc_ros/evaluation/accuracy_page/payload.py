"""Cities and queries as the JSON that accuracy.js draws on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geoloc_ros.evaluation.accuracy_page.labels import leader
from geoloc_ros.evaluation.report.packing import grid_of, pack, pack_map, script_json
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails
from geoloc_ros.maps.geomap import GeoMap


def payload_json(everything: Sequence[RetrievalDetails], geomaps: Mapping[str, GeoMap]) -> str:
    """JSON of all cities and, per city and condition, of all queries."""
    cities = {name: pack_map(geomap, *grid_of(geomap)) for name, geomap in geomaps.items()}
    return script_json({
        "map": cities[everything[0].city],
        "cities": cities,
        "results": {str(number): _queries(details) for number, details in enumerate(everything)},
    })  # fmt: skip


def _queries(details: RetrievalDetails) -> dict[str, Any]:
    method = details.methods.index(leader(details.methods))
    aligned_m = details.best_pose[method, :, :2]
    found_m = np.where(np.isfinite(aligned_m), aligned_m, details.place_m[details.best[method, :, 0]])
    return {
        "city": details.city,
        "num_places": details.num_places,
        "xy": pack(details.pose[:, :2].astype(np.float32).reshape(-1)),
        "rank": pack(details.rank[method].astype(np.float32)),
        "found_xy": pack(found_m.astype(np.float32).reshape(-1)),
    }
