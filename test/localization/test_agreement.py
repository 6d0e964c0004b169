"""Scans of a made-up town, seen from where they were taken and from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.config import RerankConfig, ScanConfig
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.types import Float64, SemanticScan
from geoloc_ros.localization.agreement import RayAgreement
from geoloc_ros.localization.ray_likelihood import RayTable
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster


class Town:
    """Its walls, its viewpoints, and what a perfect camera sees there."""

    def __init__(self, geomap: GeoMap) -> None:
        self.poses: Float64 = build_places(geomap.roads, 10.0).poses()
        self.caster = RayCaster(geomap.buildings.walls())
        table = RayTable.load(shared_file("models/ray_table.npz"))
        self.agreement = RayAgreement(self.caster, self.poses, table, RerankConfig(), ScanConfig())

    def scan(self, pose: Float64, scale: float = 1.0) -> SemanticScan:
        seen = self.caster.cast(pose[None], 360, 100.0)
        return SemanticScan(seen.range_m[0] * np.float32(scale), seen.instance[0], seen.observed[0])

    def log_ratio(self, scan: SemanticScan, pose: Float64, depth_scale: float = 1.0) -> float:
        return float(self.agreement.log_ratio([self.agreement.weigh(scan, depth_scale)], pose[None])[0])


@pytest.fixture(scope="module")
def town(tiny_city: GeoMap) -> Town:
    return Town(tiny_city)


def test_a_scan_fits_where_it_was_taken_and_no_place_drawn_at_random_as_well(town: Town) -> None:
    for row in range(0, len(town.poses), 20):
        scan = town.scan(town.poses[row])
        elsewhere = [town.log_ratio(scan, pose) for pose in town.poses[(row + 7) % 11 :: 11]]
        assert town.log_ratio(scan, town.poses[row]) > max(2.0, np.quantile(elsewhere, 0.9))


def test_a_heading_that_is_two_degrees_off_does_not_matter(town: Town) -> None:
    scan, pose = town.scan(town.poses[5]), town.poses[5]
    turned = town.log_ratio(scan, pose + [0.0, 0.0, np.radians(2.0)])
    assert turned == pytest.approx(town.log_ratio(scan, pose), abs=0.3)


def test_ranges_that_are_all_too_long_fit_once_that_is_known(town: Town) -> None:
    pose = town.poses[5]
    long = town.scan(pose, scale=1.6)
    assert town.log_ratio(long, pose, depth_scale=1.6) > town.log_ratio(long, pose) + 1.0


def test_a_scan_in_which_nothing_was_observed_says_nothing(town: Town) -> None:
    seen = town.scan(town.poses[5])
    blind = SemanticScan(seen.range_m, seen.instance, np.zeros(360, bool))
    weighed = town.agreement.weigh(blind, 1.0)
    assert weighed.information == pytest.approx(0.0, abs=1e-9)
    assert town.log_ratio(blind, town.poses[50]) == pytest.approx(0.0, abs=1e-9)


def test_what_tells_places_apart_has_information(town: Town) -> None:
    assert town.agreement.weigh(town.scan(town.poses[5]), 1.0).information > 0.1
