import numpy as np
import pytest

from geoloc_ros.core.geometry import relative_motion
from geoloc_ros.core.types import Pose2
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import CONDITIONS, LEVELS
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator


@pytest.fixture(scope="module")
def simulator(tiny_city: GeoMap) -> ScanDriveSimulator:
    """At noise `paper`."""
    return ScanDriveSimulator(tiny_city, LEVELS["paper"], 0)


@pytest.fixture(scope="module")
def drive(simulator: ScanDriveSimulator) -> ScanDrive:
    """Of 200 m."""
    return simulator.drive(0, 200.0)


def test_frames_come_at_their_rate_along_the_length_asked(drive: ScanDrive) -> None:
    assert (np.diff(drive.stamp_ns) == 400_000_000).all()
    driven_m = np.hypot(*np.diff(drive.truth[:, :2], axis=0).T).sum()
    assert driven_m == pytest.approx(200.0, abs=10.0)
    assert drive.scan.range_m.shape == (len(drive), 360)
    assert (np.diff(drive.fix_stamp_ns) == 1_000_000_000).all()


def test_a_camera_turned_right_by_a_quarter_sees_ahead_what_was_on_the_right(drive: ScanDrive) -> None:
    turned = drive.turned(90)
    assert np.array_equal(turned.scan.range_m[:, 90], drive.scan.range_m[:, 0], equal_nan=True)
    assert (turned.odometry == drive.odometry).all()


def test_a_part_keeps_the_positions_between_its_ends(drive: ScanDrive) -> None:
    part = drive.part(slice(10, 21))
    assert len(part) == 11 and (part.truth == drive.truth[10:21]).all()
    assert part.fix_stamp_ns[0] >= part.stamp_ns[0] and part.fix_stamp_ns[-1] <= part.stamp_ns[-1]
    assert len(part.fix_m) == len(part.fix_stamp_ns) >= 4


def test_after_a_teleport_odometry_goes_on_with_the_motion_of_the_second_drive(
    simulator: ScanDriveSimulator, drive: ScanDrive
) -> None:
    second = simulator.drive(1, 100.0)
    joint, number = drive.then(second), len(drive)
    assert len(joint) == len(drive) + len(second) and (np.diff(joint.stamp_ns) > 0).all()
    assert joint.odometry[number] == pytest.approx(drive.odometry[-1])
    moved = relative_motion(Pose2(*joint.odometry[number]), Pose2(*joint.odometry[-1])).as_array()
    assert moved == pytest.approx(relative_motion(Pose2(*second.odometry[0]), Pose2(*second.odometry[-1])).as_array())
    assert (joint.truth[number:] == second.truth).all()


def test_other_mistakes_are_made_in_the_same_world_on_the_same_way(
    simulator: ScanDriveSimulator, drive: ScanDrive
) -> None:
    narrow = simulator.with_level(CONDITIONS["fov90"]).drive(0, 200.0)
    assert (narrow.truth == drive.truth).all()
    assert narrow.scan.observed.mean() <= 0.26 < drive.scan.observed.mean()
    with pytest.raises(ValueError, match="worlds"):
        simulator.with_level(CONDITIONS["stale30"])
