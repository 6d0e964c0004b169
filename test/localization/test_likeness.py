import numpy as np
import pytest

from geoloc_ros.core.config import MapConfig
from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.localization.likeness import DescriptorAgreement
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index


def pose(row: np.ndarray, turn_rad: float = 0.0) -> Pose2:
    return Pose2(float(row[0]), float(row[1]), float(row[2]) + turn_rad)


def test_a_frame_fits_its_own_viewpoint_better_than_others(grid_city: RoadGraph) -> None:
    index, encoder, signature = make_index(grid_city)
    agreement = DescriptorAgreement(index, TrackerConfig(), MapConfig())
    poses = index.places.poses()
    query = encoder.query(signature[30])
    elsewhere = [agreement.log_ratio(query, pose(poses[row])) for row in range(60, 660, 20)]
    assert agreement.log_ratio(query, pose(poses[30])) > 1.0 > np.mean(elsewhere)


def test_who_looks_the_other_way_does_not_see_it(grid_city: RoadGraph) -> None:
    index, encoder, signature = make_index(grid_city)
    agreement = DescriptorAgreement(index, TrackerConfig(), MapConfig())
    poses, query = index.places.poses(), encoder.query(signature[30])
    there = agreement.log_ratio(query, pose(poses[30]))
    assert agreement.log_ratio(query, pose(poses[30], np.pi)) < there - 1.0


def test_far_from_all_roads_a_frame_says_nothing(grid_city: RoadGraph) -> None:
    index, encoder, signature = make_index(grid_city)
    agreement = DescriptorAgreement(index, TrackerConfig(), MapConfig())
    assert agreement.log_ratio(encoder.query(signature[30]), Pose2(-900.0, 50.0, 0.0)) == pytest.approx(0.0)
