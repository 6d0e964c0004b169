import numpy as np

from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.grid_city import make_grid_city


def ranges(poses: Float64) -> Float32:
    """Of a town of six blocks each way, seen to 100 m."""
    return RayCaster(make_grid_city(6).buildings.walls()).cast(poses, 360, 100.0).range_m


def test_every_corner_in_the_middle_looks_the_same_from_each_of_its_four_streets() -> None:
    corners = [(0.0, 0.0), (90.0, 0.0), (-90.0, 90.0)]
    poses = np.array([
        [x + 20.0 * np.cos(yaw), y + 20.0 * np.sin(yaw), yaw] for x, y in corners for yaw in np.pi / 2 * np.arange(4)
    ])  # fmt: skip
    seen = ranges(poses)
    # Rays that graze a corner may fall on either side of it.
    alike = np.isclose(seen, seen[0], atol=0.05, equal_nan=True)
    assert alike.mean() > 0.98 and np.nanstd(seen[0]) > 5.0


def test_streets_are_free_and_go_both_ways() -> None:
    city = make_grid_city(3)
    assert len(city.buildings) == 3 * 3 * 4
    assert len(city.roads) == 2 * 2 * 3 * 4 and (city.roads.edge_reverse >= 0).all()
    along = np.array([[x, 45.0, 0.0] for x in np.linspace(-130.0, 130.0, 27)])
    seen = RayCaster(city.buildings.walls()).cast(along, 360, 100.0).range_m
    assert np.nanmin(seen) > 7.9, "half of the 16 m between the fronts"
