"""Whole drives without images: the scans, the odometry and the satellite positions of a vehicle in an edited world."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.geometry import compose, inverse, wrap_angle
from geoloc_ros.core.types import Float64, Int64, Pose2, SemanticScan
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.drive import RATE_HZ, drive_route
from geoloc_ros.sim.noise import NoiseLevel
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.scans import Family, ScanSimulator
from geoloc_ros.sim.sensors import measure

SPEED_MPS = 9.0
_START_NS = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class ScanDrive:
    """F frames of one drive, and G satellite positions."""

    stamp_ns: Int64
    """(F,), ascending."""
    truth: Float64
    """(F, 3), x_m, y_m, yaw_rad of the base in the map frame."""
    odometry: Float64
    """(F, 3), the same in the frame of the odometry."""
    scan: SemanticScan
    """(F, B), in the frame of the base."""
    fix_stamp_ns: Int64
    """(G,), ascending."""
    fix_m: Float64
    """(G, 2), in the map frame."""

    def __len__(self) -> int:
        """F."""
        return len(self.stamp_ns)

    def part(self, frames: slice) -> ScanDrive:
        """Some frames, with the satellite positions between the first and the last of them."""
        stamp_ns = self.stamp_ns[frames]
        within = (self.fix_stamp_ns >= stamp_ns[0]) & (self.fix_stamp_ns <= stamp_ns[-1])
        scan = SemanticScan(self.scan.range_m[frames], self.scan.instance[frames], self.scan.observed[frames])
        return ScanDrive(
            stamp_ns, self.truth[frames], self.odometry[frames], scan, self.fix_stamp_ns[within], self.fix_m[within]
        )

    def turned(self, num_rays: int) -> ScanDrive:
        """The drive of a camera that is mounted turned right by so many rays, and nobody knows it."""
        scan = self.scan
        return replace(self, scan=SemanticScan(
            np.roll(scan.range_m, num_rays, axis=1), np.roll(scan.instance, num_rays, axis=1),
            np.roll(scan.observed, num_rays, axis=1),
        ))

    def then(self, other: ScanDrive, pause_s: float = 1.0) -> ScanDrive:
        """This drive, then `other`, as if the vehicle had been carried there: odometry and stamps go on smoothly."""
        shift_ns = self.stamp_ns[-1] + int(pause_s * 1e9) - other.stamp_ns[0]
        start, end = Pose2(*other.odometry[0]), Pose2(*self.odometry[-1])
        joint = compose(end, inverse(start))
        moved = np.array([compose(joint, Pose2(*pose)).as_array() for pose in other.odometry])
        scan = SemanticScan(*(
            np.concatenate([getattr(self.scan, name), getattr(other.scan, name)])
            for name in ("range_m", "instance", "observed")
        ))
        return ScanDrive(
            np.concatenate([self.stamp_ns, other.stamp_ns + shift_ns]), np.concatenate([self.truth, other.truth]),
            np.concatenate([self.odometry, moved]), scan,
            np.concatenate([self.fix_stamp_ns, other.fix_stamp_ns + shift_ns]),
            np.concatenate([self.fix_m, other.fix_m]),
        )


class ScanDriveSimulator:
    """Drives through one edited world; the mistakes of perception are of each drive by itself."""

    def __init__(self, geomap: GeoMap, level: NoiseLevel, seed: int, family: Family = "streets") -> None:
        """Edit the map: ten seconds for a large city."""
        self._geomap, self._level, self._seed = geomap, level, seed
        self._scans = ScanSimulator(geomap, level, seed, family)

    def with_level(self, level: NoiseLevel) -> ScanDriveSimulator:
        """The same world, driven through with other mistakes.

        Raises:
            ValueError: If the levels differ in how the world is made.
        """
        other = copy(self)
        other._level, other._scans = level, self._scans.with_level(level)
        return other

    def drive(self, number: int, length_m: float = 1000.0, rate_hz: float = 2.5) -> ScanDrive:
        """Drive `number`, rolling at the start; the same arguments give the same drive.

        Args:
            number: Draws the way and all errors.
            length_m: Corners are rounded, so it may be a few metres less.
            rate_hz: Of the frames; the motion is measured at RATE_HZ.
        """
        way_rng, motion_rng = (np.random.default_rng([self._seed, number, part]) for part in (40, 41))
        geomap, world = self._geomap, self._scans.world
        route = choose_route(geomap.roads, geomap.bounds_m, 1.1 * length_m + 50.0, way_rng)
        trajectory = drive_route(geomap.roads, route, world.half_width_m, SPEED_MPS, length_m, way_rng)
        motion = measure(trajectory, world.terrain, self._level.motion, motion_rng)
        ticks = np.arange(0, len(trajectory.time_s), round(RATE_HZ / rate_hz))
        truth = trajectory.pose[ticks]
        scan = self._scans.observe(truth, np.full(len(ticks), number))
        stamps_ns = trajectory.stamps_ns(_START_NS)
        return ScanDrive(
            stamps_ns[ticks], _wrapped(truth), _wrapped(motion.odometry[ticks]), scan, stamps_ns[motion.fix_tick],
            motion.fix_m,
        )


def _wrapped(pose: Float64) -> Float64:
    return np.column_stack([pose[:, :2], wrap_angle(pose[:, 2])])
