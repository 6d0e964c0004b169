import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import Observation, Pose2, SemanticScan
from geoloc_ros.localization.retrospect import look_back
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import SignatureEncoder, make_index, road_graph

BLIND = SemanticScan(np.full(8, np.nan, np.float32), np.full(8, -1, np.int32), np.zeros(8, bool))


def straight_drive(
    encoder: SignatureEncoder, signature: np.ndarray, viewpoints: range, start_ns: int
) -> list[Observation]:
    """Ten metres from frame to frame, along a street to the east."""
    rng = np.random.default_rng(1)
    return [
        Observation(
            start_ns + step * 10**9, BLIND,
            encoder.query(signature[viewpoint] + rng.normal(0.0, 0.8, 6)), Pose2(10.0 * step, 0.0, 0.0),
        )
        for step, viewpoint in enumerate(viewpoints)
    ]


def test_every_frame_is_placed_from_the_first_on() -> None:
    index, encoder, signature = make_index(long_road())
    frames = straight_drive(encoder, signature, range(20, 170), 0)
    places = look_back(index, Config(), frames)
    assert [place.pose.x_m for place in places] == pytest.approx([205.0 + 10.0 * step for step in range(150)], abs=4.0)
    assert max(abs(place.pose.yaw_rad) for place in places) < 0.1


def test_a_jump_of_odometry_begins_a_new_drive() -> None:
    index, encoder, signature = make_index(long_road())
    there = straight_drive(encoder, signature, range(20, 40), 0)
    elsewhere = [
        Observation(frame.stamp_ns, frame.scan, frame.query, Pose2(frame.odometry.x_m + 5000.0, 0.0, 0.0))
        for frame in straight_drive(encoder, signature, range(120, 140), 10**12)
    ]
    places = look_back(index, Config(), [*there, *elsewhere])
    assert places[5].pose.x_m == pytest.approx(255.0, abs=5.0)
    assert places[25].pose.x_m == pytest.approx(1255.0, abs=5.0)
    assert len(places) == 40


def test_no_frames_no_places() -> None:
    index, _, _ = make_index(long_road())
    assert look_back(index, Config(), []) == []


def long_road() -> RoadGraph:
    return road_graph([(0.0, 0.0), (2000.0, 0.0)], [(0, 1)])
