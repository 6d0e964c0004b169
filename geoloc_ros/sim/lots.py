"""What is built on a block of a made-up town: rows, villas, courts, slabs or a park."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.polygon import orient

from geoloc_ros.core.types import Float64

STREET_M = 6.8
"""From the centre line to the building line: half a carriageway and the pavement."""

BlockStyle = Literal["rows", "villas", "court", "slabs", "park"]
STYLES: tuple[BlockStyle, ...] = ("rows", "villas", "court", "slabs", "park")
STYLE_PROBABILITY = (0.34, 0.24, 0.18, 0.14, 0.10)


@dataclass(frozen=True)
class Lot:
    """Ranges that a style draws from, m."""

    front: tuple[float, float]
    depth: tuple[float, float]
    setback: tuple[float, float]
    gap: tuple[float, float]
    height: tuple[float, float]
    gap_probability: float


LOTS: dict[BlockStyle, Lot] = {
    "rows": Lot((7.0, 18.0), (9.0, 13.0), (0.0, 1.5), (3.0, 9.0), (8.0, 16.0), 0.2),
    "villas": Lot((9.0, 16.0), (8.0, 12.0), (3.0, 7.0), (4.0, 12.0), (5.5, 9.5), 1.0),
    "court": Lot((14.0, 26.0), (11.0, 14.0), (0.0, 0.8), (3.5, 6.0), (14.0, 22.0), 0.12),
    "slabs": Lot((22.0, 55.0), (12.0, 22.0), (2.0, 9.0), (6.0, 22.0), (9.0, 34.0), 1.0),
}


@dataclass
class Built:
    """Buildings and trees as they come about."""

    footprints: list[shapely.Polygon] = field(default_factory=list)
    heights_m: list[float] = field(default_factory=list)
    trees_m: list[Float64] = field(default_factory=list)

    def add(self, footprint: shapely.Polygon, height_m: float) -> None:
        """Add one building."""
        self.footprints.append(footprint)
        self.heights_m.append(height_m)


def build_block(block: shapely.Polygon, built: Built, rng: np.random.Generator) -> None:
    """Fill the land between some streets."""
    land = shapely.simplify(block.buffer(-STREET_M, join_style="mitre"), 0.3)
    for part in shapely.get_parts(land):
        if part.area > 150.0:
            _build_land(part, STYLES[rng.choice(len(STYLES), p=STYLE_PROBABILITY)], built, rng)


def _build_land(land: shapely.Polygon, style: BlockStyle, built: Built, rng: np.random.Generator) -> None:
    if style == "park":
        _plant(land, 0.006, built, rng)
        return
    lot = LOTS[style]
    if style == "court" and land.area < 9000.0 and rng.random() < 0.4:
        court = land.buffer(-rng.uniform(*lot.depth), join_style="mitre")
        if court.geom_type == "Polygon" and court.area > 80.0:
            built.add(orient(shapely.Polygon(land.exterior, [court.exterior])), rng.uniform(*lot.height))
            return
    taken = _along_the_street(land, lot, built, rng)
    yard = shapely.difference(land.buffer(-6.0), shapely.union_all(taken).buffer(7.0) if taken else shapely.Point())
    for _ in range(int(yard.area / 900.0)):
        shed = _rectangle(_point_in(yard, rng), rng.uniform(0, np.pi), *rng.uniform([8, 6], [20, 12]))
        if shapely.contains(yard, shed):
            built.add(shed, rng.uniform(3.0, 9.0))
            yard = shapely.difference(yard, shed.buffer(5.0))
    _plant(yard, 0.002, built, rng)


def _along_the_street(
    land: shapely.Polygon, lot: Lot, built: Built, rng: np.random.Generator
) -> list[shapely.Polygon]:
    """Buildings side by side round the block, each facing its street."""
    ring = orient(land).exterior
    inside = land.buffer(0.05)
    taken: list[shapely.Polygon] = []
    height_m, setback_m = rng.uniform(*lot.height), rng.uniform(*lot.setback)
    along_m = rng.uniform(0.0, 10.0)
    while along_m < ring.length - lot.front[0]:
        front_m = rng.uniform(*lot.front)
        start_m, end_m = (np.array(ring.interpolate(s).coords[0]) for s in (along_m, along_m + front_m))
        house = _house(start_m, end_m, setback_m, rng.uniform(*lot.depth), rng)
        overlap_m2 = shapely.area(shapely.intersection(house, taken)).sum() if taken else 0.0
        if shapely.contains(inside, house) and overlap_m2 < 0.5:
            taken.append(house)
            built.add(house, height_m)
            along_m += front_m + (rng.uniform(*lot.gap) if rng.random() < lot.gap_probability else 0.0)
            if rng.random() < 0.6:
                height_m = rng.uniform(*lot.height)
            if rng.random() < 0.3:
                setback_m = rng.uniform(*lot.setback)
        else:
            along_m += 2.5
    return taken


def _house(
    start_m: Float64, end_m: Float64, setback_m: float, depth_m: float, rng: np.random.Generator
) -> shapely.Polygon:
    """A box, often with a wing or a notch."""
    width_m = float(np.hypot(*(end_m - start_m)))
    along = (end_m - start_m) / max(width_m, 1e-9)
    frame = np.stack([along, [-along[1], along[0]]])
    w, d = width_m, depth_m
    shape = rng.random()
    if shape < 0.3:
        a, e = rng.uniform(0.35, 0.65) * w, rng.uniform(2.5, 7.0)
        outline = [(0, 0), (w, 0), (w, d), (a, d), (a, d + e), (0, d + e)]
    elif shape < 0.5:
        a, e = rng.uniform(0.3, 0.7) * w, rng.uniform(1.0, 3.0)
        outline = [(0, 0), (a, 0), (a, e), (w, e), (w, d), (0, d)]
    else:
        outline = [(0, 0), (w, 0), (w, d), (0, d)]
    return shapely.Polygon(start_m + (np.array(outline) + [0.0, setback_m]) @ frame)


def _rectangle(centre_m: Float64, angle_rad: float, length_m: float, width_m: float) -> shapely.Polygon:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [length_m / 2, width_m / 2]
    return shapely.Polygon(centre_m + corners @ np.array([[cos, sin], [-sin, cos]]))


def _point_in(land: shapely.Geometry, rng: np.random.Generator) -> Float64:
    west, south, east, north = land.bounds
    return np.asarray(rng.uniform([west, south], [east, north]))


def _plant(land: shapely.Geometry, per_m2: float, built: Built, rng: np.random.Generator) -> None:
    if land.is_empty:
        return
    west, south, east, north = land.bounds
    points_m = rng.uniform([west, south], [east, north], (int(per_m2 * (east - west) * (north - south)), 2))
    built.trees_m.extend(points_m[shapely.contains_xy(land.buffer(-1.5), points_m)])
