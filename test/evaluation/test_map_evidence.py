"""A street of houses; what a drive sees is cast from a world that differs from the map in one house."""

from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.types import Bool, Float64, SemanticScan
from geoloc_ros.evaluation.map_evidence import BuildingWitness, Outcome, SeenDrive

from .street import NUM_HOUSES, WALL, along_the_street, seen, street


def counts(world_keep: Bool, depth_factor: float = 1.0, pose: Float64 | None = None) -> Float64:
    drive = seen(along_the_street() if pose is None else pose, world_keep, depth_factor)
    return BuildingWitness(street()).count(drive).astype(float)


def everything() -> Bool:
    return np.ones(NUM_HOUSES, bool)


def without(house: int) -> Bool:
    return np.arange(NUM_HOUSES) != house


def test_a_house_that_is_there_is_met_by_its_rays() -> None:
    rays = counts(everything())[3].sum(axis=0)
    assert rays[Outcome.WALL] > 20 and rays[Outcome.WALL] == rays.sum()


def test_rays_pass_through_a_house_that_is_gone_to_what_stands_behind() -> None:
    rays = counts(without(3))[3]
    assert rays[0, Outcome.THROUGH] > 20 and rays[:, Outcome.WALL].sum() == 0


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_depth_that_is_wrong_by_a_third_is_still_the_wall(factor: float) -> None:
    rays = counts(everything(), factor)[3].sum(axis=0)
    assert rays[Outcome.WALL] == rays.sum() > 20


@pytest.mark.parametrize(("observed", "outcome"), [(False, Outcome.UNKNOWN), (True, Outcome.OPEN)])
def test_a_house_that_the_camera_misses_is_unknown_or_open(observed: bool, outcome: Outcome) -> None:
    drive = seen(along_the_street(), everything())
    missed = drive.scan.instance == 3
    scan = SemanticScan(
        np.where(missed, np.nan, drive.scan.range_m).astype(np.float32),
        np.where(missed, -1, drive.scan.instance).astype(np.int32), drive.scan.observed & (~missed | observed),
    )
    rays = BuildingWitness(street()).count(SeenDrive(drive.pose, drive.covariance, scan))[3].sum(axis=0)
    assert rays[outcome] == rays.sum() > 20


def test_a_pose_that_nobody_is_sure_of_blames_no_building() -> None:
    """From behind the houses, where the long wall is wide enough for any doubt about the pose."""
    drive = seen(along_the_street() + [0.0, 30.0, 0.0], everything())
    for deviation_m, is_told in ((4.0, True), (6.0, False)):
        covariance = drive.covariance + np.diag([deviation_m**2, 0.0, 0.0])
        rays = BuildingWitness(street()).count(SeenDrive(drive.pose, covariance, drive.scan))[WALL]
        assert (rays.sum() > 0) == is_told


def test_a_wrong_pose_blames_no_building() -> None:
    """The whole map cannot be outdated."""
    right = along_the_street()
    blind = seen(right + [0.0, 0.0, np.pi / 2.0], everything())
    wrong = SeenDrive(right, blind.covariance, blind.scan)
    assert BuildingWitness(street()).count(wrong).sum() == 0
