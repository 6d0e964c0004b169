"""Do the images, cameras, poses and surface of a scene belong together? Told before hours are spent on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.landmarks.create.elements import thin_cloud
from geoloc_ros.landmarks.create.explanations import explained_cover, explained_depth
from geoloc_ros.landmarks.create.photo_fit import explained_photos, small_photos
from geoloc_ros.landmarks.create.small_views import SmallView, small_views
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

LEAST_VIEWS = 20
"""Images that a scene needs: landmarks are learned from at least three of them, and some are held out."""

_VIEWS_LOOKED_AT = 12
# Surfaces are a few times as large as the ways of the cameras that saw them; a thousand times is a matter of units.
_ODD_RATIO, _ABSURD_RATIO = 60.0, 300.0
# Between these shares of its vertices a surface is measured: clouds have points far out.
_MIDST = (5.0, 95.0)
# Cameras that move less say nothing about the size of what they see.
_LEAST_WAY_M = 0.02
# Single precision is a centimetre at a hundred kilometres.
_FARTHEST_M = 1e5
# Depth that is further off spoils the labels; further than the other nothing fits at all.
_OFF_TOO_FAR, _OFF_EVERYWHERE = 0.04, 0.3
# Share of the images that the surface must fill to be seen at all, and well.
_SEEN_AT_ALL, _SEEN_WELL = 0.02, 0.3
# Correlation below which images hardly show what the surface says; it is 0.8 and more where all is right and in focus.
# What looks better in another way, but is not bad as it is, may be learned.
_ALIKE_AT_ALL, _ALIKE_ENOUGH = 0.3, 0.5
_NEAR_RATIO, _VOXEL_RATIO = 0.05, 1.0 / 6.0


@dataclass(frozen=True)
class SceneCheck:
    """What is wrong with a scene, one line each."""

    errors: tuple[str, ...]
    """Nothing good can be learned."""
    warnings: tuple[str, ...]
    """Something is lost."""

    def require(self) -> None:
        """Raises DatasetError if there are errors, with all of them."""
        if self.errors:
            raise DatasetError("; ".join(self.errors))


_NOTHING = SceneCheck((), ())


def check_scene(
    images: PosedImages, surface: Surface, patch_m: float, progress: ProgressCallback = no_progress
) -> SceneCheck:
    """See that there are enough images, and that their poses, cameras and depth fit the surface.

    Where images have depth, it must be that of the surface; cameras must see the outside of the surface; images must
    look alike where the surface says that they show the same. If one of these is not so, but would be in other units,
    with inverted poses, other axes or another focal length, that is said.

    Raises:
        DatasetError: If an image cannot be read.
    """
    few = _too_few(images)
    if not len(images):
        return SceneCheck(few, ())
    if not len(surface.vertices_m) or not np.isfinite(surface.vertices_m).all():
        return SceneCheck((*few, "the surface has no vertices, or some that are no finite number"), ())
    rows = np.unique(np.linspace(0, len(images) - 1, _VIEWS_LOOKED_AT).astype(np.int64))
    views = small_views(images, rows, lambda ratio: progress(f"checking {images.name}", ratio))
    renderer = _renderer(surface, patch_m)
    with_depth = tuple(view for view in views if view.depth_m is not None)
    said = _by_depth(renderer, with_depth) if with_depth else _NOTHING
    if not said.errors:
        said = _both(said, _by_cover(renderer, views))
    if not said.errors:
        said = _both(said, _by_photos(renderer, images, rows))
    if not said.errors:
        # What images show is sure; sizes alone are a guess.
        said = _both(said, _by_size(images, surface))
    return _both(_both(SceneCheck(few, ()), said), _far_out(surface))


def _renderer(surface: Surface, patch_m: float) -> SurfaceRenderer:
    if len(surface.triangles):
        return SurfaceRenderer(surface, np.ones(len(surface.triangles), np.int32), _NEAR_RATIO * patch_m)
    surface = thin_cloud(surface, _VOXEL_RATIO * patch_m)
    return SurfaceRenderer(surface, np.ones(len(surface.vertices_m), np.int32), _NEAR_RATIO * patch_m)


def _both(first: SceneCheck, second: SceneCheck) -> SceneCheck:
    return SceneCheck(first.errors + second.errors, first.warnings + second.warnings)


def _too_few(images: PosedImages) -> tuple[str, ...]:
    if len(images) >= LEAST_VIEWS:
        return ()
    return (
        f"scene '{images.name}' has {len(images)} images to learn from, at least {LEAST_VIEWS} are needed and some "
        "hundreds are good; record more, or see why others were left out",
    )


def _by_size(images: PosedImages, surface: Surface) -> SceneCheck:
    places_m = np.array([pose.translation_m for pose in images.scene_from_camera])
    way_m, size_m = _across(places_m, (0.0, 100.0)), _across(surface.vertices_m.astype(np.float64), _MIDST)
    if way_m < _LEAST_WAY_M or 1.0 / _ODD_RATIO < size_m / way_m < _ODD_RATIO:
        return _NOTHING
    what = "surface" if size_m > way_m else "poses"
    told = (
        f"the surface is {size_m:.4g} m across, the cameras move over {way_m:.4g} m: the {what} may be in "
        "millimetres, centimetres or inches; give both in metres",
    )
    is_absurd = not 1.0 / _ABSURD_RATIO < size_m / way_m < _ABSURD_RATIO
    return SceneCheck(told, ()) if is_absurd else SceneCheck((), told)


def _across(points_m: Float64, quantiles: tuple[float, float]) -> float:
    low, high = np.percentile(points_m, quantiles, axis=0)
    return float(np.linalg.norm(high - low))


def _far_out(surface: Surface) -> SceneCheck:
    farthest_m = float(np.abs(surface.vertices_m).max())
    if farthest_m < _FARTHEST_M:
        return _NOTHING
    return _warning(
        f"the surface is {farthest_m:.0f} m from the origin of its frame, where positions are good to a centimetre at "
        "best; move surface and poses near to the origin"
    )


def _by_depth(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> SceneCheck:
    found = explained_depth(renderer, views)
    off = f"the depth of the images is off from the surface by {_percent(found.off)}"
    if found.better:
        told = f"{off}, but only by {_percent(found.better_off)} if {found.better}; correct that"
        return _error(told) if found.off > _OFF_TOO_FAR else _warning(told)
    if found.off > _OFF_EVERYWHERE:
        return _error(f"{off}: see that poses, cameras and surface are of one scene, in one frame")
    return _warning(f"{off}: labels are that wrong, too") if found.off > _OFF_TOO_FAR else _NOTHING


def _by_cover(renderer: SurfaceRenderer, views: tuple[SmallView, ...]) -> SceneCheck:
    found = explained_cover(renderer, views)
    fills = f"the outside of the surface fills {_percent(found.cover)} of the images"
    if found.better:
        return _error(f"{fills}, but {_percent(found.better_cover)} if {found.better}; correct that")
    if found.behind > max(found.cover, _SEEN_AT_ALL):
        back = f"{fills} and its back {_percent(found.behind)}"
        return _error(f"{back}: its triangles or normals look the wrong way; turn them round")
    if found.cover < _SEEN_AT_ALL:
        return _error(f"{fills}: see that poses and surface are in one frame, and poses scene-from-camera, z forward")
    return _warning(f"{fills} only") if found.cover < _SEEN_WELL else _NOTHING


def _by_photos(renderer: SurfaceRenderer, images: PosedImages, rows: Int64) -> SceneCheck:
    found = explained_photos(renderer, small_photos(images, rows))
    alike = f"where the surface says that images show the same, their correlation is {found.alike:.2f}"
    if found.better:
        told = f"{alike}, but {found.better_alike:.2f} if {found.better}; correct that"
        return _error(told) if found.alike < _ALIKE_ENOUGH else _warning(told)
    if found.alike < _ALIKE_AT_ALL:
        return _warning(f"{alike}: see that poses, cameras and surface are of one scene, and exact")
    return _NOTHING


def _error(told: str) -> SceneCheck:
    return SceneCheck((told,), ())


def _warning(told: str) -> SceneCheck:
    return SceneCheck((), (told,))


def _percent(ratio: float) -> str:
    if ratio > 9.0:
        return f"a factor of {1.0 + ratio:.3g}"
    return f"{100.0 * ratio:.0f} %" if ratio > 0.095 else f"{100.0 * ratio:.1f} %"
