"""A scene as the JSON that the page's script unpacks: quantised, base64, small."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.types import Float32, Float64, UInt8
from geoloc_ros.evaluation.report.packing import Int16, grid_of, pack, pack_map, quantise, script_json
from geoloc_ros.evaluation.report.scene import Scene, View, wall_base_pixels
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.maps.geomap import PlaceGraph

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
    offset_m, step_m = grid_of(scene.geomap)
    tree = {
        "map": pack_map(scene.geomap, offset_m, step_m),
        "places": {"xy": pack(quantise(scene.places.position_m, offset_m, step_m))},
        "frames": _frames(scene.trace, scene.truth),
        "belief": _belief(scene.trace, scene.places),
        "views": _views(scene),
    }
    return script_json(tree)


def _frames(trace: Trace, truth: Float64) -> dict[str, Any]:
    seconds = (trace.stamp_ns - trace.stamp_ns[0]) / 1e9
    variance = np.stack([trace.covariance[:, 0, 0], trace.covariance[:, 0, 1], trace.covariance[:, 1, 1]], axis=-1)
    return {
        "time_s": pack(seconds.astype(np.float32)),
        "pose": pack(trace.pose.astype(np.float32).reshape(-1)),
        "truth": pack(truth.astype(np.float32).reshape(-1)),
        "covariance": pack(variance.astype(np.float32).reshape(-1)),
        "status": pack(trace.status.astype(np.uint8)),
        "probability": pack(_to_byte(trace.probability)),
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
        "start": pack(np.array(start, np.uint32)),
        "place": pack(np.concatenate([*kept_places, np.zeros(0)]).astype(small)),
        "level": pack(np.concatenate([*levels, np.zeros(0)]).astype(np.uint8)),
        "num_places": pack(np.array(num_places, np.uint32)),
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
        name: pack(np.concatenate([*columns[name], np.zeros(0, dtype)]).astype(dtype))
        for name, dtype in dtypes.items()
    }
    return {
        "frame": pack(np.array([view.frame for view in scene.views], np.uint32)),
        "width": width,
        "height": height,
        "num_rays": scene.views[0].scan.num_rays if scene.views else 0,
        "images": [base64.b64encode(view.jpeg).decode("ascii") for view in scene.views],
        "labels": [base64.b64encode(view.labels_png).decode("ascii") for view in scene.views],
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
