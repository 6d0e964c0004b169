"""Perception as one would write it: the network in torch, eager; the projection in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import ObserveConfig, ScanConfig
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.core.view import View


def eager_network(batch: Float32) -> Callable[[], object]:
    """A call of the street network on a batch (N, 4, H, W), on one thread; random weights cost no less."""
    import torch

    from geoloc_ros.training.street_network import StreetNetwork

    torch.set_num_threads(1)
    network, image = StreetNetwork().eval(), torch.from_numpy(batch)

    def run() -> object:
        with torch.no_grad():
            return network(image)

    return run


def plain_scan(view: View, scan_config: ScanConfig, observe_config: ObserveConfig) -> SemanticScan:
    """Every pixel a point, every ray a round of a loop; the ground is where the mount says, no ray is open."""
    depth_m, num_rays = view.depths[0].depth_m, scan_config.num_rays
    points_m = view.camera.rays() * depth_m[..., None] @ view.base_from_camera.rotation.T
    points_m = points_m + view.base_from_camera.translation_m
    height_m = points_m[..., 2]
    used = (view.labels == SemanticClass.BUILDING) & np.isfinite(depth_m)
    used &= (height_m > observe_config.min_height_m) & (height_m < observe_config.max_height_m)
    x_m, y_m = points_m[used][:, 0], points_m[used][:, 1]
    ray = np.round(np.arctan2(y_m, x_m) / (2.0 * np.pi / num_rays)).astype(int) % num_rays
    distance_m = np.hypot(x_m, y_m)
    range_m, instance = np.full(num_rays, np.nan, np.float32), np.full(num_rays, -1, np.int32)
    for number in range(num_rays):
        inside = ray == number
        if np.count_nonzero(inside) >= observe_config.min_samples:
            range_m[number] = np.quantile(distance_m[inside], observe_config.range_quantile)
            if view.instances is not None:
                instance[number] = np.bincount(view.instances[used][inside]).argmax()
    return SemanticScan(range_m, instance, np.isfinite(range_m))
