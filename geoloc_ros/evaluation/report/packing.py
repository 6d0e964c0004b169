"""Arrays and maps as the JSON that data.js unpacks: quantised, base64, small."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.types import Float64
from geoloc_ros.maps.geomap import GeoMap, RoadGraph

Int16 = NDArray[np.int16]


def script_json(tree: dict[str, Any]) -> str:
    """JSON that is safe inside a script element."""
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def pack(array: NDArray[Any]) -> dict[str, str]:
    """An array of any shape, flat on the other side."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"dtype": array.dtype.str[1:], "base64": base64.b64encode(little.tobytes()).decode("ascii")}


def grid_of(geomap: GeoMap) -> tuple[Float64, float]:
    """Offset (2,) and step in metres with which every point of the map fits 16 bits."""
    clouds = [geomap.buildings.vertices_m, geomap.roads.point_m, np.reshape(geomap.bounds_m, (2, 2))]
    points_m = np.concatenate([np.asarray(cloud, np.float64) for cloud in clouds])
    low, high = points_m.min(axis=0), points_m.max(axis=0)
    return (low + high) / 2.0, max(float((high - low).max()) / 65000.0, 0.01)


def quantise(points_m: Float64, offset_m: Float64, step_m: float) -> Int16:
    """Points (N, 2) as steps from the offset (2,), flat."""
    quantised = np.clip(np.rint((points_m - offset_m) / step_m), -32767, 32767)
    return quantised.astype(np.int16).reshape(-1)


def pack_map(geomap: GeoMap, offset_m: Float64, step_m: float) -> dict[str, Any]:
    """What city.js draws."""
    road_start, road_m = _one_line_per_road(geomap.roads)
    return {
        "offset_m": offset_m.tolist(),
        "step_m": step_m,
        "bounds_m": [float(value) for value in geomap.bounds_m],
        "buildings": {
            "xy": pack(quantise(geomap.buildings.vertices_m, offset_m, step_m)),
            "start": pack(geomap.buildings.ring_start.astype(np.uint32)),
            "building": pack(geomap.buildings.ring_building.astype(np.uint32)),
        },
        "roads": {
            "xy": pack(quantise(road_m, offset_m, step_m)),
            "start": pack(road_start.astype(np.uint32)),
        },
        "tree_xy": pack(quantise(geomap.tree_m, offset_m, step_m)),
    }


def _one_line_per_road(roads: RoadGraph) -> tuple[NDArray[np.int64], Float64]:
    """Starts (R + 1,) and points of the roads, a two-way road only once."""
    edges = np.arange(len(roads))
    kept = edges[(roads.edge_reverse < 0) | (edges < roads.edge_reverse)]
    lines = [roads.polyline(int(edge)) for edge in kept]
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return start, np.concatenate([*lines, np.zeros((0, 2))])
