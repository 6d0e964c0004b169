"""Where drives contradict the map: buildings that are gone, and new ones, each with its probability."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int32, Int64
from geoloc_ros.evaluation.map_evidence import BuildingWitness, Outcome, SeenDrive
from geoloc_ros.evaluation.new_buildings import NewBuildings, NewBuildingSearch
from geoloc_ros.maps.geomap import GeoMap

_LEAST_RAYS = 5
"""Fewer of one drive say nothing about a building."""
_USUAL_RATIO, _USUAL_WEIGHT = 0.05, 20.0
"""Share of the buildings of a map that are gone before anything was seen, and how many buildings that is worth."""
_LOOKS_THERE, _LOOKS_GONE = 0.05, 0.002
"""Gone buildings that look as if they were there in every drive, as something stands close behind; and the reverse."""


class Verdict(IntEnum):
    """What one drive says about one building."""

    SEEN = 0
    """Half of its rays or more meet it."""
    SEEN_THROUGH = 1
    """Rays meet what is behind it, and hardly any meets it."""
    MOSTLY_THROUGH = 2
    OPEN = 3
    """An open view: gone, or a camera's network does not know it for a building, for the whole drive."""
    PARTLY = 4
    HIDDEN = 5


# How often a drive says so of buildings that are there, and of such that are gone, where something stands behind (first
# line) and where nothing does. Counted over 120 drives of 1 km in Kyoto at noise `paper` (seed 5): 7 846 buildings.
_GIVEN_THERE = np.array([[0.668, 0.013, 0.011, 0.142, 0.018, 0.149], [0.632, 0.016, 0.008, 0.141, 0.051, 0.155]])
_GIVEN_GONE = np.array([[0.077, 0.617, 0.148, 0.035, 0.065, 0.069], [0.095, 0.347, 0.079, 0.068, 0.116, 0.326]])


@dataclass(frozen=True)
class RemovedBuildings:
    """K buildings of the map, the most probably gone first."""

    building: Int32
    """(K,), of the map."""
    probability: Float64
    """(K,) that it is gone."""
    num_rays: Int64
    """(K,), of all drives, that should have met it."""
    num_drives: Int64
    """(K,), that say anything about it."""


class MapDiff:
    """Gathers drives through one map. Drives are independent witnesses, the rays of one drive are not."""

    def __init__(self, geomap: GeoMap) -> None:
        self._witness, self._search = BuildingWitness(geomap), NewBuildingSearch(geomap)
        count = len(geomap.buildings)
        self._log_ratio = np.zeros(count)
        self._num_rays, self._num_drives = np.zeros(count, np.int64), np.zeros(count, np.int64)

    def add(self, drive: SeenDrive) -> None:
        """Take in a drive; all of it, since frames of one drive err alike. One without a fix says nothing."""
        if len(drive.pose) == 0:
            return
        counts = self._witness.count(drive)
        rays = counts.sum(axis=(1, 2))
        told = np.flatnonzero(rays >= _LEAST_RAYS)
        verdict, nothing_behind = verdicts(counts[told])
        self._log_ratio[told] += np.log(_GIVEN_GONE / _GIVEN_THERE)[nothing_behind, verdict]
        self._num_rays[told] += rays[told]
        self._num_drives[told] += 1
        self._search.add(drive)

    @property
    def was_looked_at(self) -> Bool:
        """(N,), buildings that a drive says something about."""
        return np.asarray(self._num_drives > 0)

    def copied(self) -> MapDiff:
        """One that goes its own way from here."""
        other = copy(self)
        other._log_ratio = self._log_ratio.copy()
        other._num_rays, other._num_drives = self._num_rays.copy(), self._num_drives.copy()
        other._search = self._search.copied()
        return other

    def removed(self, least_probability: float = 0.2) -> RemovedBuildings:
        """Buildings that are gone with at least that probability."""
        probability = self.probability()
        chosen = np.flatnonzero(self.was_looked_at & (probability >= least_probability))
        chosen = chosen[np.argsort(-probability[chosen], kind="stable")]
        return RemovedBuildings(
            chosen.astype(np.int32), probability[chosen], self._num_rays[chosen], self._num_drives[chosen]
        )

    def new(self, least_probability: float = 0.2) -> NewBuildings:
        """Buildings that the map does not have, with at least that probability."""
        return self._search.found(least_probability)

    def probability(self) -> Float64:
        """(N,) that each building is gone; of those that nobody saw, the share of all."""
        told = self.was_looked_at
        gone = np.exp(self._log_ratio.clip(-50.0, 50.0))
        gone = (1.0 - _LOOKS_THERE) * gone + _LOOKS_THERE
        ratio = gone / (1.0 + _LOOKS_GONE * gone)
        share, posterior = _USUAL_RATIO, np.zeros(len(ratio))
        # How much of this map is outdated is learnt from all of its buildings together.
        for _ in range(50):
            posterior = share * ratio / (share * ratio + 1.0 - share)
            share = (posterior[told].sum() + _USUAL_RATIO * _USUAL_WEIGHT) / (told.sum() + _USUAL_WEIGHT)
        return np.where(told, posterior, share)


def verdicts(counts: Int64) -> tuple[Int64, Int64]:
    """Verdict (K,) of one drive on buildings with rays (K, 2, 5), and 1 where mostly nothing stands behind (K,)."""
    total = counts.sum(axis=(1, 2))
    shares = counts.sum(axis=1) / total[:, None]
    wall, through, is_open = shares[:, Outcome.WALL], shares[:, Outcome.THROUGH], shares[:, Outcome.OPEN]
    rules = (
        (Verdict.SEEN_THROUGH, (through >= 0.05) & (wall < 0.05)),
        (Verdict.OPEN, (is_open >= 0.5) & (wall < 0.2) & (through < 0.05)),
        (Verdict.MOSTLY_THROUGH, (through >= 0.2) & (through > 2.0 * wall)),
        (Verdict.SEEN, wall >= 0.5),
        (Verdict.PARTLY, wall >= 0.2),
    )
    verdict = np.select([rule for _, rule in rules], [value for value, _ in rules], Verdict.HIDDEN)
    return verdict.astype(np.int64), (counts[:, 0].sum(axis=1) < 0.5 * total).astype(np.int64)
