"""Would a scene fit together if one of the common mistakes had been made?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.landmarks.create.mistakes import focal_mistakes, frame_mistakes
from geoloc_ros.landmarks.create.small_views import SmallView
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

# A mistake explains what is off if it leaves no more than this share of it, and there is more to explain than noise.
_REST, _NOISE = 0.6, 0.015
# What most pixels are off by: in an empty corner of a room that is drawn too large, half of them may be right.
_MOST = 0.75
# Logarithm of the ratio of depths where the surface is not seen at all.
_UNSEEN = 2.0
# Without depth a mistake must make the surface fill so many times as much, and so much, of the images.
_COVER_FACTOR, _COVER_LEAST = 2.0, 0.5


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


def explained_depth(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> DepthFit:
    """Compare the depth of views, all of which have some, with that of the surface."""
    ratio = _log_ratios(renderer, views, 1.0)
    off = _most(ratio)
    best, best_off = "", off
    if off > _NOISE:
        guesses = [_other_steps(ratio)]
        for mistake in (*frame_mistakes(), *focal_mistakes()):
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
        for mistake in frame_mistakes():
            undone, _ = _cover(renderer, tuple(mistake.undo(view) for view in views))
            if undone > best_cover:
                best_cover, best = undone, mistake.told
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
