"""Numbers of buildings in a scan: one for what two cameras see of a building, own ones where none were given."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32, Int32

VIEW_SHIFT = 16
"""An instance of a view is `view << VIEW_SHIFT | instance`: an instance image holds 16 bits."""

_Pair = tuple[int, int]


def join_across_views(range_m: Float32, instance: Int32, rival: Int32, split_ratio: float) -> Int32:
    """`instance` (B,) with one number for what several views see of one building.

    An instance of one view is one of another view if each is what the other is most often seen with, on the same rays
    and surface; and, where views do not overlap, if the range goes on from the last ray of one to the first of the
    other.

    Args:
        range_m: (B,).
        instance: (B,) `view << VIEW_SHIFT | instance`; 0 where unknown, -1 where there is none.
        rival: (B,) instance of another view on the same surface, -1 where there is none.
        split_ratio: Relative jump of the range between buildings.
    """
    views = instance[instance > 0] >> VIEW_SHIFT
    if len(views) == 0 or (views == views[0]).all():
        return instance
    names: dict[int, int] = {}
    for one, other in [*_seen_together(instance, rival), *_side_by_side(range_m, instance, rival, split_ratio)]:
        kept, given_up = sorted((names.get(one, one), names.get(other, other)))
        names |= {number: kept for number, name in names.items() if name == given_up}
        names |= {given_up: kept, one: kept, other: kept}
    joined = instance.copy()
    for number, name in names.items():
        joined[instance == number] = name
    return joined


def name_unknown(range_m: Float32, instance: Int32, split_ratio: float, first_name: int) -> Int32:
    """`instance` with numbers from `first_name` + 1 for hits of unknown building (0): one between jumps of range."""
    unknown = instance == 0
    if not unknown.any():
        return instance
    before = np.roll(range_m, 1)
    ratio = np.fmax(range_m / before, before / range_m)
    begins = unknown & ~(np.roll(unknown, 1) & (ratio < 1.0 + split_ratio))
    piece = np.cumsum(begins)
    # What reaches ray 0 from the last ray without a jump is the last piece.
    piece[piece == 0] = piece[-1]
    return np.where(unknown, piece + first_name, instance).astype(np.int32)


def _seen_together(instance: Int32, rival: Int32) -> list[_Pair]:
    """Pairs of which each is what the other is most often seen with."""
    both = rival > 0
    pairs = np.sort(np.column_stack([instance[both], rival[both]]), axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    best: dict[_Pair, tuple[int, int]] = {}
    rows = [(int(low), int(high), int(count)) for (low, high), count in zip(found, counts, strict=True)]
    for low, high, count in rows:
        for one, other in ((low, high), (high, low)):
            key = (one, other >> VIEW_SHIFT)
            best[key] = max(best.get(key, (0, 0)), (count, other))
    return [
        (low, high) for low, high, _ in rows
        if best[low, high >> VIEW_SHIFT][1] == high and best[high, low >> VIEW_SHIFT][1] == low
    ]


def _side_by_side(range_m: Float32, instance: Int32, rival: Int32, split_ratio: float) -> list[_Pair]:
    """Pairs of neighbouring rays of two views that do not overlap there, without a jump of the range."""
    after, after_m = np.roll(instance, -1), np.roll(range_m, -1)
    alone = (rival < 0) & (np.roll(rival, -1) < 0)
    known = (instance > 0) & (after > 0) & (instance >> VIEW_SHIFT != after >> VIEW_SHIFT)
    goes_on = np.fmax(range_m / after_m, after_m / range_m) < 1.0 + split_ratio
    rays = np.flatnonzero(alone & known & goes_on)
    return [(int(instance[ray]), int(after[ray])) for ray in rays]
