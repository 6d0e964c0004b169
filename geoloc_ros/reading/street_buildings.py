"""Which building is which: the street network's boundaries and jumps of the range, sector by sector around the camera.

Walls that end are upright, so what separates two buildings is decided once for all heights (SYSTEMS S1: the most
common instance per column), and a gap in a boundary lets nothing leak.
"""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64, Pose3, UInt8, UInt16
from geoloc_ros.reading.street_output import Sectors, fronts_of_sectors

_HEIGHTS_M = (1.0, 20.0)
_QUANTILE = 0.25
# Fitted on views of the training's cities, to borders that the truth has in a scan and others: how surely two
# buildings touch in a sector grows with the mean logit in the cells of the front and with their number, and falls with
# its range, for what is far away the network cannot tell apart and calls touching everywhere.
_PER_CELLS, _PER_RANGE, LEAST_EVIDENCE = 1.0, 0.55, 2.8
JUMP = 0.3
"""Jump of the logarithm of the range that separates two buildings, where nothing else does."""
WIDEST_GAP = 5
"""A building that is hidden in so many sectors is the same on the other side."""
_LEAST_SECTORS, _MOST_SECTORS = 90, 4096


def look_round(camera: Camera, base_from_camera: Pose3, height: int, width: int, seam: int) -> Sectors:
    """Sectors about as wide as the cells of a network.

    Args:
        camera: Which way the pixels look.
        base_from_camera: Its mount.
        height: Of the cells, which all rows of pixels fill.
        width: Of the cells, the seams included.
        seam: Columns of cells beyond each side border of the image.
    """
    rays = np.einsum("hwi,ji->hwj", camera.rays(), base_from_camera.rotation.astype(np.float32))
    row = ((np.arange(height) + 0.5) * camera.height / height).astype(np.int64)
    column = ((np.arange(width - 2 * seam) + 0.5) * camera.width / (width - 2 * seam)).astype(np.int64)
    cells = rays[row[:, None], column]
    count = _num_sectors(cells)
    of_cell = np.full((height, width), -1, np.int32)
    level, up = np.zeros((2, height, width), np.float32)
    inside = slice(seam, width - seam)
    of_cell[:, inside] = np.where(np.isnan(cells[..., 0]), -1, _sector(cells, count))
    level[:, inside], up[:, inside] = np.hypot(cells[..., 0], cells[..., 1]), cells[..., 2]
    camera_m = float(base_from_camera.translation_m[2])
    return Sectors(count, _sector(rays, count).astype(np.uint16), of_cell, level, up, camera_m)


def number_sectors(classes: UInt8, inverse_depth: Float32, boundary: Float32, sectors: Sectors) -> UInt16:
    """Which building is in front in each sector (S,), from 1 on; 0 where none is near.

    Args:
        classes: (h, w) of core.classes.
        inverse_depth: (h, w), 1/m.
        boundary: (h, w), logit that two buildings touch.
        sectors: Where the cells lie.
    """
    fronts = fronts_of_sectors(classes, inverse_depth, boundary, sectors, _HEIGHTS_M, _QUANTILE)
    number = np.zeros(sectors.count, np.int64)
    seen = np.flatnonzero(~np.isnan(fronts.range_m))
    if len(seen):
        range_m, steps = fronts.range_m[seen].astype(np.float64), _steps(seen, sectors.count)
        evidence = fronts.touching[seen] + _PER_CELLS * np.log(fronts.num_cells[seen]) - _PER_RANGE * np.log(range_m)
        number[seen] = _pieces(_separates(range_m, evidence - LEAST_EVIDENCE, steps))
    return _across_gaps(number).astype(np.uint16)


def _steps(seen: Int64, count: int) -> Int64:
    """From each of the sectors (K,) on a circle of `count` to the next one: 1 for neighbours."""
    return np.asarray((np.roll(seen, -1) - seen - 1) % count + 1)


def _separates(range_m: Float64, touching: Float64, steps: Int64) -> Bool:
    """Whether another building begins after each of the sectors (K,), in order round the circle.

    Where two touch (a positive number) it is beside the sector in which they do so most; elsewhere jumps tell.
    """
    jump = _jumps(1.0 / range_m, steps)
    is_border = _is_peak(touching) & (touching > 0.0)
    # The border is a line in the sector, so the building changes before the sector or after it.
    is_after = np.roll(touching, -1) >= np.roll(touching, 1)
    touch = (is_border & is_after) | np.roll(is_border & ~is_after, -1)
    taken = touch | np.roll(touch, 1) | np.roll(touch, -1)
    return np.asarray(touch | ((jump > JUMP) & _is_peak(jump) & ~taken) | (steps > WIDEST_GAP))


def _is_peak(values: Float64) -> Bool:
    return np.asarray((values >= np.roll(values, 1)) & (values > np.roll(values, -1)))


def _jumps(nearness: Float64, steps: Int64) -> Float64:
    """How far apart in the logarithm of the range each sector (K,) and its successor are, and not by slope alone.

    Along a wall the inverse range of a direction is linear, nearly, so what either side foretells of the other counts
    too, and the least of the three is the jump: corners and walls that run away from the camera are none.
    """
    after, before, next_but_one = np.roll(nearness, -1), np.roll(nearness, 1), np.roll(nearness, -2)
    steps_before, steps_after = np.roll(steps, 1), np.roll(steps, -1)
    plain = _apart(after, nearness)
    ahead = _apart(after, nearness + (nearness - before) * steps / steps_before)
    back = _apart(nearness, after + (after - next_but_one) * steps / steps_after)
    ahead, back = np.where(steps_before <= 2, ahead, plain), np.where(steps_after <= 2, back, plain)
    return np.asarray(np.minimum(plain, np.minimum(ahead, back)))


def _apart(a: Float64, b: Float64) -> Float64:
    least = 1e-4
    return np.asarray(np.abs(np.log(np.maximum(a, least) / np.maximum(b, least))))


def _pieces(separates: Bool) -> Int64:
    """Numbers (K,) from 1 of what lies between separations round a circle."""
    piece = np.cumsum(np.roll(separates, 1))
    # What comes before the first separation belongs to what comes after the last one.
    piece[piece == 0] = max(1, piece[-1])
    return np.asarray(piece)


def _across_gaps(number: Int64) -> Int64:
    """With sectors that are next to a building and show none near taken for that building."""
    for _ in range(1 + WIDEST_GAP // 2):
        for turn in (1, -1):
            number = np.where(number == 0, np.roll(number, turn), number)
    return number


def _num_sectors(cells: Float32) -> int:
    """As many as there are cells in a turn about the vertical, of directions (h, w, 3), where they look most level."""
    tilt = np.abs(cells[..., 2]) / np.linalg.norm(cells, axis=-1)
    level = cells[np.argmin(np.where(np.isnan(tilt), 1.0, tilt).mean(axis=1))]
    level = level[~np.isnan(level[:, 0])]
    if len(level) < 2:
        return _LEAST_SECTORS  # a lens that lets hardly any direction through
    turn = np.diff(np.unwrap(np.arctan2(level[:, 1], level[:, 0]).astype(np.float64)))
    return int(np.clip(round(2.0 * np.pi / max(float(np.median(np.abs(turn))), 1e-6)), _LEAST_SECTORS, _MOST_SECTORS))


def _sector(rays: Float32, count: int) -> Int32:
    turn = np.arctan2(np.nan_to_num(rays[..., 1]), np.nan_to_num(rays[..., 0])) % np.float32(2.0 * np.pi)
    return (turn * np.float32(count / (2.0 * np.pi))).astype(np.int32) % count
