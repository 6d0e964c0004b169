import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.maps.geomap import GeoMap


def test_places_see_the_map_with_ray_0_to_the_east(square_room: GeoMap) -> None:
    database = scan_places(square_room, Config())
    middle = int(database.nearest(np.zeros((1, 2)))[0])
    x_m, _ = database.places.position_m[middle]
    np.testing.assert_allclose(database.scan.range_m[middle, [0, 180]], [10.0 - x_m, 10.0 + x_m], atol=0.01)
    assert database.scan.instance[middle, [0, 90, 180, 270]].tolist() == [0, 1, 2, 3]


def test_buildings_are_counted_once_each(square_room: GeoMap) -> None:
    database = scan_places(square_room, Config())
    assert set(database.num_buildings().tolist()) == {4}
    instance = np.array([[-1, 7, 7, -1, 3, 7], [-1] * 6], np.int32)
    scan = SemanticScan(np.zeros((2, 6), np.float32), instance, np.ones((2, 6), bool))
    counted = PlaceDatabase(square_room, database.places, scan, database.scan_config).num_buildings()
    assert counted.tolist() == [2, 0]
