import numpy as np
import pytest

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.training.street_world import CAMERA_M, StreetView, draw_camera, draw_views

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")


@pytest.fixture(scope="module")
def views(tiny_city: GeoMap) -> list[StreetView]:
    return list(draw_views(tiny_city, 2, np.random.default_rng(2)))


def test_cameras_are_panoramas_and_pinholes() -> None:
    rng = np.random.default_rng(0)
    assert {draw_camera(rng).model for _ in range(20)} == {"equirectangular", "pinhole"}


def test_views_are_from_where_cameras_are_mounted(views: list[StreetView]) -> None:
    heights_m = np.array([view.base_from_camera.translation_m[2] for view in views])
    assert (heights_m >= CAMERA_M[0]).all() and (heights_m <= CAMERA_M[1]).all()


def test_the_camera_is_almost_where_the_vehicle_believes_it(views: list[StreetView]) -> None:
    for view in views:
        known = view.map_from_base @ view.base_from_camera
        turn = known.rotation.T @ view.map_from_camera.rotation
        tilt_deg = np.degrees(np.arccos((np.trace(turn) - 1.0) / 2.0))
        assert 0.0 < tilt_deg < 7.0
        assert np.abs(known.translation_m - view.map_from_camera.translation_m).max() < 0.3


def test_what_is_building_has_a_number_and_a_range(views: list[StreetView]) -> None:
    for view in views:
        is_building = view.frame.label == SemanticClass.BUILDING
        assert np.array_equal(is_building, view.frame.building >= 0)
        assert np.isfinite(view.frame.depth_m[is_building]).all()


def test_the_same_numbers_draw_the_same_views(tiny_city: GeoMap) -> None:
    once, again = (next(draw_views(tiny_city, 1, np.random.default_rng(3))) for _ in range(2))
    assert np.array_equal(once.frame.rgb, again.frame.rgb) and once.camera == again.camera
