"""Pictures for people."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.core.types import Pose3, SemanticScan  # noqa: E402
from geoloc_ros.core.view import Depth, View  # noqa: E402
from geoloc_ros.ros.previews import draw_depth, draw_labels, draw_scan  # noqa: E402

SIZE = (100, 1280)
LABELS = np.full(SIZE, SemanticClass.BUILDING, np.uint8)
LABELS[:50] = SemanticClass.SKY


def test_classes_have_colours_and_let_the_image_shine_through() -> None:
    alone = draw_labels(LABELS, None)
    assert alone.shape == (50, 640, 3) and len(np.unique(alone.reshape(-1, 3), axis=0)) == 2
    over = draw_labels(LABELS, np.full((*SIZE, 3), 255, np.uint8))
    assert np.all(over >= alone) and np.any(over > alone)


def test_near_and_far_differ_the_best_source_shows_and_the_unknown_is_black() -> None:
    near, far = np.full(SIZE, np.nan, np.float32), np.full(SIZE, 50.0, np.float32)
    near[:, :640], far[:, 1000:] = 3.0, np.nan
    view = View(
        Camera.equirectangular(SIZE[1], SIZE[0]), Pose3(np.eye(3), np.zeros(3)), LABELS,
        depths=(Depth("points", near), Depth("network", far)),
    )
    picture = draw_depth(view)
    left, middle, right = picture[25, 100].astype(int), picture[25, 400].astype(int), picture[25, 600]
    assert left[0] > left[2] and middle[2] > middle[0] and not right.any()


def test_a_wall_ahead_is_drawn_above_the_vehicle_and_what_nobody_saw_is_dark() -> None:
    num_rays = 360
    range_m, observed = np.full(num_rays, np.nan, np.float32), np.zeros(num_rays, bool)
    range_m[:45] = range_m[-45:] = 50.0
    observed[:180] = True
    observed[-45:] = True
    picture = draw_scan(SemanticScan(range_m, np.ones(num_rays, np.int32), observed), 100.0).astype(int)
    middle = len(picture) // 2
    ahead, left, right = picture[middle - 60, middle], picture[middle, middle - 100], picture[middle, middle + 100]
    assert ahead.sum() == left.sum() > 2 * right.sum()
    wall = picture[middle - round(middle / 2), middle]
    assert wall[0] > wall[2] + 50  # red
