"""Mistakes that are made with poses, units and cameras, and what undoes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.create.small_views import SmallView

_UNITS = ((1e-3, "millimetres"), (1e-2, "centimetres"), (0.0254, "inches"), (0.3048, "feet"))
_FOCAL_FACTORS = (0.5, 0.67, 0.8, 0.9, 0.95, 1.05, 1.11, 1.25, 1.5, 2.0)
_TURNED_AXES = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Mistake:
    """Something that may be wrong with all views of a scene."""

    told: str
    """As the end of a sentence that begins with "if"."""
    undo: Callable[[SmallView], SmallView]
    depth_unit: float = 1.0
    """Metres of what is drawn as a depth of 1 once it is undone."""


def frame_mistakes() -> tuple[Mistake, ...]:
    """Of poses and surface: directions, axes, units."""
    inverted = Mistake("the poses are inverted, camera-from-scene", _inverted)
    turned = Mistake("the cameras look along -z with y up", _turned)
    both = Mistake("the poses are camera-from-scene of cameras that look along -z with y up", _inverted_and_turned)
    surfaces = [Mistake(f"the surface is in {unit}", _scaled(1.0 / size), size) for size, unit in _UNITS]
    poses = [Mistake(f"the poses are in {unit}", _scaled(size)) for size, unit in _UNITS]
    return (inverted, turned, both, *surfaces, *poses)


def focal_mistakes() -> tuple[Mistake, ...]:
    """Of cameras: images that were resized, intrinsics of another camera."""
    return tuple(
        Mistake(f"the focal lengths are about {factor:g} times as long", _zoomed(factor)) for factor in _FOCAL_FACTORS
    )


def _inverted(view: SmallView) -> SmallView:
    return replace(view, scene_from_camera=view.scene_from_camera.inverse())


def _turned(view: SmallView) -> SmallView:
    return replace(view, scene_from_camera=view.scene_from_camera @ Pose3(_TURNED_AXES, np.zeros(3)))


def _inverted_and_turned(view: SmallView) -> SmallView:
    return _turned(_inverted(view))


def _scaled(factor: float) -> Callable[[SmallView], SmallView]:
    def undo(view: SmallView) -> SmallView:
        pose = view.scene_from_camera
        return replace(view, scene_from_camera=Pose3(pose.rotation, factor * pose.translation_m))

    return undo


def _zoomed(factor: float) -> Callable[[SmallView], SmallView]:
    def undo(view: SmallView) -> SmallView:
        return replace(view, camera=replace(view.camera, fx=factor * view.camera.fx, fy=factor * view.camera.fy))

    return undo
