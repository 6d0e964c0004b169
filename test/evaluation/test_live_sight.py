import numpy as np

from geoloc_ros.core.types import Pose2, SemanticScan
from geoloc_ros.evaluation.live_sight import LiveSight

SCAN = SemanticScan(np.ones(4, np.float32), np.zeros(4, np.int32), np.ones(4, bool))


def test_frames_need_a_scan_and_a_fix_and_come_in_order() -> None:
    sight = LiveSight()
    assert sight.drive() is None
    for stamp_ns in (3, 1, 2):
        sight.hear_pose(stamp_ns, Pose2(float(stamp_ns), 0.0, 0.0), np.eye(3))
    for stamp_ns in (1, 3, 4):
        sight.hear_scan(stamp_ns, SCAN)
    drive = sight.drive()
    assert drive is not None and drive.pose[:, 0].tolist() == [1.0, 3.0]
    assert drive.scan.range_m.shape == (2, 4) and drive.covariance.shape == (2, 3, 3)


def test_a_pose_without_covariance_is_no_witness() -> None:
    sight = LiveSight()
    sight.hear_scan(1, SCAN)
    sight.hear_pose(1, Pose2(0.0, 0.0, 0.0), np.full((3, 3), np.nan))
    assert sight.drive() is None
