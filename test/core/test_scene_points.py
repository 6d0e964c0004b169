import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.scene_place import read_place
from geoloc_ros.core.scene_points import SurveyedPoint, fit_place
from geoloc_ros.core.types import Float64, Pose3

ORIGIN = GeoOrigin(48.4, 9.98)
CORNERS_M = np.array([(0.0, 0.0, 0.0), (40.0, 0.0, 0.5), (40.0, 25.0, 0.0), (0.0, 25.0, 1.0)])


def measured(map_from_scene: Pose3, scene_m: Float64, error_m: float = 0.0) -> list[SurveyedPoint]:
    """Points where they are on the map of ORIGIN, the first one off to the east."""
    points = []
    for number, point_m in enumerate(scene_m):
        x_m, y_m, z_m = map_from_scene.apply(point_m)
        latitude_deg, longitude_deg = ORIGIN.to_geodetic(np.array([x_m + error_m * (number == 0), y_m]))
        points.append(SurveyedPoint(tuple(point_m), GeoOrigin(float(latitude_deg), float(longitude_deg), float(z_m))))
    return points


@given(st.floats(-3.1, 3.1), st.floats(-0.3, 0.3), st.floats(-500.0, 500.0))
def test_four_points_put_a_scene_where_it_is(yaw_rad: float, roll_rad: float, east_m: float) -> None:
    truth = Pose3(rotation_from_rpy(roll_rad, 0.0, yaw_rad), np.array([east_m, 20.0, 3.0]))
    map_from_scene, origin = fit_place(measured(truth, CORNERS_M))
    found = ORIGIN.map_from(origin) @ map_from_scene
    assert found.rotation == pytest.approx(truth.rotation, abs=1e-3)
    # A tangent plane of the map is 2 cm above the earth half a kilometre away.
    assert found.translation_m == pytest.approx(truth.translation_m, abs=0.05)


def test_a_small_error_is_shared_and_a_large_one_is_named() -> None:
    truth = Pose3(np.eye(3), np.zeros(3))
    found, origin = fit_place(measured(truth, CORNERS_M, 0.4))
    assert (ORIGIN.map_from(origin) @ found).translation_m[:2] == pytest.approx([0.1, 0.0], abs=0.2)
    with pytest.raises(ValueError, match=r"not in metres|point 1 lies"):
        fit_place(measured(truth, CORNERS_M, 9.0))


def test_points_on_a_plane_never_give_a_mirror_image() -> None:
    flat = CORNERS_M * (1.0, 1.0, 0.0)
    rotation = fit_place(measured(Pose3(rotation_from_rpy(0.0, 0.0, 2.0), np.zeros(3)), flat))[0].rotation
    assert np.linalg.det(rotation) == pytest.approx(1.0) and rotation[2, 2] > 0.99


@pytest.mark.parametrize(
    ("scene_m", "word"),
    [
        (CORNERS_M[:2], "2 points"), (np.outer(np.arange(4.0), (10.0, 2.0, 0.0)), "on a line"),
        (np.zeros((4, 3)), "on a line"),
    ],
)
def test_points_that_do_not_hold_a_scene_are_refused(scene_m: Float64, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        fit_place(measured(Pose3(np.eye(3), np.zeros(3)), scene_m))


def test_a_scene_in_millimetres_is_told() -> None:
    points = [
        SurveyedPoint((x * 1e3, y * 1e3, z * 1e3), point.place)
        for point in measured(Pose3(np.eye(3), np.zeros(3)), CORNERS_M) for x, y, z in [point.scene_m]
    ]
    with pytest.raises(ValueError, match=r"one of its units is 0\.001 m"):
        fit_place(points)


def test_points_may_stand_in_the_file_of_a_place(tmp_path: Path) -> None:
    truth = Pose3(rotation_from_rpy(0.0, 0.0, 1.0), np.array([5.0, 6.0, 0.0]))
    entries = [
        {"scene_m": point.scene_m, "latitude_deg": point.place.latitude_deg,
         "longitude_deg": point.place.longitude_deg, "height_m": point.place.height_m}
        for point in measured(truth, CORNERS_M)
    ]  # fmt: skip
    (tmp_path / "place.json").write_text(json.dumps({"points": entries}))
    place = read_place(tmp_path)
    assert place is not None
    assert place.on(ORIGIN).translation_m == pytest.approx(truth.translation_m, abs=1e-3)
    for wrong in ({"scene_m": [0, 0]}, {"latitude_deg": 100}, {"longitude_deg": "east"}, {"name": "gate"}):
        (tmp_path / "place.json").write_text(json.dumps({"points": [entries[0] | wrong, *entries[1:]]}))
        with pytest.raises(DatasetError, match="point"):
            read_place(tmp_path)
