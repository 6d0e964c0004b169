from pathlib import Path

from geoloc_ros.evaluation.landmarks.landmark_evaluation import OcclusionCurve
from geoloc_ros.evaluation.landmarks.page.curves import angle_curves, occlusion_curves, occlusion_found, position_curves

from ..landmark_views import room_evaluation


def test_every_method_has_its_curve_even_one_that_finds_nothing(tmp_path: Path) -> None:
    methods = room_evaluation(tmp_path).methods
    for chart in (position_curves(methods), angle_curves(methods)):
        assert "series-1" in chart and "series-2" in chart and "nan" not in chart and "inf" not in chart


def test_a_curve_of_occlusion_ends_where_most_views_are_lost() -> None:
    one = OcclusionCurve("one", (0.0, 1.0, 4.0), (0.01, 0.02, float("inf")), (1.0, 0.8, 0.2))
    two, lost = OcclusionCurve("two", (0.0,), (1.0,), (1.0,)), OcclusionCurve("one", (0.0,), (float("inf"),), (0.1,))
    chart = occlusion_curves((one, two), {"one": 1, "two": 2})
    assert "series-1" in chart and "series-2" in chart and "inf" not in chart
    assert "Most views are not found" in occlusion_curves((lost,), {"one": 1})
    assert "series-1" in occlusion_found((lost,), {"one": 1}), "how many are found can always be told"
