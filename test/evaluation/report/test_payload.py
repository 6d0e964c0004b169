import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.types import Int32
from geoloc_ros.evaluation.report.payload import HIDDEN, NO_INSTANCE, NO_WALL_CM, UNOBSERVED, payload_json
from geoloc_ros.evaluation.report.scene import Scene
from geoloc_ros.evaluation.trace import Trace

DTYPES = {"u1": np.uint8, "i2": np.int16, "u2": np.uint16, "u4": np.uint32, "f4": np.float32}


def unpack(value: Any) -> Any:
    """What data.js does."""
    if isinstance(value, dict) and "dtype" in value:
        return np.frombuffer(base64.b64decode(value["base64"]), DTYPES[value["dtype"]])
    return {key: unpack(entry) for key, entry in value.items()} if isinstance(value, dict) else value


@pytest.fixture(scope="session")
def data(street_scene: Scene) -> Any:
    return unpack(json.loads(payload_json(street_scene)))


def test_outlines_come_back_within_a_step(data: Any, street_scene: Scene) -> None:
    outline = data["map"]["buildings"]["xy"].reshape(-1, 2) * data["map"]["step_m"] + data["map"]["offset_m"]
    error_m = np.abs(outline - street_scene.geomap.buildings.vertices_m)
    assert error_m.max() <= data["map"]["step_m"] <= 0.02


def test_a_two_way_road_is_drawn_once(data: Any, street_scene: Scene) -> None:
    assert len(data["map"]["roads"]["start"]) - 1 == len(street_scene.geomap.roads) // 2


def test_time_runs_from_the_first_frame(data: Any) -> None:
    np.testing.assert_allclose(data["frames"]["time_s"][:3], [0.0, 0.2, 0.4], atol=1e-6)


def test_unobserved_rays_and_open_views_have_numbers_of_their_own(data: Any, street_scene: Scene) -> None:
    scan = street_scene.views[0].scan
    first = slice(0, scan.num_rays)
    instance, range_cm = data["views"]["instance"][first], data["views"]["range_cm"][first]
    np.testing.assert_array_equal(instance == UNOBSERVED, ~scan.observed)
    np.testing.assert_array_equal(instance[scan.observed] == NO_INSTANCE, scan.instance[scan.observed] < 0)
    np.testing.assert_array_equal(range_cm == NO_WALL_CM, np.isnan(scan.range_m))


def test_a_ray_without_a_wall_has_a_column_but_no_base(data: Any, street_scene: Scene) -> None:
    first = slice(0, street_scene.views[0].scan.num_rays)
    none = np.isnan(street_scene.views[0].scan.range_m)
    assert (data["views"]["u"][first] != HIDDEN).all()
    np.testing.assert_array_equal(data["views"]["v"][first] == HIDDEN, none)


def test_headings_of_one_place_are_added_up(street_scene: Scene) -> None:
    belief = belief_of(with_belief(street_scene, np.array([0, 1, 2]), [0.25, 0.25, 0.5]))
    assert belief["place"][: belief["start"][1]].tolist() == [0, 1] and belief["num_places"][0] == 2
    assert belief["level"][0] == belief["level"][1]


def test_certainty_is_the_top_level_and_the_floor_the_bottom(street_scene: Scene) -> None:
    belief = belief_of(with_belief(street_scene, np.array([0, 2]), [1.0, 1e-5]))
    assert belief["level"][: belief["start"][1]].tolist() == [0, 255]


def test_a_frame_without_belief_draws_none(street_scene: Scene) -> None:
    belief = belief_of(with_belief(street_scene, np.zeros(0, np.int64), []))
    assert belief["start"].max() == 0


def test_text_cannot_end_the_script_element(street_scene: Scene) -> None:
    assert "<" not in payload_json(street_scene)


def belief_of(scene: Scene) -> Any:
    return unpack(json.loads(payload_json(scene)))["belief"]


def with_belief(scene: Scene, viewpoints: Int32, probability: list[float]) -> Scene:
    """The scene with the same belief in every frame."""
    frames = len(scene.trace)
    trace = Trace(
        **{
            **vars(scene.trace),
            "belief_start": np.arange(frames + 1) * len(viewpoints),
            "belief_viewpoint": np.tile(viewpoints, frames).astype(np.int32),
            "belief_probability": np.tile(np.array(probability, np.float32), frames),
        }
    )
    return replace(scene, trace=trace)
