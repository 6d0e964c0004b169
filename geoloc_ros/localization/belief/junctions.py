"""How road cells join: where the next cell in memory is not the next on the road, and which cell lies opposite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Bool, Float32, Int32, Int64
from geoloc_ros.localization.belief.cells import RoadCells
from geoloc_ros.maps.geomap import PlaceGraph

_OPPOSITE_RAD = 2.5


@dataclass(frozen=True)
class CellJoints:
    """Roads are rows of cells in memory; J junctions join their ends. Also where a road ends is a junction."""

    step_turn_rad: Float32
    """(C,), to the left, from cell c - 1 to c where that is the only way; 0 for the first cells after junctions."""
    in_start: Int32
    """(J + 1,) first entry of `in_cell`."""
    in_cell: Int32
    """(I,) last cells before a junction."""
    in_turn_rad: Float32
    """(I,), to the left, from such a cell to the viewpoint at the junction."""
    out_start: Int32
    """(J + 1,) first entry of `out_cell`."""
    out_cell: Int32
    """(O,) first cells after a junction; all of one junction lie at the same place."""
    opposite: Int32
    """(C,) the cell at about the same place in the other direction of the road; -1 on one-way roads."""

    def __len__(self) -> int:
        return len(self.in_start) - 1


def join_cells(cells: RoadCells, places: PlaceGraph) -> CellJoints:
    """Joints of the cells of a place graph."""
    first, last = cells.link_start[:-1], cells.link_start[1:] - 1
    plain = _follows_the_link_before(cells, len(places.viewpoint_place))
    step_turn = cells.cell_turn_rad.copy()
    step_turn[first[plain]] = cells.exit_turn_rad[np.flatnonzero(plain) - 1]
    # A link that leads nowhere ends at a junction of its own, numbered after the viewpoints.
    goal, viewpoints = cells.link_to.astype(np.int64), len(places.viewpoint_place)
    goal[goal < 0] = viewpoints + np.arange(np.count_nonzero(goal < 0))
    arrives_plainly = np.append(plain[1:], False)
    ins, outs = np.flatnonzero(~arrives_plainly), np.flatnonzero(~plain)
    ins = ins[np.argsort(goal[ins], kind="stable")]
    junction = np.union1d(goal[ins], cells.link_from[outs])
    return CellJoints(
        step_turn,
        np.searchsorted(goal[ins], np.append(junction, np.iinfo(np.int64).max)).astype(np.int32),
        last[ins].astype(np.int32), cells.exit_turn_rad[ins],
        np.searchsorted(cells.link_from[outs], np.append(junction, np.iinfo(np.int32).max)).astype(np.int32),
        first[outs].astype(np.int32), _opposite(cells, places),
    )


def _follows_the_link_before(cells: RoadCells, viewpoints: int) -> Bool:
    """Links (L,) whose first cell can only be reached from the cell before it in memory, and that only leads there."""
    ways_in = np.bincount(cells.link_to[cells.link_to >= 0], minlength=viewpoints)
    ways_out = np.bincount(cells.link_from, minlength=viewpoints)
    alone = (ways_in[cells.link_from] == 1) & (ways_out[cells.link_from] == 1)
    joined: Bool = alone & (np.append(-1, cells.link_to[:-1]) == cells.link_from)
    return joined


def _opposite(cells: RoadCells, places: PlaceGraph) -> Int32:
    """Cell k of n of a link lies where cell n - k of the link back does; cell 0 at the first of the other viewpoint."""
    other = _other_direction(places)
    start, end = other[cells.link_from], np.where(cells.link_to < 0, -1, other[cells.link_to])
    link = np.arange(len(start))
    back = _find_links(cells, end, start)
    back[(back == link) | (start < 0) | (end < 0)] = -1  # a way round at the end of a road is its own way back
    counts = np.diff(cells.link_start)
    of_cell = np.repeat(link, counts)
    k = np.arange(len(cells)) - cells.link_start[of_cell]
    there = back[of_cell]
    n = counts[there]
    mirrored = cells.link_start[there] + np.clip(np.rint((1.0 - k / counts[of_cell]) * n).astype(np.int64), 0, n - 1)
    opposite = np.where(there < 0, -1, mirrored)
    at_start = (k == 0) & (start[of_cell] >= 0)
    first_link = np.searchsorted(cells.link_from, np.maximum(start, 0))
    opposite[at_start] = cells.link_start[first_link[of_cell[at_start]]]
    return opposite.astype(np.int32)


def _other_direction(places: PlaceGraph) -> Int64:
    """Viewpoint (V,) of the same place that looks the other way; -1 where nobody drives that way."""
    order = np.argsort(places.viewpoint_place, kind="stable")
    place, yaw = places.viewpoint_place[order], places.viewpoint_yaw_rad[order]
    pair = np.flatnonzero(place[1:] == place[:-1])
    pair = pair[np.abs(wrap_angle(yaw[pair + 1] - yaw[pair])) > _OPPOSITE_RAD]
    other = np.full(len(place), -1, np.int64)
    other[order[pair]], other[order[pair + 1]] = order[pair + 1], order[pair]
    return other


def _find_links(cells: RoadCells, start: Int64, end: Int64) -> Int64:
    """Link (n,) that leads from one viewpoint to another; -1 where none does."""
    span = int(max(cells.link_from.max(), cells.link_to.max())) + 2
    key = cells.link_from.astype(np.int64) * span + cells.link_to + 1
    order = np.argsort(key, kind="stable")
    wanted = start * span + end + 1
    row = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    return np.where(key[order[row]] == wanted, order[row], -1)
