from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Pose3
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.conditions import CONDITIONS, NOON, ConditionName, condition_of
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.renderer import Frame, Renderer
from geoloc_ros.sim.world import World, edit_map

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")

EASTWARD = Pose3(
    rotation_from_rpy(0.0, 0.0, 0.0) @ np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    np.array([0.0, 0.0, 2.0]),
)
CAMERA = Camera.pinhole(64, 48, np.radians(80.0))


def bare_world(geomap: GeoMap) -> World:
    return edit_map(replace(geomap, tree_m=np.empty((0, 2))), WorldNoise(), np.random.default_rng(0))


def view(geomap: GeoMap, name: ConditionName) -> Frame:
    return Renderer(bare_world(geomap), CAMERA, condition_of(name)).render(EASTWARD)


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != "night"])
def test_conditions_change_colours_and_neither_depth_nor_labels(square_room: GeoMap, name: ConditionName) -> None:
    noon, other = view(square_room, "noon"), view(square_room, name)
    assert np.array_equal(noon.depth_m, other.depth_m, equal_nan=True)
    assert np.array_equal(noon.label, other.label) and np.array_equal(noon.building, other.building)
    assert name == "noon" or np.abs(noon.rgb.astype(int) - other.rgb).mean() > 10.0


def test_a_wall_under_clouds_is_as_bright_in_shadow_as_beside_it(square_room: GeoMap) -> None:
    # Without sun, a wall's light is that of the sky alone, whatever the sun of the world is.
    world = bare_world(square_room)
    turned = replace(world, looks=replace(world.looks, sun=-world.looks.sun))
    overcast = replace(condition_of("overcast"), glow=condition_of("overcast").horizon)
    frames = [Renderer(each, CAMERA, overcast).render(EASTWARD) for each in (world, turned)]
    wall = frames[0].label == SemanticClass.BUILDING
    assert np.array_equal(frames[0].rgb[wall], frames[1].rgb[wall])


def test_some_windows_shine_at_night_and_none_where_no_light_is_on(square_room: GeoMap) -> None:
    dark = replace(condition_of("night"), lamp_light=0.0, lit_ratio=0.0)
    lit = replace(dark, lit_ratio=1.0)
    frames = [Renderer(bare_world(square_room), CAMERA, one).render(EASTWARD) for one in (dark, lit)]
    wall = frames[0].label == SemanticClass.BUILDING
    assert frames[0].rgb[wall].max() < 60
    assert (frames[1].rgb[wall].max(axis=1) > 100).mean() > 0.1


def test_wet_streets_show_the_house_that_stands_on_them(square_room: GeoMap) -> None:
    # All else equal, a wall painted pure red reddens the wet street before it.
    world = bare_world(square_room)
    red = np.tile(np.array([1.0, 0.0, 0.0], np.float32), (4, 1))
    world = replace(world, looks=replace(world.looks, wall=red, window=np.full((4, 2), 0.01, np.float32)))
    dry, wet = (
        Renderer(world, CAMERA, replace(NOON, wet_ratio=ratio)).render(EASTWARD) for ratio in (0.0, 1.0)
    )
    ground = np.isin(dry.label, (SemanticClass.ROAD, SemanticClass.PAVEMENT))
    redness = [float((frame.rgb[ground][:, 0].astype(float) - frame.rgb[ground][:, 1]).mean()) for frame in (dry, wet)]
    assert redness[1] > redness[0] + 5.0
