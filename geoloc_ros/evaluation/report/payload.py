"""A scene as the JSON that the page's script unpacks: quantised, base64, small."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.types import Float32, Float64, UInt8
from geoloc_ros.evaluation.report.scene import Scene, View, wall_base_pixels
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph, RoadGraph

Int16 = NDArray[np.int16]

# camera.js knows these four numbers as well.
HIDDEN = -32768
NO_WALL_CM = 65535
NO_INSTANCE = 255
UNOBSERVED = 254
SUBPIXELS = 4

MAX_BELIEF_PLACES = 1500
BELIEF_FLOOR = 1e-5


def payload_json(scene: Scene) -> str:
    """JSON of a scene, safe inside a script element."""
    offset_m, step_m = _grid(scene.geomap)
    tree = {
        "map": _map(scene.geomap, offset_m, step_m),
        "places": {"xy": _pack(_quantise(scene.places.position_m, offset_m, step_m))},
        "frames": _frames(scene.trace, scene.truth),
        "belief": _belief(scene.trace, scene.places),
        "views": _views(scene),
    }
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _pack(array: NDArray[Any]) -> dict[str, str]:
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"dtype": array.dtype.str[1:], "base64": base64.b64encode(little.tobytes()).decode("ascii")}


def _grid(geomap: GeoMap) -> tuple[Float64, float]:
    """Offset (2,) and step in metres with which every point of the map fits 16 bits."""
    clouds = [geomap.buildings.vertices_m, geomap.roads.point_m, np.reshape(geomap.bounds_m, (2, 2))]
    points_m = np.concatenate([np.asarray(cloud, np.float64) for cloud in clouds])
    low, high = points_m.min(axis=0), points_m.max(axis=0)
    return (low + high) / 2.0, max(float((high - low).max()) / 65000.0, 0.01)


def _quantise(points_m: Float64, offset_m: Float64, step_m: float) -> Int16:
    quantised = np.clip(np.rint((points_m - offset_m) / step_m), -32767, 32767)
    return quantised.astype(np.int16).reshape(-1)


def _map(geomap: GeoMap, offset_m: Float64, step_m: float) -> dict[str, Any]:
    road_start, road_m = _one_line_per_road(geomap.roads)
    return {
        "offset_m": offset_m.tolist(),
        "step_m": step_m,
        "bounds_m": [float(value) for value in geomap.bounds_m],
        "buildings": {
            "xy": _pack(_quantise(geomap.buildings.vertices_m, offset_m, step_m)),
            "start": _pack(geomap.buildings.ring_start.astype(np.uint32)),
            "building": _pack(geomap.buildings.ring_building.astype(np.uint32)),
        },
        "roads": {
            "xy": _pack(_quantise(road_m, offset_m, step_m)),
            "start": _pack(road_start.astype(np.uint32)),
        },
        "tree_xy": _pack(_quantise(geomap.tree_m, offset_m, step_m)),
    }


def _one_line_per_road(roads: RoadGraph) -> tuple[NDArray[np.int64], Float64]:
    """Starts (R + 1,) and points of the roads, a two-way road only once."""
    edges = np.arange(len(roads))
    kept = edges[(roads.edge_reverse < 0) | (edges < roads.edge_reverse)]
    lines = [roads.polyline(int(edge)) for edge in kept]
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return start, np.concatenate([*lines, np.zeros((0, 2))])


def _frames(trace: Trace, truth: Float64) -> dict[str, Any]:
    seconds = (trace.stamp_ns - trace.stamp_ns[0]) / 1e9
    variance = np.stack([trace.covariance[:, 0, 0], trace.covariance[:, 0, 1], trace.covariance[:, 1, 1]], axis=-1)
    return {
        "time_s": _pack(seconds.astype(np.float32)),
        "pose": _pack(trace.pose.astype(np.float32).reshape(-1)),
        "truth": _pack(truth.astype(np.float32).reshape(-1)),
        "covariance": _pack(variance.astype(np.float32).reshape(-1)),
        "status": _pack(trace.status.astype(np.uint8)),
        "probability": _pack(_to_byte(trace.probability)),
    }


def _to_byte(ratio: Float32 | Float64) -> UInt8:
    clipped: Float64 = np.clip(ratio, 0.0, 1.0).astype(np.float64)
    return np.rint(clipped * 255.0).astype(np.uint8)


def _belief(trace: Trace, places: PlaceGraph) -> dict[str, Any]:
    """Per frame the likeliest places, ascending, with the logarithm of their probability as a byte."""
    start, kept_places, levels, num_places = [0], [], [], []
    for frame in range(len(trace)):
        viewpoints, probability = trace.belief(frame)
        place, belonging = np.unique(places.viewpoint_place[viewpoints], return_inverse=True)
        mass = np.bincount(belonging, weights=probability, minlength=len(place)).astype(np.float64)
        chosen = _spread_out(place, mass, places)
        kept_places.append(place[chosen])
        levels.append(_to_byte(1.0 - np.log10(mass[chosen]) / np.log10(BELIEF_FLOOR)))
        start.append(start[-1] + len(chosen))
        num_places.append(len(place))
    small = np.uint16 if len(places.position_m) <= 1 << 16 else np.uint32
    return {
        "floor_probability": BELIEF_FLOOR,
        "start": _pack(np.array(start, np.uint32)),
        "place": _pack(np.concatenate([*kept_places, np.zeros(0)]).astype(small)),
        "level": _pack(np.concatenate([*levels, np.zeros(0)]).astype(np.uint8)),
        "num_places": _pack(np.array(num_places, np.uint32)),
    }


def _spread_out(place: NDArray[Any], mass: Float64, places: PlaceGraph) -> NDArray[np.intp]:
    """Rows of at most MAX_BELIEF_PLACES places, likeliest last.

    Where more are left, the likeliest of each cell of a grid stands for its neighbours, so that a flat belief does not
    look like a sharp one.
    """
    order = np.argsort(mass, kind="stable")
    order = order[mass[order] > BELIEF_FLOOR / 10.0]
    cell_m = 20.0
    while len(order) > MAX_BELIEF_PLACES:
        cells = np.floor(places.position_m[place[order]] / cell_m).astype(np.int64)
        _, from_the_end = np.unique(cells[::-1], axis=0, return_index=True)
        order = order[np.sort(len(order) - 1 - from_the_end)]
        cell_m *= 1.4
    return order


def _views(scene: Scene) -> dict[str, Any]:
    width, height = scene.thumbnail_size
    scale = np.array([width / scene.mount.camera.width, height / scene.mount.camera.height]) * SUBPIXELS
    columns: dict[str, list[NDArray[Any]]] = {"u": [], "v": [], "predicted_v": [], "range_cm": [], "instance": []}
    for view in scene.views:
        seen_m = np.where(np.isnan(view.scan.range_m), 1e4, view.scan.range_m)
        columns["u"].append(_pixels(wall_base_pixels(seen_m, scene.mount)[:, 0] * scale[0]))
        columns["v"].append(_pixels(wall_base_pixels(view.scan.range_m, scene.mount)[:, 1] * scale[1]))
        predicted = wall_base_pixels(view.predicted_range_m, scene.mount)
        columns["predicted_v"].append(_pixels(predicted[:, 1] * scale[1]))
        columns["range_cm"].append(_centimetres(view.scan.range_m))
        columns["instance"].append(_instances(view))
    dtypes = {"u": np.int16, "v": np.int16, "predicted_v": np.int16, "range_cm": np.uint16, "instance": np.uint8}
    packed = {
        name: _pack(np.concatenate([*columns[name], np.zeros(0, dtype)]).astype(dtype))
        for name, dtype in dtypes.items()
    }
    return {
        "frame": _pack(np.array([view.frame for view in scene.views], np.uint32)),
        "width": width,
        "height": height,
        "num_rays": scene.views[0].scan.num_rays if scene.views else 0,
        "images": [base64.b64encode(view.jpeg).decode("ascii") for view in scene.views],
        **packed,
    }


def _pixels(values: Float64) -> Int16:
    return np.where(np.isnan(values), HIDDEN, np.clip(np.rint(np.nan_to_num(values)), -32767, 32767)).astype(np.int16)


def _centimetres(range_m: Float32) -> NDArray[np.uint16]:
    return np.where(np.isnan(range_m), NO_WALL_CM, np.clip(np.rint(np.nan_to_num(range_m) * 100.0), 0, 65534)).astype(
        np.uint16
    )


def _instances(view: View) -> UInt8:
    """Small numbers in the order of the rays; they only choose colours."""
    _, small = np.unique(view.scan.instance, return_inverse=True)
    none = view.scan.instance < 0
    numbers = np.where(none, NO_INSTANCE, small % UNOBSERVED)
    return np.where(view.scan.observed, numbers, UNOBSERVED).astype(np.uint8)
