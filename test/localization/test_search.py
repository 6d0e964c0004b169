"""The belief over a made-up grid of streets, and what it is told."""

from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import Float32, Pose2, PositionFix
from geoloc_ros.localization.camera_yaw.turning import BinLayout
from geoloc_ros.localization.search import GlobalSearch
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index

UNKNOWN = Config(localizer=LocalizerConfig(camera_yaw="unknown"))
LAYOUT = BinLayout(7, True)


def named(row: np.ndarray) -> Pose2:
    return Pose2(*map(float, row))


def binned(first: float) -> Float32:
    """A query of seven bins in which something is seen ahead of the camera, and its last number."""
    return np.array([first, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0], np.float32)


def test_a_camera_whose_yaw_nobody_knows_needs_a_layout(grid_city: RoadGraph) -> None:
    with pytest.raises(ConfigError, match="give a layout"):
        GlobalSearch(make_index(grid_city)[0], UNKNOWN, None)


def test_what_a_camera_sees_ahead_that_is_turned_left_is_on_the_left_of_the_vehicle(
    grid_city: RoadGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoloc_ros.localization.place_index.PlaceIndex.tells_log_ratios", True)
    search = GlobalSearch(make_index(grid_city)[0], UNKNOWN, LAYOUT)
    two_bins_left = 2.0 * 2.0 * np.pi / 7.0
    monkeypatch.setattr("geoloc_ros.localization.camera_yaw.rotations.CameraYaw.yaw_rad", two_bins_left)
    assert search.seen_ahead(binned(5.0)).tolist() == [0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 9.0]


def test_a_camera_whose_yaw_is_known_sees_what_it_sees(grid_city: RoadGraph) -> None:
    search = GlobalSearch(make_index(grid_city)[0], Config(), None)
    query = np.arange(8, dtype=np.float32)
    assert search.seen_ahead(query) is query
    assert search.camera_yaw_rad == search.camera_sigma_rad == 0.0


def test_modes_are_of_the_belief_that_is_on_the_map(grid_city: RoadGraph) -> None:
    index, _, _ = make_index(grid_city)
    search = GlobalSearch(index, Config(), None)
    search.set_pose(named(index.places.poses()[30]), np.diag([1.0, 1.0, 0.01]))
    best = search.modes()[0]
    assert best.probability == pytest.approx(1.0, abs=0.01)
    assert search.reopen(0.5) is None
    assert search.modes()[0].probability == pytest.approx(0.5, abs=0.05)


def test_evidence_is_said_once(grid_city: RoadGraph) -> None:
    index, encoder, signature = make_index(grid_city)
    search = GlobalSearch(index, Config(), None)
    search.look(encoder.query(signature[30]))
    said = search.testify()
    assert said.information > 0.0 and said.nats == pytest.approx(search.log_evidence)
    again = search.testify()
    assert again.nats == again.information == 0.0


def test_who_looked_closer_is_believed(grid_city: RoadGraph) -> None:
    index, _, _ = make_index(grid_city)
    search = GlobalSearch(index, Config(), None)
    pose = named(index.places.poses()[30])
    search.favour(pose, 10.0)
    assert search.modes()[0].probability > 0.9
    search.favour(pose, -20.0)
    assert search.modes()[0].probability < 0.1


def test_a_position_makes_what_is_near_more_likely(grid_city: RoadGraph) -> None:
    index, _, _ = make_index(grid_city)
    search = GlobalSearch(index, Config(), None)
    at_m = index.places.poses()[30, :2]
    search.hear(PositionFix(0, at_m, 25.0 * np.eye(2)))
    best = search.modes()[0].pose
    assert np.hypot(best.x_m - at_m[0], best.y_m - at_m[1]) < 15.0
