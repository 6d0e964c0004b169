"""A place in a made-up town: followed, tested, given up."""

from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.geometry import compose
from geoloc_ros.core.types import Float64, Mode, Observation, Pose2, SemanticScan
from geoloc_ros.localization.keeping import PlaceKeeper
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.significance import Witness
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster

from .conftest import SignatureEncoder

SPREAD = np.diag([4.0, 4.0, 0.01])


class Ride:
    """A perfect camera along a street of the town; descriptors are all alike and say nothing."""

    def __init__(self, geomap: GeoMap) -> None:
        places, encoder = build_places(geomap.roads, 10.0), SignatureEncoder(2)
        rows = encoder.descriptors(np.zeros((len(places.viewpoint_place), 2)))
        self.index = PlaceIndex.build([rows], encoder, places, geomap, {"made": "up"})
        self.keeper = PlaceKeeper(self.index, Config())
        self.caster = RayCaster(geomap.buildings.walls())
        self.query = encoder.query(np.zeros(2))
        self.poses: Float64 = places.poses()
        self.stamp_ns = 0

    def observe(self, pose: Pose2) -> Observation:
        """At a pose, where odometry believes to be as well."""
        seen = self.caster.cast(pose.as_array()[None], 360, 100.0)
        self.stamp_ns += 200_000_000
        scan = SemanticScan(seen.range_m[0], seen.instance[0], seen.observed[0])
        return Observation(self.stamp_ns, scan, self.query, pose)

    def step(self, pose: Pose2, modes: tuple[Mode, ...], travelled_m: float = 2.0) -> None:
        observation = self.observe(pose)
        self.keeper.carry(observation.stamp_ns, observation.odometry, travelled_m)
        self.keeper.choose(observation, modes)
        self.keeper.see(observation, self.query, 0.0, 0.0)

    def along(self, row: int, steps: int) -> list[Pose2]:
        start = Pose2(*map(float, self.poses[row]))
        return [compose(start, Pose2(2.0 * step, 0.0, 0.0)) for step in range(steps)]


@pytest.fixture
def ride(tiny_city: GeoMap) -> Ride:
    return Ride(tiny_city)


def test_without_a_clear_mode_nothing_is_followed_and_the_best_one_is_said(ride: Ride) -> None:
    pose = ride.along(0, 1)[0]
    modes = (Mode(pose, SPREAD, 0.3), Mode(Pose2(500.0, 0.0, 0.0), SPREAD, 0.25))
    ride.step(pose, modes)
    assert ride.keeper.pose is None and ride.keeper.place(modes) == modes[0]
    assert ride.keeper.others(modes) == modes[1:]


def test_a_clear_mode_is_followed_and_its_pose_comes_from_the_walls(ride: Ride) -> None:
    for pose in ride.along(0, 15):
        off = compose(pose, Pose2(1.5, 1.0, 0.03))
        ride.step(pose, (Mode(off, SPREAD, 0.95),))
    assert ride.keeper.pose is not None
    assert np.hypot(ride.keeper.pose.x_m - pose.x_m, ride.keeper.pose.y_m - pose.y_m) < 0.5
    assert ride.keeper.significance.doubt == 0.0


def test_probability_is_that_of_the_modes_around_the_place(ride: Ride) -> None:
    pose = ride.along(0, 1)[0]
    near, far = Mode(compose(pose, Pose2(5.0, 0.0, 0.0)), SPREAD, 0.3), Mode(Pose2(900.0, 0.0, 0.0), SPREAD, 0.1)
    ride.step(pose, (Mode(pose, SPREAD, 0.6), near, far))
    modes = (Mode(pose, SPREAD, 0.6), near, far)
    assert ride.keeper.probability(modes) == pytest.approx(0.9)
    assert ride.keeper.others(modes) == (far,)


def test_a_place_is_given_up_for_one_that_is_twice_as_likely(ride: Ride) -> None:
    here, there = ride.along(0, 1)[0], Pose2(900.0, 0.0, 0.0)
    ride.step(here, (Mode(here, SPREAD, 0.9),))
    ride.step(here, (Mode(there, SPREAD, 0.6), Mode(here, SPREAD, 0.35)))
    assert ride.keeper.pose is not None and ride.keeper.pose.x_m < 500.0
    ride.step(here, (Mode(there, SPREAD, 0.7), Mode(here, SPREAD, 0.2)))
    assert ride.keeper.pose is not None and ride.keeper.pose.x_m > 500.0


def test_who_is_carried_away_gets_doubts(ride: Ride) -> None:
    mode = Mode(ride.along(0, 1)[0], SPREAD, 0.99)
    for pose in ride.along(0, 10):
        ride.step(pose, (Mode(pose, SPREAD, 0.99),))
    elsewhere = ride.poses[len(ride.poses) // 2]
    for number in range(20):
        observation = ride.observe(Pose2(*map(float, elsewhere)))
        moved = Observation(observation.stamp_ns, observation.scan, ride.query, ride.along(0, 10 + number)[-1])
        ride.keeper.carry(moved.stamp_ns, moved.odometry, 2.0)
        ride.keeper.see(moved, ride.query, 0.0, 0.0)
    assert ride.keeper.verdict((mode,)).doubt > 1.0


def test_the_scans_of_a_fix_that_is_given_up_are_dropped_and_what_spoke_for_the_map_is_not(ride: Ride) -> None:
    elsewhere = (Mode(Pose2(900.0, 0.0, 0.0), SPREAD, 0.4),)
    for is_fix in (False, True):
        ride.keeper.reset()
        for pose in ride.along(0, 10):
            ride.step(pose, (Mode(pose, SPREAD, 0.95),), 12.0)
        ride.keeper.significance.add_map(Witness(8.0, 0.0))
        if is_fix:
            ride.keeper.trust()
        ride.step(pose, elsewhere)
        assert ride.keeper.pose is None and ride.keeper.significance.chance == pytest.approx(np.exp(-8.0 / 3.4))
        assert (len(ride.keeper._window.frames) == 1) == is_fix
