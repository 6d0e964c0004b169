import numpy as np

from geoloc_ros.core.types import Observation, Pose2, PositionFix, SemanticScan
from geoloc_ros.localization.alignment.joined import JoinedScans, join_fixes, join_scans
from geoloc_ros.localization.alignment.window import WindowFrame

SECOND_NS = 1_000_000_000


def drive_north() -> list[WindowFrame]:
    """Three frames, a second and ten metres apart, of a vehicle whose odometry looks north."""
    ranges = np.array([[1.0, np.nan, 2.0, np.nan], [3.0, 3.0, 3.0, 3.0], [np.e, 1.0, 1.0, 1.0]], np.float32)
    instance = np.where(np.isnan(ranges), -1, 7).astype(np.int32)
    frames = []
    for row in range(3):
        scan = SemanticScan(ranges[row], instance[row], np.array([True, True, True, False]))
        path = Pose2(0.0, 10.0 * row, np.pi / 2.0)
        observation = Observation(row * SECOND_NS, scan, np.zeros(1, np.float32), path)
        frames.append(WindowFrame(observation, path, float(row), 10.0 * row))
    return frames


def fix(stamp_s: float) -> PositionFix:
    return PositionFix(int(stamp_s * SECOND_NS), np.array([5.0, 6.0]), np.diag([4.0, 25.0]))


def joined() -> JoinedScans:
    return join_scans(drive_north())


def test_odometry_is_seen_from_the_newest_frame() -> None:
    expected = [[-20.0, 0.0, 0.0, -2.0], [-10.0, 0.0, 0.0, -1.0], np.zeros(4)]
    np.testing.assert_allclose(joined().motion, expected, atol=1e-12)


def test_ranges_are_logarithms_and_nothing_where_nothing_was_observed_or_hit() -> None:
    log_range = joined().log_range
    np.testing.assert_allclose(log_range[0], [0.0, np.nan, np.log(2.0), np.nan], atol=1e-6)
    np.testing.assert_allclose(log_range[2], [1.0, 0.0, 0.0, np.nan], atol=1e-6)


def test_position_between_two_frames_is_a_node_between_them() -> None:
    with_fix = join_fixes(joined(), drive_north(), [fix(1.5)])
    np.testing.assert_array_equal(with_fix.fix_node, [2])
    np.testing.assert_array_equal(with_fix.scan_node, [0, 1, 3])
    np.testing.assert_allclose(with_fix.motion[2], [-5.0, 0.0, 0.0, -0.5], atol=1e-12)
    assert not with_fix.observed[2].any() and np.isnan(with_fix.log_range[2]).all()
    np.testing.assert_allclose(with_fix.fix_information, [[1.0 / 5.0, 0.0, 1.0 / 26.0]])


def test_position_a_second_after_another_adds_a_sixtieth() -> None:
    information = join_fixes(joined(), drive_north(), [fix(1.5), fix(0.5)]).fix_information
    np.testing.assert_allclose(information[1], information[0] / 60.0)


def test_position_that_claims_to_be_exact_is_not_believed() -> None:
    exact = PositionFix(SECOND_NS, np.zeros(2), np.zeros((2, 2)))
    np.testing.assert_allclose(join_fixes(joined(), drive_north(), [exact]).fix_information, [[1.0, 0.0, 1.0]])


def test_endless_range_is_no_range() -> None:
    frames = drive_north()
    frames[0].observation.scan.range_m[0] = np.inf
    assert np.isnan(join_scans(frames).log_range[0, 0])


def test_newest_scan_stays_the_last_node() -> None:
    with_fix = join_fixes(joined(), drive_north(), [fix(2.0)])
    np.testing.assert_array_equal(with_fix.motion[-1], np.zeros(4))
    assert with_fix.scan_node[-1] == len(with_fix.motion) - 1


def test_positions_outside_of_the_scans_are_left_out() -> None:
    assert len(join_fixes(joined(), drive_north(), [fix(-0.1), fix(2.1)]).fix_m) == 0


def test_newest_metres_hold_their_scans_and_positions() -> None:
    part = join_fixes(joined(), drive_north(), [fix(0.5), fix(1.5)]).newest(10.0)
    np.testing.assert_allclose(part.motion[:, 0], [-10.0, -5.0, 0.0], atol=1e-12)
    np.testing.assert_array_equal(part.scan_node, [0, 2])
    np.testing.assert_array_equal(part.fix_node, [1])


def test_thinned_scans_keep_the_newest_and_every_second_ray() -> None:
    thin = joined().thinned(2, 2)
    np.testing.assert_allclose(thin.motion[:, 0], [-20.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(thin.log_range[1], [1.0, 0.0], atol=1e-6)


def test_rays_that_would_leave_a_gap_in_the_turn_are_all_kept() -> None:
    assert joined().thinned(1, 3).log_range.shape == (3, 4)
