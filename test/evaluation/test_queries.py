from pathlib import Path

import numpy as np
import pytest
import shapely

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.queries import draw_poses, read_poses
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places
from geoloc_ros.sim.edits import outlines


def test_vehicles_keep_to_the_right_of_their_road_and_look_along_it(square_room: GeoMap) -> None:
    places = build_places(square_room.roads, 10.0)
    poses = draw_poses(square_room, places, 2000, np.random.default_rng(0))
    heads_east = np.cos(poses[:, 2]) > 0.0
    assert 0.45 < heads_east.mean() < 0.55, "both ways equally often"
    right_m = np.where(heads_east, -poses[:, 1], poses[:, 1])
    assert 0.5 <= right_m.min() < 0.52 and 3.48 < right_m.max() <= 3.5
    assert abs(np.degrees(np.arcsin(np.sin(poses[:, 2]))).std() - 3.0) < 0.2
    offset_m = np.abs(poses[:, :1] - places.position_m[:, 0]).min(axis=1)
    assert 4.9 < offset_m.max() <= 5.0


def test_nobody_stands_in_a_building(tiny_city: GeoMap) -> None:
    poses = draw_poses(tiny_city, build_places(tiny_city.roads, 10.0), 500, np.random.default_rng(0))
    walls = shapely.union_all(outlines(tiny_city.buildings))
    assert not shapely.contains(walls, shapely.points(poses[:, :2])).any()


def test_the_same_seed_gives_the_same_poses(tiny_city: GeoMap) -> None:
    places = build_places(tiny_city.roads, 10.0)
    one, other = (draw_poses(tiny_city, places, 20, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, other)


def test_a_file_of_positions_gives_poses_in_the_map_frame(square_room: GeoMap, tmp_path: Path) -> None:
    latitude_deg, longitude_deg = square_room.origin.to_geodetic(np.array([(3.0, -4.0)]))
    path = tmp_path / "poses.csv"
    path.write_text(f"lat,lon,yaw_deg\n{latitude_deg[0]:.9f},{longitude_deg[0]:.9f},450\n")
    poses = read_poses(path, square_room)
    assert np.allclose(poses, [(3.0, -4.0, np.pi / 2)], atol=1e-3)


@pytest.mark.parametrize(("text", "message"), [
    ("lat,lon\n48.4,9.98\n", "no column yaw_deg"),
    ("lat,lon,yaw_deg\n48.4,east,0\n", "line 2: 'east' is not a number"),
    ("lat,lon,yaw_deg\n48.4,9.98\n", "not a number"),
    ("lat,lon,yaw_deg\n48.4,9.98,nan\n", "not a number"),
    ("lat,lon,yaw_deg\n48.4,19.98,0\n", "1 of 1 poses are outside the map"),
    ("lat,lon,yaw_deg\n", "holds no poses"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(square_room: GeoMap, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "poses.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_poses(path, square_room)


def test_a_missing_file_says_so(square_room: GeoMap, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read query poses"):
        read_poses(tmp_path / "none.csv", square_room)
