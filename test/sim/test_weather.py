from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.sim.conditions import NOON, Condition
from geoloc_ros.sim.ground import Cover
from geoloc_ros.sim.mesh import Material
from geoloc_ros.sim.weather import mirrored, weathered

UP, AWAY = np.array([[0.0, 0.0, 1.0]], np.float32), np.array([[1.0, 0.0, 0.0]], np.float32)
GREY = np.full((1, 3), 0.3, np.float32)
POINT = np.array([[3.0, 4.0, 0.0]], np.float32)


def after(
    condition: Condition, material: Material, label: SemanticClass, normal: np.ndarray, cover: Cover = Cover.GRASS
) -> np.ndarray:
    return weathered(
        GREY, np.array([material], np.uint8), np.array([label], np.uint8), np.array([cover], np.uint8), normal, POINT,
        condition,
    )[0]


def test_noon_leaves_everything_as_it_is() -> None:
    assert (after(NOON, Material.GROUND, SemanticClass.ROAD, UP, Cover.ROAD) == GREY).all()


def test_snow_lies_on_roofs_and_lawns_and_not_on_walls() -> None:
    snow = replace(NOON, snow_ratio=0.9)
    assert after(snow, Material.PLAIN, SemanticClass.BUILDING, UP).min() > 0.8
    assert after(snow, Material.GROUND, SemanticClass.VEGETATION, UP).min() > 0.8
    assert (after(snow, Material.FACADE, SemanticClass.BUILDING, AWAY) == GREY).all()


def test_driven_snow_is_darker_than_snow_beside_the_carriageway() -> None:
    snow = replace(NOON, snow_ratio=0.9)
    road = after(snow, Material.GROUND, SemanticClass.ROAD, UP, Cover.ROAD)
    assert (road < after(snow, Material.GROUND, SemanticClass.PAVEMENT, UP, Cover.PAVEMENT)).all()


def test_soaked_ground_is_darker_and_walls_are_not() -> None:
    rain = replace(NOON, wet_ratio=1.0)
    assert after(rain, Material.GROUND, SemanticClass.ROAD, UP, Cover.ROAD).max() < 0.2
    assert (after(rain, Material.FACADE, SemanticClass.BUILDING, AWAY) == GREY).all()


def test_autumn_leaves_are_redder_than_green() -> None:
    colour = after(replace(NOON, leaves="autumn"), Material.LEAVES, SemanticClass.VEGETATION, UP)
    assert colour[0] > colour[1] > colour[2]


@pytest.mark.parametrize(("slope", "least", "most"), [(-1.0, 0.0, 0.06), (-0.05, 0.3, 1.0)])
def test_wet_ground_mirrors_upwards_and_most_at_a_glance(slope: float, least: float, most: float) -> None:
    towards = np.array([[np.sqrt(1.0 - slope**2), 0.0, slope]], np.float32)
    bent, share = mirrored(UP, towards, POINT)
    assert bent[0, 2] > 0.0 and np.linalg.norm(bent[0]) == pytest.approx(1.0, abs=1e-3)
    assert bent[0] == pytest.approx([towards[0, 0], 0.0, -slope], abs=0.15), "as from a mirror with ripples"
    assert least < share[0] <= most
