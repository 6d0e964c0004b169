from dataclasses import replace

import numpy as np

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.accuracy_page.polar import common_reach, scan_plot
from geoloc_ros.evaluation.accuracy_page.worst import Overlay

ANGLES = 2.0 * np.pi * np.arange(360) / 360
ROUND = SemanticScan(np.full(360, 20.0, np.float32), np.zeros(360, np.int32), np.ones(360, bool))


def test_one_building_all_round_is_one_wall() -> None:
    assert scan_plot(ROUND, 0.0, 40.0, "scan").count('class="wall"') == 1


def test_two_buildings_are_two_walls_one_of_them_across_the_first_ray() -> None:
    east = np.cos(ANGLES) > 0.0
    plot = scan_plot(replace(ROUND, instance=np.where(east, 1, 2).astype(np.int32)), 0.0, 40.0, "")
    assert plot.count('class="wall"') == 2


def test_a_jump_in_range_is_another_wall_of_the_same_building() -> None:
    is_north = np.sin(ANGLES) > 0.0
    near = np.where(is_north, np.float32(10.0), np.float32(20.0))
    assert scan_plot(replace(ROUND, range_m=near), 0.0, 40.0, "").count('class="wall"') == 2


def test_the_open_view_across_the_first_ray_is_one_band() -> None:
    ahead = np.where(np.cos(ANGLES) > 0.5, np.float32(np.nan), np.float32(20.0))
    plot = scan_plot(replace(ROUND, range_m=ahead), 0.0, 40.0, "")
    assert plot.count('class="open"') == 1 and 'class="unseen"' not in plot


def test_a_single_ray_to_the_north_points_up() -> None:
    north = replace(ROUND, observed=np.arange(360) == 90, range_m=np.full(360, 40.0, np.float32))
    assert '<path d="M0,-92h0" class="wall">' in scan_plot(north, 0.0, 40.0, "")
    assert '<path d="M-92,0h0" class="wall">' in scan_plot(north, np.pi / 2, 40.0, "").replace("-0", "0")


def test_what_lies_beyond_is_drawn_at_the_rim() -> None:
    ray = replace(ROUND, observed=np.arange(360) == 0, range_m=np.full(360, 80.0, np.float32))
    assert '<path d="M92,0h0" class="wall">' in scan_plot(ray, 0.0, 40.0, "").replace("-0", "0")


def test_hits_of_the_query_lie_where_it_stood() -> None:
    ray = replace(ROUND, observed=np.arange(360) == 0)
    plot = scan_plot(ROUND, 0.0, 40.0, "", overlay=(ray, Overlay(np.array([-20.0, 20.0]), 0.0)))
    assert '<path d="M0,-46h0" class="dots">' in plot


def test_the_rim_holds_nearly_all_walls() -> None:
    assert common_reach(ROUND, replace(ROUND, range_m=ROUND.range_m * 2)) == 40.0
    assert common_reach(replace(ROUND, observed=np.zeros(360, bool))) == 20.0
