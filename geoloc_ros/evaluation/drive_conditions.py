"""The conditions under which whole drives are made for a localizer, and the drives themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import Float64, PositionFix
from geoloc_ros.evaluation.scan_runs import receiver_fixes
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.grid_city import make_grid_city
from geoloc_ros.sim.noise import CONDITIONS, NoiseLevel
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator

LENGTH_M = 1000.0
GRID_BLOCKS = 16
Where = Literal["here", "teleport", "outside", "grid"]
Positions = Literal["none", "right", "wrong"]

_WRONG_BY_M = (60.0, 150.0)
_JUMP_EVERY_S = 30.0
_CARRIED_M = 300.0
_SECOND_HALF = 100_000
"""Added to the number of a drive: the place that it is carried to is that of another one."""
_ATTEMPTS = 20


@dataclass(frozen=True)
class DriveCondition:
    """What is wrong, and what the operator has set; nobody ever tells the localizer where a drive starts or heads."""

    name: str
    level: NoiseLevel
    camera_is_turned: bool = False
    """By any whole number of rays, another one in each drive."""
    positions: Positions = "none"
    """Of a satellite receiver. Wrong ones are 60 to 150 m off, in even drives by a constant, in odd ones by another
    offset every 30 s."""
    where: Where = "here"
    """On the map; there, but carried elsewhere at half way; on the map of another city; in a perfect grid."""
    settings: tuple[str, ...] = ()
    """Overrides `section.key=value` of the config."""


def find_drive_condition(name: str) -> DriveCondition:
    """The condition of that name.

    Raises:
        ConfigError: If there is none.
    """
    for condition in _ALL:
        if condition.name == name:
            return condition
    raise ConfigError(f"no condition '{name}'; there are {', '.join(DRIVE_CONDITIONS)}")


_PAPER = CONDITIONS["paper"]
_ANY_YAW = ("localizer.camera_yaw=unknown",)
_ALL = (
    DriveCondition("paper", _PAPER),
    DriveCondition("outside", _PAPER, where="outside"),
    DriveCondition("teleport", _PAPER, where="teleport"),
    DriveCondition("heading_unknown", _PAPER, camera_is_turned=True, settings=_ANY_YAW),
    DriveCondition("hard", CONDITIONS["hard"], camera_is_turned=True, settings=_ANY_YAW),
    DriveCondition("fov90", CONDITIONS["fov90"]),
    DriveCondition("stale30", CONDITIONS["stale30"]),
    DriveCondition("grid", _PAPER, where="grid"),
    DriveCondition("gps_wrong", _PAPER, positions="wrong"),
    DriveCondition("gps_on", _PAPER, positions="right"),
    DriveCondition("occluded50", CONDITIONS["occluded50"]),
    DriveCondition("scale", CONDITIONS["scale"]),
)
"""Without satellites is what all but two are already."""

DRIVE_CONDITIONS = tuple(condition.name for condition in _ALL)


class DriveMaker:
    """Drives in a city, and in others; edited worlds are kept, as each takes seconds to make."""

    def __init__(self, load_map: Callable[[str], GeoMap], city: str, outside: Sequence[str], seed: int) -> None:
        """Load nothing yet.

        Args:
            load_map: Map of a city.
            city: That of the index.
            outside: Other cities, which take turns.
        """
        self._city, self._outside, self._seed = city, tuple(outside), seed
        self._load_map = cache(load_map)
        self._worlds: dict[tuple[str, object], ScanDriveSimulator] = {}

    def make(self, condition: DriveCondition, number: int) -> tuple[ScanDrive, list[PositionFix]]:
        """Drive `number` and what a satellite receiver says meanwhile; the same arguments give the same drive.

        Raises:
            ConfigError: If a drive outside is wanted and no other city is known, or the map is too small to be carried
                through it.
        """
        rng = np.random.default_rng([self._seed, number, 50])
        drive = self._make(condition, number)
        if condition.camera_is_turned:
            drive = drive.turned(int(rng.integers(drive.scan.num_rays)))
        if condition.positions == "none":
            return drive, []
        offset_m = _wrong_by(drive, number, rng) if condition.positions == "wrong" else None
        return drive, receiver_fixes(drive, offset_m)

    def grid(self) -> GeoMap:
        """The map of condition `grid`."""
        return _grid()

    def _make(self, condition: DriveCondition, number: int) -> ScanDrive:
        if condition.where == "grid":
            return self._world("", condition.level).drive(number, LENGTH_M)
        if condition.where == "outside":
            if not self._outside:
                raise ConfigError("no map of another city to drive outside of this one; name some with --outside")
            other = self._outside[number % len(self._outside)]
            return self._world(other, condition.level).drive(number, LENGTH_M)
        world = self._world(self._city, condition.level)
        if condition.where == "here":
            return world.drive(number, LENGTH_M)
        return _carried(partial(world.drive, length_m=LENGTH_M / 2.0), number)

    def _world(self, city: str, level: NoiseLevel) -> ScanDriveSimulator:
        key = city, level.world
        if key not in self._worlds:
            self._worlds[key] = ScanDriveSimulator(self._load_map(city) if city else _grid(), level, self._seed)
        return self._worlds[key].with_level(level)


def _carried(drive: Callable[[int], ScanDrive], number: int) -> ScanDrive:
    """Half a drive, then half of another one that begins at least 300 m away."""
    first = drive(number)
    for attempt in range(1, _ATTEMPTS + 1):
        second = drive(number + attempt * _SECOND_HALF)
        if np.hypot(*(second.truth[0] - first.truth[-1])[:2]) >= _CARRIED_M:
            return first.then(second)
    raise ConfigError(
        f"none of {_ATTEMPTS} drives begins {_CARRIED_M:g} m from the end of drive {number}; the map is too small for "
        "condition 'teleport'"
    )


def _wrong_by(drive: ScanDrive, number: int, rng: np.random.Generator) -> Float64:
    """Offset (G, 2) of every satellite position."""
    time_s = (drive.fix_stamp_ns - drive.fix_stamp_ns[0]) * 1e-9
    piece = (time_s / _JUMP_EVERY_S).astype(int) if number % 2 else np.zeros(len(time_s), int)
    length_m, direction_rad = rng.uniform(*_WRONG_BY_M, piece[-1] + 1), rng.uniform(0.0, 2.0 * np.pi, piece[-1] + 1)
    offset_m = length_m[:, None] * np.stack([np.cos(direction_rad), np.sin(direction_rad)], axis=1)
    return np.asarray(offset_m[piece])


@cache
def _grid() -> GeoMap:
    return make_grid_city(GRID_BLOCKS)
