"""Would a scene fit together if one of the common mistakes had been made?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.landmarks.create.small_views import SmallView
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

_UNITS = ((1e-3, "millimetres"), (1e-2, "centimetres"), (0.0254, "inches"), (0.3048, "feet"))
_FOCAL_FACTORS = (0.5, 0.67, 0.8, 0.9, 0.95, 1.05, 1.11, 1.25, 1.5, 2.0)
# A mistake explains what is off if it leaves no more than this share of it, and there is more to explain than noise.
_REST, _NOISE = 0.6, 0.015
# What most pixels are off by: in an empty corner of a room that is drawn too large, half of them may be right.
_MOST = 0.75
# Logarithm of the ratio of depths where the surface is not seen at all.
_UNSEEN = 2.0
# Without depth a mistake must make the surface fill so many times as much, and so much, of the images.
_COVER_FACTOR, _COVER_LEAST = 2.0, 0.5
_TURNED_AXES = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class DepthFit:
    """How far measured depth is off from the surface's."""

    off: float
    """Ratio of the two, less 1, that three quarters of the pixels do not reach."""
    better: str
    """The mistake that would explain it, as the end of a sentence; empty where none does."""
    better_off: float
    """And how much it would leave."""


@dataclass(frozen=True)
class CoverFit:
    """How much of the images the surface fills."""

    cover: float
    """Share that sees its outside, median of the images."""
    behind: float
    """Share that sees it from behind."""
    better: str
    """The mistake that would explain why it is little, as the end of a sentence; empty where none does."""
    better_cover: float


@dataclass(frozen=True)
class _Mistake:
    told: str
    undo: Callable[[SmallView], SmallView]
    depth_unit: float = 1.0
    """What depth that is drawn then is to be multiplied with."""


def explained_depth(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> DepthFit:
    """Compare the depth of views, all of which have some, with that of the surface."""
    ratio = _log_ratios(renderer, views, 1.0)
    off = _most(ratio)
    best, best_off = "", off
    if off > _NOISE:
        guesses = [_other_steps(ratio)]
        for mistake in (*_frames(), *_focal_lengths()):
            undone = tuple(mistake.undo(view) for view in views)
            guesses.append((_most(_log_ratios(renderer, undone, mistake.depth_unit)), mistake.told))
        best_off, best = min(guesses)
    if best_off > _REST * off:
        best, best_off = "", off
    return DepthFit(float(np.expm1(off)), best, float(np.expm1(best_off)))


def explained_cover(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> CoverFit:
    """See how much of the surface the views show, and from which side."""
    cover, behind = _cover(renderer, views)
    best, best_cover = "", cover
    if cover < _COVER_LEAST:
        best_cover, best = max(
            (_cover(renderer, tuple(mistake.undo(view) for view in views))[0], mistake.told) for mistake in _frames()
        )
    if best_cover < max(_COVER_FACTOR * cover, _COVER_LEAST):
        best, best_cover = "", cover
    return CoverFit(cover, behind, best, best_cover)


def _log_ratios(renderer: SurfaceRenderer, views: tuple[SmallView, ...], unit: float) -> Float64:
    """Logarithm (K,) of measured by drawn depth in all pixels that were measured; _UNSEEN where nothing is drawn."""
    ratios = []
    for view in views:
        assert view.depth_m is not None
        _, drawn_m = renderer.draw(view.camera, view.scene_from_camera)
        measured = view.depth_m > 0.0
        ratio = np.log(view.depth_m[measured] / (unit * drawn_m[measured]))
        ratios.append(np.where(np.isfinite(ratio), ratio, _UNSEEN))
    together = np.concatenate(ratios).astype(np.float64)
    return together if len(together) else np.full(1, _UNSEEN)


def _other_steps(ratio: Float64) -> tuple[float, str]:
    """What is left if depth is off by a factor, and which one."""
    is_seen = ratio != _UNSEEN
    step = float(np.median(ratio[is_seen])) if is_seen.any() else 0.0
    off = _most(np.where(is_seen, ratio - step, ratio))
    return off, f"a step of the depth images is {np.exp(-step):.3g} times as long"


def _most(ratio: Float64) -> float:
    return float(np.quantile(np.abs(ratio), _MOST))


def _cover(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> tuple[float, float]:
    shares = []
    for view in views:
        label, depth_m = renderer.draw(view.camera, view.scene_from_camera)
        is_seen = np.isfinite(depth_m)
        shares.append((float((label > 0).mean()), float((is_seen & (label == 0)).mean())))
    outside, behind = np.median(shares, axis=0)
    return float(outside), float(behind)


def _frames() -> tuple[_Mistake, ...]:
    inverted = _Mistake("the poses are inverted, camera-from-scene", _inverted)
    turned = _Mistake("the cameras look along -z with y up", _turned)
    both = _Mistake("the poses are camera-from-scene of cameras that look along -z with y up", _inverted_and_turned)
    surfaces = [_Mistake(f"the surface is in {unit}", _scaled(1.0 / size), size) for size, unit in _UNITS]
    poses = [_Mistake(f"the poses are in {unit}", _scaled(size)) for size, unit in _UNITS]
    return (inverted, turned, both, *surfaces, *poses)


def _focal_lengths() -> tuple[_Mistake, ...]:
    return tuple(
        _Mistake(f"the focal lengths are about {factor:g} times as long", _zoomed(factor)) for factor in _FOCAL_FACTORS
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
