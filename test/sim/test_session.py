import numpy as np
import pytest

from geoloc_ros.core.config import SimConfig
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.session import plan_session, plan_session_in
from geoloc_ros.sim.world import edit_map

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")

SMALL = SimConfig(width=64, height=20)


def test_several_drives_fit_into_one_world(tiny_city: GeoMap) -> None:
    world = edit_map(tiny_city, LEVELS["paper"].world, np.random.default_rng([3, 0]))
    first, second = (plan_session_in(world, tiny_city, seed, 30.0, SMALL) for seed in (3, 4))
    assert first.world is second.world
    assert not np.array_equal(first.trajectory.pose[:10], second.trajectory.pose[:10])
    alone = plan_session(tiny_city, 3, 30.0, SMALL)
    assert np.array_equal(alone.trajectory.pose, first.trajectory.pose)
    assert np.array_equal(alone.world.vehicles.pose, world.vehicles.pose)


def test_a_drive_by_night_takes_the_way_of_the_same_drive_by_day(tiny_city: GeoMap) -> None:
    day, night = (
        plan_session(tiny_city, 3, 30.0, SMALL.model_copy(update={"condition": name})) for name in ("noon", "night")
    )
    assert day.condition.name == "noon" and night.condition.name == "night"
    assert np.array_equal(day.trajectory.pose, night.trajectory.pose)
    assert np.array_equal(day.mount.roll_pitch_yaw_rad, night.mount.roll_pitch_yaw_rad)
