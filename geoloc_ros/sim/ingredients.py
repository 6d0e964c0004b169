"""Each ingredient of a noise level alone, and each taken away: to see what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args

from geoloc_ros.sim.noise import NoiseLevel

Ingredient = Literal[
    "removed", "added", "moved", "trees", "vehicles", "camera", "missed", "read_open", "patches", "merged", "split",
    "depth_building", "depth_ray", "dropout", "borders",
]
INGREDIENTS: Final[tuple[Ingredient, ...]] = cast(tuple[Ingredient, ...], get_args(Ingredient))
"""In the order of cause: world, camera, labels, instances, depth. How poses are off the places is not among them."""


@dataclass(frozen=True)
class _Fields:
    """Of each part of a level, those that make an ingredient."""

    world: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    image: tuple[str, ...] = ()


_FIELDS: Final[dict[Ingredient, _Fields]] = {
    "removed": _Fields(world=("removed_ratio",)),
    "added": _Fields(world=("added_ratio",)),
    "moved": _Fields(world=("moved_m", "resized_ratio")),
    "trees": _Fields(world=("removed_tree_ratio", "avenue_ratio")),
    "vehicles": _Fields(world=("parked_ratio", "company_ratio", "oncoming_per_s", "people_per_km")),
    "camera": _Fields(camera=("tilt_deg", "shake_deg", "yaw_deg", "height_m")),
    "missed": _Fields(image=("missed_ratio",)),
    "read_open": _Fields(image=("read_open_ratio",)),
    "patches": _Fields(image=("patch_ratio",)),
    "merged": _Fields(image=("merged_ratio",)),
    "split": _Fields(image=("split_ratio",)),
    "depth_building": _Fields(image=("depth_building_ratio",)),
    "depth_ray": _Fields(image=("depth_pixel_ratio",)),
    "dropout": _Fields(image=("dropout_at_100m", "depth_limit_m")),
    "borders": _Fields(image=("border_px",)),
}
_NONE: Final = NoiseLevel()


def without(level: NoiseLevel, ingredient: Ingredient) -> NoiseLevel:
    """The level but for one ingredient. Without `read_open`, all that is missed reads as an obstacle."""
    if ingredient == "read_open":
        return replace(level, image=replace(level.image, read_open_ratio=0.0))
    return _with_fields(level, _NONE, _FIELDS[ingredient])


def only(level: NoiseLevel, ingredient: Ingredient) -> NoiseLevel:
    """No noise but one ingredient. `missed` alone never reads as open view, `read_open` alone is what does."""
    if ingredient == "missed":
        return replace(_NONE, image=replace(_NONE.image, missed_ratio=level.image.missed_ratio, read_open_ratio=0.0))
    if ingredient == "read_open":
        missed_ratio = level.image.missed_ratio * level.image.read_open_ratio
        return replace(_NONE, image=replace(_NONE.image, missed_ratio=missed_ratio, read_open_ratio=1.0))
    return _with_fields(_NONE, level, _FIELDS[ingredient])


def _with_fields(level: NoiseLevel, other: NoiseLevel, fields: _Fields) -> NoiseLevel:
    return replace(
        level,
        world=replace(level.world, **{name: getattr(other.world, name) for name in fields.world}),
        camera=replace(level.camera, **{name: getattr(other.camera, name) for name in fields.camera}),
        image=replace(level.image, **{name: getattr(other.image, name) for name in fields.image}),
    )
