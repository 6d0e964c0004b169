"""Images for people: what the perception node took each pixel for, how far it is, and the scan from above."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from rclpy.lifecycle import LifecyclePublisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from geoloc_ros.core.types import Float32, SemanticScan, UInt8
from geoloc_ros.core.view import Depth, View
from geoloc_ros.evaluation.report.thumbnail import label_colours
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.perception_chain import PerceivedFrame
from geoloc_ros.ros.sensors import to_image

_QOS = QoSProfile(depth=1)
_MAX_WIDTH = 640
_NEAREST_M, _FARTHEST_M = 2.0, 60.0
_SIDE = 480
_UNSEEN, _OPEN, _WALL, _VEHICLE = (70, 70, 70), (235, 235, 230), (150, 60, 30), (30, 90, 200)


class Previews:
    """Publishes `NAME/segmentation_preview`, `NAME/depth_preview` and `scan_preview` while somebody listens."""

    def __init__(self, node: StagedNode[Any], cameras: tuple[str, ...], max_range_m: float) -> None:
        self._max_range_m = max_range_m
        self._labels, self._depth = (
            {name: node.publisher(Image, f"{name}/{kind}" if name else kind, _QOS) for name in cameras}
            for kind in ("segmentation_preview", "depth_preview")
        )
        self._scan = node.publisher(Image, "scan_preview", _QOS)

    def publish(self, frame: PerceivedFrame) -> None:
        """Draw what somebody listens to."""
        for name, header, given, view in zip(
            frame.cameras, frame.headers, frame.frames, frame.perception.views, strict=True
        ):
            if _is_heard(self._labels[name]):
                self._labels[name].publish(to_image(draw_labels(view.labels, given.image), "rgb8", header))
            if _is_heard(self._depth[name]):
                self._depth[name].publish(to_image(draw_depth(view), "rgb8", header))
        if _is_heard(self._scan):
            picture = draw_scan(frame.perception.scan, self._max_range_m)
            self._scan.publish(to_image(picture, "rgb8", frame.message.header))


def draw_labels(labels: UInt8, image: UInt8 | None) -> UInt8:
    """RGB (h, w, 3), at most 640 wide: the classes in colour, over the image where there is one."""
    size = _preview_size(labels)
    colours = label_colours(np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8))
    if image is None:
        return colours
    under = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.addWeighted(colours, 0.5, under, 0.5, 0.0), np.uint8)


def draw_depth(view: View) -> UInt8:
    """RGB (h, w, 3), at most 640 wide: 2 m is red, 60 m is blue, by the logarithm; black where nobody knows.

    Of several sources the most trustworthy shows where it knows.
    """
    size = _preview_size(view.labels)
    depth_m: Float32 = np.zeros((size[1], size[0]), np.float32)
    for source in ("network", "stereo", "depth", "points"):
        for depth in view.depths:
            if depth.source == source:
                depth_m = _over(depth, depth_m)
    is_known = depth_m > 0.0
    shown_m = np.clip(depth_m, _NEAREST_M, _FARTHEST_M)
    nearness = 255.0 * np.log(_FARTHEST_M / shown_m) / np.log(_FARTHEST_M / _NEAREST_M)
    colours = cv2.cvtColor(cv2.applyColorMap(nearness.astype(np.uint8), cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
    colours[~is_known] = 0
    return np.asarray(colours, np.uint8)


def draw_scan(scan: SemanticScan, max_range_m: float) -> UInt8:
    """RGB (480, 480, 3) from above, the vehicle in the middle, its front up: open, hidden, and walls."""
    num_rays = len(scan.range_m)
    scale = _SIDE / 2.0 / max_range_m
    picture = np.full((_SIDE, _SIDE, 3), _UNSEEN, np.uint8)
    reach_m = np.where(np.isnan(scan.range_m), np.where(scan.observed, max_range_m, 0.0), scan.range_m)
    half = np.pi / num_rays
    angle = 2.0 * half * np.arange(num_rays)
    corners = np.zeros((num_rays, 3, 2))
    for corner, turn in ((1, -half), (2, half)):
        # Ahead is up in the picture, left is left.
        corners[:, corner] = np.stack([-np.sin(angle + turn), -np.cos(angle + turn)], axis=-1) * reach_m[:, None]
    pixels = np.round(corners * scale + _SIDE / 2.0).astype(np.int32)
    cv2.fillPoly(picture, list(pixels[reach_m > 0.0]), _OPEN)
    for wedge in pixels[~np.isnan(scan.range_m)]:
        cv2.line(picture, wedge[1].tolist(), wedge[2].tolist(), _WALL, 2)
    middle = _SIDE // 2
    cv2.arrowedLine(picture, (middle, middle + 6), (middle, middle - 8), _VEHICLE, 2, tipLength=0.5)
    return picture


def _over(depth: Depth, under_m: Float32) -> Float32:
    size = (under_m.shape[1], under_m.shape[0])
    small = cv2.resize(depth.depth_m, size, interpolation=cv2.INTER_NEAREST)
    return np.where(np.isfinite(small) & (small > 0.0), small, under_m).astype(np.float32)


def _preview_size(labels: UInt8) -> tuple[int, int]:
    """Width and height."""
    height, width = labels.shape
    small = min(width, _MAX_WIDTH)
    return small, max(1, round(height * small / width))


def _is_heard(publisher: LifecyclePublisher[Any]) -> bool:
    return publisher.get_subscription_count() > 0
