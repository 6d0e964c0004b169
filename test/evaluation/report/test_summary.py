from dataclasses import replace

from geoloc_ros.evaluation.metrics import evaluate_poses
from geoloc_ros.evaluation.report.scene import Scene
from geoloc_ros.evaluation.report.summary import drive_figures


def figures(scene: Scene, judged: bool = True) -> dict[str, str]:
    trace, fixed = scene.trace, scene.trace.is_fix
    metrics = evaluate_poses(trace.stamp_ns, trace.stamp_ns[fixed], trace.pose[fixed], trace.stamp_ns, scene.truth)
    return {figure.name: figure.value for figure in drive_figures(trace, metrics if judged else None)}


def test_a_drive_found_after_ten_of_forty_frames_half_a_metre_off(street_scene: Scene) -> None:
    found = figures(street_scene)
    assert found["found"] == "yes" and found["time to first fix"] == "2.0 s" and found["availability"] == "75.0%"
    assert found["median error"] == "0.50 m" and found["within 1 / 3 / 5 / 10 m"] == "75.0 / 75.0 / 75.0 / 75.0 %"


def test_without_a_fix_it_is_never(street_scene: Scene) -> None:
    lost = replace(street_scene.trace, status=street_scene.trace.status * 0 + 2)
    found = figures(replace(street_scene, trace=lost))
    assert (found["found"], found["time to first fix"], found["median error"]) == ("no", "never", "none")


def test_without_truth_nothing_is_claimed_about_errors(street_scene: Scene) -> None:
    assert set(figures(street_scene, judged=False)) == {"availability", "frames localized"}
