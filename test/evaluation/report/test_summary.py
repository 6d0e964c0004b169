from dataclasses import replace

import numpy as np

from geoloc_ros.evaluation.report.scene import Scene
from geoloc_ros.evaluation.report.summary import drive_figures


def figures(scene: Scene) -> dict[str, str]:
    return {figure.name: figure.value for figure in drive_figures(scene.trace, scene.truth)}


def test_a_drive_found_after_ten_of_forty_frames(street_scene: Scene) -> None:
    found = figures(street_scene)
    assert found["found"] == "yes" and found["time to first fix"] == "2.0 s" and found["availability"] == "75%"
    assert found["median position error"] == "0.50 m" and found["within 1 / 3 / 5 / 10 m"] == "100 / 100 / 100 / 100 %"


def test_a_fix_far_off_at_the_end_is_not_found(street_scene: Scene) -> None:
    truth = street_scene.truth + [0.0, 40.0, 0.0]
    assert figures(replace(street_scene, truth=truth))["found"] == "no"


def test_without_a_fix_it_is_never(street_scene: Scene) -> None:
    trace = replace(street_scene.trace, status=np.full(len(street_scene.trace), 2, np.uint8))
    found = figures(replace(street_scene, trace=trace))
    assert (found["found"], found["time to first fix"]) == ("no", "never")


def test_without_truth_nothing_is_claimed(street_scene: Scene) -> None:
    found = figures(replace(street_scene, truth=np.full_like(street_scene.truth, np.nan)))
    assert found["found"] == "unknown" and "median position error" not in found
