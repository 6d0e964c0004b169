from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.accuracy_page.worst import Overlay, Shares, explain, measure_shares, worst_queries
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails

RAYS = 360
HERE = Overlay(np.zeros(2), 0.0)
AROUND = SemanticScan(np.full(RAYS, 20.0, np.float32), np.zeros(RAYS, np.int32), np.ones(RAYS, bool))


def halved(scan: SemanticScan) -> SemanticScan:
    """Walls to the north only."""
    north = np.arange(RAYS) < RAYS // 2
    return replace(scan, range_m=np.where(north, scan.range_m, np.float32(np.nan)))


def test_a_perfect_observation_has_nothing_wrong() -> None:
    assert measure_shares(AROUND, AROUND, HERE) == Shares(observed=1.0, wrong=0.0, open=0.0, walls=1.0)


def test_walls_read_ten_metres_too_far_are_all_wrong() -> None:
    assert measure_shares(replace(AROUND, range_m=AROUND.range_m + 10), AROUND, HERE).wrong == 1.0


def test_walls_of_the_world_may_be_off_by_some_metres() -> None:
    assert measure_shares(replace(AROUND, range_m=AROUND.range_m - 1), AROUND, HERE).wrong == 0.0


def test_a_vehicle_five_metres_north_of_its_place_sees_the_wall_five_metres_nearer() -> None:
    angle_rad = 2.0 * np.pi * np.arange(RAYS) / RAYS
    north = np.sin(angle_rad) > 0.5
    range_m = np.where(north, 20.0 / np.maximum(np.sin(angle_rad), 0.5), np.nan)
    wall = replace(AROUND, range_m=range_m.astype(np.float32))
    seen = replace(AROUND, range_m=(0.75 * wall.range_m).astype(np.float32))
    assert measure_shares(seen, wall, Overlay(np.array([0.0, 5.0]), 0.0)).wrong == 0.0
    assert measure_shares(seen, wall, HERE).wrong == 1.0


def test_half_of_the_walls_read_as_open_view() -> None:
    shares = measure_shares(halved(AROUND), AROUND, HERE)
    assert shares.open == 0.5 and shares.wrong == 0.0


def test_what_is_open_on_the_map_too_is_not_missed_whichever_way_the_vehicle_looks() -> None:
    # Turned by a quarter to the left: the walls to the north are on the right half.
    turned = replace(AROUND, range_m=np.roll(halved(AROUND).range_m, -RAYS // 4))
    assert measure_shares(turned, halved(AROUND), Overlay(np.zeros(2), np.pi / 2)).open == 0.0
    assert measure_shares(turned, halved(AROUND), HERE).open == pytest.approx(0.5)


def test_unobserved_rays_miss_nothing() -> None:
    blind = replace(AROUND, observed=np.arange(RAYS) < RAYS // 4)
    assert measure_shares(blind, AROUND, HERE) == Shares(observed=0.25, wrong=0.0, open=0.0, walls=1.0)


def test_without_hits_or_walls_nothing_is_said() -> None:
    none = replace(AROUND, range_m=np.full(RAYS, np.nan, np.float32))
    shares = measure_shares(none, none, HERE)
    assert np.isnan(shares.wrong) and np.isnan(shares.open) and shares.walls == 0.0
    assert measure_shares(AROUND, none, HERE).wrong == 1.0


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (Shares(0.2, 0.9, 0.9, 0.1), "only 20% of the rays observed"),
        (Shares(0.9, 0.9, 0.9, 0.1), "walls along 10% of the rays only"),
        (Shares(0.9, 0.6, 0.9, 0.8), "60% of the hits are on no wall"),
        (Shares(0.9, 0.1, 0.7, 0.8), "70% of the walls looked at read as open view"),
        (Shares(0.9, 0.1, 0.1, 0.8), "no single cause"),
        (Shares(0.9, float("nan"), float("nan"), 0.8), "no single cause"),
    ],
)
def test_the_first_thing_bad_enough_is_named(shares: Shares, said: str) -> None:
    assert said in explain(shares)


def test_the_worst_comes_first(details: RetrievalDetails) -> None:
    assert [worst.query for worst in worst_queries(details, 1)] == [3, 2, 0, 1]
    assert [worst.rank for worst in worst_queries(details, 0)] == [100.0, 41.0, 31.0, 1.0]


def test_examples_of_other_methods_are_left_out(details: RetrievalDetails) -> None:
    rank = np.concatenate([details.rank] * 5, axis=1)
    rank[1, 4:] += 1000.0
    many = replace(details, rank=rank, pose=np.tile(details.pose, (5, 1)), best=np.tile(details.best, (1, 5, 1)))
    assert worst_queries(many, 1) == []


def test_a_method_without_headings_lays_nothing_over_its_map(details: RetrievalDetails) -> None:
    blind = replace(details, best_turn_rad=np.full_like(details.best_turn_rad, np.nan))
    assert worst_queries(blind, 1)[0].at_found is None


def test_a_pose_that_was_aligned_says_where_the_query_was(details: RetrievalDetails) -> None:
    best_pose = details.best_pose.copy()
    best_pose[1, 3] = [*(details.place_m[99] + [2.0, 1.0]), np.pi / 2]
    overlay = worst_queries(replace(details, best_pose=best_pose), 1)[0].at_found
    assert overlay is not None and overlay.ray0_rad == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(overlay.offset_m, [2.0, 1.0])
