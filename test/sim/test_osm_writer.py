from pathlib import Path

import numpy as np
import shapely

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import load_map
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.edits import centre_lines, outlines
from geoloc_ros.sim.osm_writer import write_osm


def shift_m(city: GeoMap, loaded: GeoMap) -> np.ndarray:
    """How much the origin moved: a map file does not keep it."""
    return city.origin.to_map(np.array([loaded.origin.latitude_deg]), np.array([loaded.origin.longitude_deg]))


def test_a_city_read_back_from_its_file_is_the_same(tmp_path: Path) -> None:
    city = make_city(0, 1200.0)
    assert np.bincount(city.buildings.ring_building).max() == 2, "the test wants a courtyard"
    write_osm(city, tmp_path / "city.osm")
    loaded = load_map(tmp_path / "city.osm")
    assert len(loaded.buildings) == len(city.buildings)
    assert len(loaded.tree_m) == len(city.tree_m)
    ours, theirs = outlines(city.buildings), outlines(loaded.buildings)
    inside = shapely.transform(shapely.point_on_surface(ours), lambda points_m: points_m - shift_m(city, loaded))
    match = shapely.STRtree(theirs).nearest(inside)
    assert len(np.unique(match)) == len(ours)
    assert np.abs(shapely.area(ours) - shapely.area(theirs[match])).max() < 1.0
    assert np.abs(city.buildings.height_m - loaded.buildings.height_m[match]).max() < 0.06
    ours_m, theirs_m = (float(shapely.length(centre_lines(each.roads)).sum()) for each in (city, loaded))
    assert abs(ours_m - theirs_m) < 1e-3 * ours_m
    assert (city.roads.edge_reverse < 0).sum() == (loaded.roads.edge_reverse < 0).sum()
