import numpy as np
import pytest

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.drive_conditions import DRIVE_CONDITIONS, DriveMaker, find_drive_condition
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.city import make_city


@pytest.fixture(scope="module")
def maker(tiny_city: GeoMap) -> DriveMaker:
    """A town of four blocks, and a larger one."""
    towns = {"here": tiny_city, "there": make_city(1, 700.0)}
    return DriveMaker(towns.__getitem__, "here", ["there"], seed=0)


def same(one: SemanticScan, other: SemanticScan) -> bool:
    return np.array_equal(one.range_m, other.range_m, equal_nan=True)


def test_the_same_arguments_give_the_same_drive(maker: DriveMaker) -> None:
    condition = find_drive_condition("gps_wrong")
    (one, positions), (again, others) = maker.make(condition, 3), maker.make(condition, 3)
    assert same(one.scan, again.scan) and (one.odometry == again.odometry).all()
    assert all((a.position_m == b.position_m).all() for a, b in zip(positions, others, strict=True))
    assert not np.array_equal(one.truth[0], maker.make(condition, 4)[0].truth[0])


def test_an_unknown_heading_is_the_drive_of_paper_with_the_camera_turned(maker: DriveMaker) -> None:
    straight, _ = maker.make(find_drive_condition("paper"), 0)
    turned, _ = maker.make(find_drive_condition("heading_unknown"), 0)
    assert (straight.truth == turned.truth).all()
    shifts = [rays for rays in range(360) if same(straight.turned(rays).scan, turned.scan)]
    assert len(shifts) == 1 and shifts[0] != 0


def test_wrong_positions_are_off_by_60_to_150_metres_constantly_or_by_jumps(maker: DriveMaker) -> None:
    condition = find_drive_condition("gps_wrong")
    for number, jumps in ((0, False), (1, True)):
        drive, positions = maker.make(condition, number)
        offset_m = np.array([fix.position_m for fix in positions]) - drive.fix_m
        length_m = np.hypot(*offset_m.T)
        assert ((length_m > 59.9) & (length_m < 150.1)).all()
        assert (np.hypot(*np.diff(offset_m, axis=0).T).max() > 1.0) == jumps


def test_no_receiver_speaks_unless_the_condition_has_one(maker: DriveMaker) -> None:
    assert maker.make(find_drive_condition("paper"), 0)[1] == []
    drive, positions = maker.make(find_drive_condition("gps_on"), 0)
    assert [fix.stamp_ns for fix in positions] == drive.fix_stamp_ns.tolist()


def test_drives_outside_are_on_another_map_and_those_in_the_grid_between_its_blocks(
    maker: DriveMaker, tiny_city: GeoMap
) -> None:
    outside, _ = maker.make(find_drive_condition("outside"), 0)
    assert np.abs(outside.truth[:, :2]).max() > np.abs(tiny_city.bounds_m).max()
    grid, _ = maker.make(find_drive_condition("grid"), 0)
    aside_m = np.abs((grid.truth[:, :2] + 45.0) % 90.0 - 45.0).min(axis=1)
    assert np.median(aside_m) < 4.0, "near the middle of a street"
    lonely = DriveMaker({"here": tiny_city}.__getitem__, "here", [], seed=0)
    with pytest.raises(ConfigError, match="another city"):
        lonely.make(find_drive_condition("outside"), 0)


def test_a_teleport_carries_the_vehicle_far_away_at_half_way_while_odometry_stands(maker: DriveMaker) -> None:
    big = DriveMaker(lambda name: make_city(1, 700.0), "there", [], seed=0)
    drive, _ = big.make(find_drive_condition("teleport"), 0)
    step_m = np.hypot(*np.diff(drive.truth[:, :2], axis=0).T)
    odometry_m = np.hypot(*np.diff(drive.odometry[:, :2], axis=0).T)
    jump = int(step_m.argmax())
    assert step_m[jump] >= 300.0 and odometry_m[jump] < 0.5
    assert step_m[:jump].sum() == pytest.approx(500.0, abs=15.0)
    with pytest.raises(ConfigError, match="too small"):
        maker.make(find_drive_condition("teleport"), 0)


def test_all_conditions_have_names_and_others_are_refused() -> None:
    promised = {"paper", "heading_unknown", "hard", "fov90", "stale30", "teleport", "outside", "grid"}
    assert promised < set(DRIVE_CONDITIONS)
    with pytest.raises(ConfigError, match="no condition 'fog'"):
        find_drive_condition("fog")
