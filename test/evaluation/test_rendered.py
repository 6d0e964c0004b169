import numpy as np
import pytest

from geoloc_ros.evaluation.rendered import observe_rendered
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.noise import LEVELS, CameraNoise, NoiseLevel

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
POSES = np.array([(1.0, 0.5, 0.0), (-3.0, 2.0, 2.0)])


def test_what_is_rendered_without_noise_is_what_the_map_shows(square_room: GeoMap) -> None:
    seen = observe_rendered(square_room, LEVELS["none"], POSES, 0)
    cast = RayCaster(square_room.buildings.walls()).cast(POSES, 360, 100.0)
    assert seen.observed.all()
    assert np.quantile(np.abs(seen.range_m / cast.range_m - 1.0), 0.95) < 0.03
    assert (np.diff(seen.instance, axis=1) != 0).sum() == (np.diff(cast.instance, axis=1) != 0).sum()


def test_nothing_is_rendered_outside_of_the_field_of_view(square_room: GeoMap) -> None:
    scan = observe_rendered(square_room, NoiseLevel(camera=CameraNoise(fov_deg=90.0)), POSES[:1], 0)
    observed = np.flatnonzero(scan.observed[0])
    assert set(range(-43, 44)) <= {*(observed[observed < 180].tolist()), *(observed[observed > 180] - 360).tolist()}
    assert not scan.observed[0, 47:313].any()


def test_scans_come_in_the_order_of_the_poses(square_room: GeoMap) -> None:
    # Two turns in one place: the view of the second is that of the first, 90 rays on.
    poses = np.array([(90.0 * k, 0.5, 0.0) for k in (2, 0, 1)])
    seen = observe_rendered(square_room, LEVELS["none"], poses, 0)
    hits = (~np.isnan(seen.range_m)).sum(axis=1)
    assert hits[1] == 360 and 0 < hits[2] < 60 and hits[0] < hits[2], "in the room, 90 m away, 180 m away"
