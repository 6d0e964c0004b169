"""What one camera of the vehicle gives: what came in, what a network reads from it, and what a scan is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Pose3, UInt8, UInt16

DepthSource = Literal["points", "depth", "stereo", "network"]
"""Who measured a depth, the most trustworthy first."""

ReadingKind = Literal["labels", "instances", "depth"]
"""What can be read from an image."""


@dataclass(frozen=True)
class Depth:
    """Depth of every pixel, or of some."""

    source: DepthSource
    depth_m: Float32
    """(H, W), by the camera's convention (`core.camera.Camera`). NaN, 0 and infinity mean unknown."""


@dataclass(frozen=True)
class CameraFrame:
    """What came in from one camera at one moment; None is what nobody gave."""

    camera: Camera
    base_from_camera: Pose3
    """Mount of the camera's optical frame; z = 0 of the base is the ground."""
    image: UInt8 | None = None
    """(H, W, 3), red first."""
    labels: UInt8 | None = None
    """(H, W) of core.classes."""
    instances: UInt16 | None = None
    """(H, W), which building; 0 where unknown."""
    depths: tuple[Depth, ...] = ()
    """Measured ones, in any order."""


@dataclass(frozen=True)
class Reading:
    """What a network says of an image, in the image's own size; None is what it was not trained for."""

    labels: UInt8 | None = None
    """(H, W) of core.classes."""
    instances: UInt16 | None = None
    """(H, W), which building; 0 where there is none or it is unknown."""
    depth_m: Float32 | None = None
    """(H, W), by the camera's convention."""


@dataclass(frozen=True)
class View:
    """What a scan is made of: one camera's labels with the depths that belong to them."""

    camera: Camera
    base_from_camera: Pose3
    labels: UInt8
    """(H, W) of core.classes."""
    instances: UInt16 | None = None
    """(H, W), which building; 0 where unknown. Without it, jumps of the range separate buildings."""
    depths: tuple[Depth, ...] = ()
    """In any order; per ray the most trustworthy source with enough points counts."""
