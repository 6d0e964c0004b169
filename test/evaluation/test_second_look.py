import numpy as np
import pytest

from geoloc_ros.core.config import Config, RerankConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.evaluation.database import scan_places
from geoloc_ros.evaluation.retrieval import Heading, Retrieval, align_queries
from geoloc_ros.evaluation.second_look import SecondLook
from geoloc_ros.localization.ray_likelihood import NUM_BINS, NUM_DISTANCES, NUM_EDGE_KINDS, RayTable
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster

# A ray speaks for the range that it shows, the more the nearer, and no edge speaks.
_GAP = np.abs(np.arange(NUM_BINS + 1)[:, None] - np.arange(NUM_BINS + 1))
TABLE = RayTable((1.0 - 0.5 * _GAP).astype(np.float32), np.zeros((NUM_EDGE_KINDS, NUM_DISTANCES), np.float32))


@pytest.mark.parametrize("heading", ["known", "unknown"])
def test_the_true_place_comes_first_with_the_pose_of_the_vehicle(heading: Heading, tiny_city: GeoMap) -> None:
    database = scan_places(tiny_city, Config())
    place = np.arange(10, 110, 10)
    pose = np.column_stack([database.places.position_m[place] + 1.0, np.linspace(-3.0, 3.0, len(place))])
    seen = RayCaster(tiny_city.buildings.walls()).cast(pose, 360, 100.0)
    queries = align_queries(seen, pose, place, heading, np.random.default_rng(0))
    # The true place is the last of three candidates, each in the right turn but for what a search leaves open.
    nearest = np.column_stack([(place + 40) % len(database), (place + 80) % len(database), place]).astype(np.int32)
    turn_rad = np.repeat(queries.frame_yaw_rad[:, None] + 0.03, 3, axis=1).astype(np.float32)
    nothing = np.zeros(len(place), np.int64)
    found = Retrieval(len(database), nothing, nothing + 1, nearest, np.zeros_like(turn_rad), turn_rad)
    again = SecondLook(database, TABLE, RerankConfig()).rerank(queries, found)
    is_right = again.nearest[:, 0] == place
    assert is_right.mean() >= 0.9
    gap_m = np.hypot(*(again.pose[:, :2] - pose[:, :2]).T)[is_right]
    assert np.median(gap_m) < 1.5
    assert np.degrees(np.abs(wrap_angle(again.pose[:, 2] - pose[:, 2])))[is_right].max() < 3.0
    assert sorted(again.nearest[0].tolist()) == sorted(nearest[0].tolist())
