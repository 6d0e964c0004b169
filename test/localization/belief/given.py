"""Roads, settings and poses that the tests of the belief share."""

import numpy as np

from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.maps.geomap import PlaceGraph

from ..conftest import places_of, road_graph

EXACT = TrackerConfig(
    cell_length_m=5.0, heading_penalty_per_m=0.0, leak_per_m=0.0, off_map_prior=0.0, leave_map_per_m=0.0,
    enter_map_per_m=0.0,
)
LAGGING = MotionConfig(distance_variance_m=0.5)
CROSS = places_of(road_graph([(0, 0), (20, 0), (20, 20), (40, 0)], [(0, 1), (1, 2), (1, 3)]))
SMALL = np.diag([4.0, 4.0, 0.05])


def at(viewpoint: int, places: PlaceGraph) -> Pose2:
    return Pose2(*map(float, places.poses()[viewpoint]))
