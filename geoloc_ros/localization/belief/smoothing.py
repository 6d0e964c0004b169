"""Where a vehicle was, from all that was seen before and after: the backward pass over remembered beliefs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float32, Int32
from geoloc_ros.localization.belief.junctions import CellJoints
from geoloc_ros.localization.belief.native import belief_native, pointer

_LEAST_SHARE = 1e-9
_MOST_CELLS = 20_000


@dataclass(frozen=True)
class Snapshot:
    """The n cells that matter in a belief, ascending."""

    cell: Int32
    """(n,)."""
    mass: Float32
    """(n,)."""
    moment: Float32
    """(n,), mass times heading deviation."""
    backward: bool
    """Whether the step to the next snapshot was one in reverse."""


class BeliefHistory:
    """The last beliefs, each as it was before a step of all paths, with as many cells as memory allows.

    Forward, a belief knows what was seen until then. Backward, each cell passes on what its ways on are worth in the
    light of all later frames; what heading and frames said on the way is in the forward masses and need not be kept.
    """

    def __init__(self, joints: CellJoints, num_cells: int, stay: float, num_steps: int) -> None:
        self._joints, self._num_cells, self._stay = joints, num_cells, stay
        self._snapshots: deque[Snapshot] = deque(maxlen=num_steps)
        self._after = _junction_of(joints.in_start, joints.in_cell, num_cells)
        self._before = _junction_of(joints.out_start, joints.out_cell, num_cells)
        kept = min(_MOST_CELLS, num_cells)
        self._cell, self._masses = np.empty(kept, np.int32), np.empty((2, kept), np.float32)

    @property
    def is_kept(self) -> bool:
        """Whether anything is remembered at all."""
        return self._snapshots.maxlen != 0

    def __len__(self) -> int:
        """Snapshots."""
        return len(self._snapshots)

    def clear(self) -> None:
        """Forget all."""
        self._snapshots.clear()

    def record(self, mass: Float32, moment: Float32, backward: bool) -> None:
        """Keep a belief (C,), (C,) as it is before a step."""
        if self.is_kept:
            self._snapshots.append(self._snapshot(mass, moment, backward))

    def smoothed(self, mass: Float32, moment: Float32) -> list[Snapshot]:
        """Beliefs given everything until now, oldest first, the last one being now: `mass` and `moment` (C,).

        Where no drivable path leads on (a vehicle was carried away), what was before is smoothed by itself.
        """
        later = self._snapshot(mass, moment, False)
        found = [later]
        for earlier in reversed(self._snapshots):
            later = self._look_back(earlier, later)
            found.append(later)
        return found[::-1]

    def most_probable_path(self, mass: Float32, moment: Float32) -> Int32:
        """Cells (n + 1,) of the one path that explains everything best, oldest first, one per snapshot and one for now.

        It is not the row of the best cells: those may lie on different paths.
        """
        snapshots = [*self._snapshots, self._snapshot(mass, moment, False)]
        score, origins = snapshots[0].mass, []
        for earlier, later in zip(snapshots, snapshots[1:], strict=False):
            score, origin = self._best_steps(earlier, score, later)
            origins.append(origin)
        row = int(np.argmax(score))
        path = [int(snapshots[-1].cell[row])]
        for snapshot, origin in zip(snapshots[-2::-1], reversed(origins), strict=True):
            row = int(origin[row])
            path.append(int(snapshot.cell[row]))
        return np.array(path[::-1], np.int32)

    def _snapshot(self, mass: Float32, moment: Float32, backward: bool) -> Snapshot:
        count = belief_native().geoloc_belief_snapshot(
            self._num_cells, pointer(mass), pointer(moment), float(mass.max()) * _LEAST_SHARE, len(self._cell),
            pointer(self._cell), pointer(self._masses[0]), pointer(self._masses[1]),
        )
        if count < 0:
            cell = np.sort(np.argpartition(mass, -len(self._cell))[-len(self._cell) :])
            return Snapshot(cell.astype(np.int32), mass[cell], moment[cell], backward)
        masses = self._masses[:, :count].copy()
        return Snapshot(self._cell[:count].copy(), masses[0], masses[1], backward)

    def _predict(self, snapshot: Snapshot, score: Float32, best: Float32, origin: Int32) -> Float32:
        """Mass (C,) that a step leads to; writes the greatest score to `best` (C,), and where from to `origin` (C,)."""
        predicted = np.zeros(self._num_cells, np.float32)
        belief_native().geoloc_belief_predict(
            *self._road(), snapshot.backward, self._stay, len(snapshot.cell), pointer(snapshot.cell),
            pointer(snapshot.mass), pointer(score), pointer(predicted), pointer(best), pointer(origin),
        )
        return predicted

    def _best_steps(self, earlier: Snapshot, score: Float32, later: Snapshot) -> tuple[Float32, Int32]:
        """Score (n,) of the best path to each cell of `later`, and the entry of `earlier` (n,) that it comes from."""
        best, origin = np.zeros(self._num_cells, np.float32), np.zeros(self._num_cells, np.int32)
        predicted = self._predict(earlier, score, best, origin)
        came = self._came_from(later.cell, predicted)
        # What a cell holds of what was led to it is what heading and frames said of it.
        weight = np.divide(later.mass, predicted[came], out=np.zeros_like(later.mass), where=predicted[came] > 0.0)
        following = best[came] * weight
        if not following.max() > 0.0:  # carried away: the path begins anew
            return later.mass, np.full(len(later.cell), int(np.argmax(score)), np.int32)
        return following / following.max(), origin[came]

    def _look_back(self, earlier: Snapshot, later: Snapshot) -> Snapshot:
        unused, nobody = np.zeros(self._num_cells, np.float32), np.zeros(self._num_cells, np.int32)
        predicted = self._predict(earlier, earlier.mass, unused, nobody)
        came, ratio = self._came_from(later.cell, predicted), np.zeros(self._num_cells, np.float32)
        share = np.divide(later.mass, predicted[came], out=np.zeros_like(later.mass), where=predicted[came] > 0.0)
        np.add.at(ratio, came, share)
        smoothed = np.empty_like(earlier.mass)
        belief_native().geoloc_belief_look_back(
            *self._road(), earlier.backward, self._stay, len(earlier.cell), pointer(earlier.cell),
            pointer(earlier.mass), pointer(ratio), pointer(smoothed),
        )
        total = float(smoothed.sum(dtype=np.float64))
        if not total > 0.0:
            return earlier
        mass = smoothed / np.float32(total)
        moment: Float32 = mass * earlier.moment / earlier.mass
        return Snapshot(earlier.cell, mass, moment, earlier.backward)

    def _came_from(self, cell: Int32, predicted: Float32) -> Int32:
        """The cells themselves, or those opposite for paths that have turned round in this step."""
        opposite = self._joints.opposite[cell]
        turned = (predicted[cell] <= 0.0) & (opposite >= 0)
        return np.where(turned, opposite, cell)

    def _road(self) -> tuple[int, ...]:
        joints = self._joints
        arrays = (self._after, self._before, joints.in_start, joints.in_cell, joints.out_start, joints.out_cell)
        return tuple(pointer(array) for array in arrays)


def _junction_of(start: Int32, cell: Int32, num_cells: int) -> Int32:
    """The junction (C,) that a cell is listed at; -1 where at none."""
    junction = np.full(num_cells, -1, np.int32)
    junction[cell] = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    return junction
