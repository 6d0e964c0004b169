"""Re-ranking in a made-up town, where the query is what the map shows from a pose between places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from geoloc_ros.core.config import RerankConfig, ScanConfig
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.types import Float32, Float64, SemanticScan
from geoloc_ros.localization.ray_likelihood import RayTable
from geoloc_ros.localization.rerank import Reranker
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster

TRUE = 17


@dataclass(frozen=True)
class _Town:
    """All places of the town as candidates, and a vehicle near place TRUE."""

    caster: RayCaster
    poses: Float64
    road_yaw_rad: Float64
    vehicle: Float64

    def reranker(self, **settings: float) -> Reranker:
        config = RerankConfig.model_validate(settings)
        return Reranker(self.caster, RayTable.load(shared_file("models/ray_table.npz")), config, ScanConfig())

    def alike(self) -> Float32:
        """No descriptor has said anything."""
        return np.zeros(len(self.poses), np.float32)

    def query(self) -> SemanticScan:
        return SemanticScan(*(part[0] for part in vars(self.caster.cast(self.vehicle[None], 360, 100.0)).values()))


@pytest.fixture(scope="module")
def town(tiny_city: GeoMap) -> _Town:
    places = build_places(tiny_city.roads, 10.0)
    road_yaw_rad = np.zeros(len(places.position_m))
    road_yaw_rad[places.viewpoint_place] = places.viewpoint_yaw_rad
    yaw = road_yaw_rad[TRUE]
    vehicle = np.append(places.position_m[TRUE], np.radians(4.0))
    vehicle[:2] += 3.0 * np.array([np.cos(yaw), np.sin(yaw)]) + 2.0 * np.array([np.sin(yaw), -np.cos(yaw)])
    poses = np.column_stack([places.position_m, np.zeros(len(road_yaw_rad))])
    return _Town(RayCaster(tiny_city.buildings.walls()), poses, road_yaw_rad, vehicle)


def test_the_true_place_comes_first_and_the_pose_is_refined(town: _Town) -> None:
    again = town.reranker().rerank(town.query(), town.poses, town.road_yaw_rad, town.alike())
    best = again.pose[again.order[0]]
    assert np.hypot(*(best[:2] - town.vehicle[:2])) < 1.5
    assert abs(best[2] - town.vehicle[2]) < np.radians(1.6)
    assert np.hypot(*(town.poses[again.order[0], :2] - town.vehicle[:2])) < 10.0


def test_probabilities_add_up_and_fall_in_the_order(town: _Town) -> None:
    again = town.reranker().rerank(town.query(), town.poses, town.road_yaw_rad, town.alike())
    assert np.exp(again.log_probability).sum() == pytest.approx(1.0)
    assert (np.diff(again.log_probability[again.order]) <= 0.0).all()
    assert sorted(again.order) == list(range(len(town.poses)))


def test_a_query_that_saw_nothing_leaves_the_order(town: _Town) -> None:
    seen = town.query()
    blind = SemanticScan(seen.range_m, seen.instance, np.zeros(360, bool))
    again = town.reranker().rerank(blind, town.poses, town.road_yaw_rad, town.alike())
    assert again.order.tolist() == list(range(len(town.poses)))


def test_descriptors_decide_where_rays_say_nothing(town: _Town) -> None:
    seen = town.query()
    blind = SemanticScan(seen.range_m, seen.instance, np.zeros(360, bool))
    dissimilarity = np.random.default_rng(0).normal(0.0, 3.0, len(town.poses)).astype(np.float32)
    again = town.reranker().rerank(blind, town.poses, town.road_yaw_rad, dissimilarity)
    assert again.order.tolist() == np.argsort(dissimilarity).tolist()


def test_poses_stay_near_their_candidates(town: _Town) -> None:
    again = town.reranker().rerank(town.query(), town.poses, town.road_yaw_rad, town.alike())
    assert np.hypot(*(again.pose[:, :2] - town.poses[:, :2]).T).max() <= np.hypot(4.0, 3.0) + np.hypot(1.0, 1.0)


def test_a_wrong_scale_is_found_where_it_is_searched(town: _Town) -> None:
    seen = town.query()
    stretched = SemanticScan(seen.range_m * np.float32(1.5625), seen.instance, seen.observed)
    reranker = town.reranker(max_scale_ratio=2.0)
    again = reranker.rerank(stretched, town.poses[[TRUE]], town.road_yaw_rad[[TRUE]], town.alike()[:1])
    assert again.scale == pytest.approx(1.5625)
    assert np.hypot(*(again.pose[0, :2] - town.vehicle[:2])) < 2.0
    again = reranker.rerank(seen, town.poses[[TRUE]], town.road_yaw_rad[[TRUE]], town.alike()[:1])
    assert again.scale == pytest.approx(1.0)


def test_more_candidates_than_are_looked_at_closely_do_no_harm(town: _Town) -> None:
    again = town.reranker(num_full=3, num_fine=1).rerank(town.query(), town.poses, town.road_yaw_rad, town.alike())
    assert np.isfinite(again.log_probability).all()


def test_one_candidate_is_certain(town: _Town) -> None:
    again = town.reranker().rerank(town.query(), town.poses[[TRUE]], town.road_yaw_rad[[TRUE]], town.alike()[:1])
    assert again.log_probability == pytest.approx(0.0)
