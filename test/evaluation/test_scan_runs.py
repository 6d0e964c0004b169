from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import (
    Float32,
    LocalizationStatus,
    Mode,
    Observation,
    Pose2,
    PoseEstimate,
    PositionFix,
    SemanticScan,
)
from geoloc_ros.evaluation.scan_runs import MAX_MODES, receiver_fixes, run_scan_drive
from geoloc_ros.sim.scan_drives import ScanDrive

SECOND_NS = 1_000_000_000


class FirstRangeEncoder:
    """The query of a scan is its first range."""

    encoder_id = "first"
    dimension = 1

    def encode(self, scan: SemanticScan) -> Float32:
        return scan.range_m[..., :1]

    encode_query = encode


class Echo:
    """Believes odometry; its probability is the query, and it tells what it was given, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def reset(self) -> None:
        self.heard.append("reset")

    def add_position(self, fix: PositionFix) -> None:
        self.heard.append(f"position {fix.stamp_ns / SECOND_NS:g}")

    def update(self, observation: Observation) -> PoseEstimate:
        self.heard.append(f"frame {observation.stamp_ns / SECOND_NS:g}")
        pose, status = observation.odometry, LocalizationStatus.INITIALIZED
        mode = Mode(pose, np.eye(3), 0.7)
        probability = float(observation.query[0])
        return PoseEstimate(observation.stamp_ns, pose, np.eye(3), status, probability, "", (), (mode, mode), 0.25)


def straight(frames: int = 4) -> ScanDrive:
    """Three metres east every second; odometry is a metre off to the north. A receiver every second and a half."""
    stamp_ns = SECOND_NS * np.arange(frames)
    truth = np.column_stack([3.0 * np.arange(frames), np.zeros(frames), np.zeros(frames)])
    range_m = np.repeat(0.1 * np.arange(frames, dtype=np.float32)[:, None], 8, axis=1)
    scan = SemanticScan(range_m, np.zeros((frames, 8), np.int32), np.ones((frames, 8), bool))
    fix_stamp_ns = np.array([0, 3 * SECOND_NS // 2, 3 * SECOND_NS])
    return ScanDrive(stamp_ns, truth, truth + [0.0, 1.0, 0.0], scan, fix_stamp_ns, np.zeros((3, 2)))


def test_a_run_holds_what_was_said_of_every_frame_beside_the_truth() -> None:
    run = run_scan_drive(Echo(), FirstRangeEncoder(), straight())
    assert len(run) == 4 and run.is_fix.all()
    assert run.error_m.tolist() == [1.0] * 4
    assert run.driven_m.tolist() == [0.0, 3.0, 6.0, 9.0] and run.time_s.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert run.probability == pytest.approx([0.0, 0.1, 0.2, 0.3]), "each frame with its own query"
    assert run.chance.tolist() == [0.25] * 4
    assert run.modes.shape == (4, MAX_MODES, 4)
    assert run.modes[1, 1] == pytest.approx([3.0, 1.0, 0.0, 0.7]) and np.isnan(run.modes[:, 2:]).all()


def test_positions_come_before_the_first_frame_that_is_not_older() -> None:
    localizer = Echo()
    run_scan_drive(localizer, FirstRangeEncoder(), straight(), receiver_fixes(straight()))
    assert localizer.heard == [
        "reset", "position 0", "frame 0", "frame 1", "position 1.5", "frame 2", "position 3", "frame 3",
    ]  # fmt: skip


def test_a_wrong_receiver_claims_the_same_covariance() -> None:
    (right, *_), (wrong, *_) = receiver_fixes(straight()), receiver_fixes(straight(), np.array([80.0, 0.0]))
    assert wrong.position_m.tolist() == [80.0, 0.0] and right.position_m.tolist() == [0.0, 0.0]
    assert (wrong.covariance_m2 == right.covariance_m2).all()


def test_a_run_is_read_again_only_with_its_mark(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "0.npz"
    run = run_scan_drive(Echo(), FirstRangeEncoder(), straight())
    run.save(file, "this code")
    again = type(run).load(file, "this code")
    assert (again.pose == run.pose).all() and (again.cpu_ms == run.cpu_ms).all()
    with pytest.raises(DatasetError, match="other code"):
        type(run).load(file, "that code")
    with pytest.raises(DatasetError, match="no results"):
        type(run).load(tmp_path / "1.npz", "this code")


def test_the_heading_error_goes_the_short_way_round() -> None:
    drive = straight(1)
    turned = ScanDrive(
        drive.stamp_ns, drive.truth + [0.0, 0.0, 3.0], drive.truth + [0.0, 0.0, -3.0], drive.scan, drive.fix_stamp_ns,
        drive.fix_m,
    )  # fmt: skip
    run = run_scan_drive(Echo(), FirstRangeEncoder(), turned)
    assert run.heading_error_rad == pytest.approx([2.0 * np.pi - 6.0])
    assert Pose2(0.0, 0.0, -3.0).as_array() == pytest.approx(run.pose[0])
