import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.lens import bend_fisheye, bend_pinhole, unbend_fisheye, unbend_pinhole
from geoloc_ros.core.types import Float64

PINHOLES = {
    "plumb_bob": (-0.3, 0.1, 0.001, -0.002, -0.02),
    "without k3": (-0.3, 0.1, 0.001, -0.002),
    "rational": (0.4, 0.2, 0.001, -0.002, 0.01, 0.8, 0.3, 0.02),
    "thin prism": (0.4, 0.2, 0.001, -0.002, 0.01, 0.8, 0.3, 0.02, 0.003, -0.001, 0.002, 0.001),
    "tilted": (0.4, 0.2, 0.001, -0.002, 0.01, 0.8, 0.3, 0.02, 0.003, -0.001, 0.002, 0.001, 0.02, -0.03),
}
FISHEYE = (0.03, -0.02, 0.004, -0.0006)


def image_points() -> tuple[Float64, Float64]:
    x, y = np.meshgrid(np.linspace(-0.8, 0.8, 31), np.linspace(-0.6, 0.6, 23))
    return x, y


@pytest.mark.parametrize("name", PINHOLES)
def test_a_pinhole_bends_as_opencv_does(name: str) -> None:
    x, y = image_points()
    points = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3)
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), np.eye(3), np.array(PINHOLES[name]))
    ours = np.stack(bend_pinhole(x, y, PINHOLES[name]), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(ours, theirs[:, 0], atol=1e-9)


@pytest.mark.parametrize("name", PINHOLES)
def test_unbending_a_pinhole_undoes_it(name: str) -> None:
    x, y = image_points()
    back_x, back_y = unbend_pinhole(*bend_pinhole(x, y, PINHOLES[name]), PINHOLES[name])
    np.testing.assert_allclose(np.stack([back_x, back_y]), np.stack([x, y]), atol=1e-6)


def test_a_fisheye_bends_as_opencv_does() -> None:
    x, y = image_points()
    points = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 1, 3)
    theirs, _ = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), np.eye(3), np.array(FISHEYE))
    radius = bend_fisheye(np.arctan(np.hypot(x, y)), FISHEYE)
    np.testing.assert_allclose(radius.ravel(), np.hypot(*theirs[:, 0].T), atol=1e-9)


@given(st.floats(0.0, 1.9))
def test_unbending_a_fisheye_undoes_it(angle_rad: float) -> None:
    angle = np.array([angle_rad])
    np.testing.assert_allclose(unbend_fisheye(bend_fisheye(angle, FISHEYE), FISHEYE), angle, atol=1e-6)


def test_a_lens_without_coefficients_bends_nothing() -> None:
    x, y = image_points()
    assert np.array_equal(bend_pinhole(x, y, ()), (x, y))
    np.testing.assert_allclose(unbend_pinhole(x, y, ()), (x, y), atol=1e-12)
    angle = np.linspace(0.0, 3.0, 50)
    np.testing.assert_allclose(unbend_fisheye(bend_fisheye(angle, ()), ()), angle, atol=1e-12)


def test_beyond_the_fold_nothing_is_seen() -> None:
    # r (1 - 0.3 r^2) rises up to r = 1 / sqrt(0.9) = 1.054, to 0.7027, and falls then.
    folding = (-0.3, 0.0, 0.0, 0.0)
    bent, _ = bend_pinhole(np.array([1.0, 1.1, 2.0]), np.zeros(3), folding)
    assert bent[0] == pytest.approx(0.7) and np.isnan(bent[1:]).all()
    ideal, _ = unbend_pinhole(np.array([0.7, 0.71, -0.7, 0.0]), np.zeros(4), folding)
    assert ideal[[0, 2, 3]] == pytest.approx([1.0, -1.0, 0.0]) and np.isnan(ideal[1])


def test_beyond_the_fold_of_a_fisheye_nothing_is_seen() -> None:
    # a (1 - 0.1 a^2) rises up to a = 1.826, to 1.217.
    folding = (-0.1, 0.0, 0.0, 0.0)
    assert np.isnan(bend_fisheye(np.array([1.7, 1.9]), folding)).tolist() == [False, True]
    assert np.isnan(unbend_fisheye(np.array([1.2, 1.25]), folding)).tolist() == [False, True]
