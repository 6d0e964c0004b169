from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Pose3
from geoloc_ros.evaluation.tum import read_tum, read_tum_poses, write_tum, write_tum_poses

stamps = st.integers(0, 4_000_000_000_000_000_000)


@settings(max_examples=30)
@given(st.lists(st.tuples(stamps, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-3.1, 3.1)), max_size=5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]]) -> None:
    path = tmp_path_factory.mktemp("tum") / "a.tum"
    rows = sorted(rows)
    stamp_ns = np.array([row[0] for row in rows], np.int64)
    pose = np.array([row[1:] for row in rows], float).reshape(-1, 3)
    write_tum(path, stamp_ns, pose)
    read_ns, read = read_tum(path)
    assert np.array_equal(read_ns, stamp_ns)
    assert read == pytest.approx(pose, abs=1e-4)


def test_a_line_is_stamp_position_and_quaternion(tmp_path: Path) -> None:
    write_tum(tmp_path / "a.tum", np.array([1_500_000_000]), np.array([[1.0, 2.0, np.pi / 2]]))
    assert (tmp_path / "a.tum").read_text() == (
        "1.500000000 1.0000 2.0000 0.0000 0.0000000 0.0000000 0.7071068 0.7071068\n"
    )


def test_comments_and_exponents_of_other_tools_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.tum").write_text("# made by evo\n1.5e0 1e0 2 0 0 0 0 1\n\n")
    stamp_ns, pose = read_tum(tmp_path / "a.tum")
    assert stamp_ns.tolist() == [1_500_000_000] and pose.tolist() == [[1.0, 2.0, 0.0]]


@pytest.mark.parametrize(
    "line",
    [
        "1.0 2.0 3.0", "a b c d e f g h", "1.0 2.0 x 0 0 0 0 1", "- 1 2 0 0 0 0 1", "inf 1 2 0 0 0 0 1",
        "1e300 1 2 0 0 0 0 1",
    ],
)  # fmt: skip
def test_a_line_that_is_no_pose_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.tum").write_text(f"1.0 0 0 0 0 0 0 1\n{line}\n")
    with pytest.raises(DatasetError, match=r"line 2 of .* is not 'stamp x y z qx qy qz qw'"):
        read_tum(tmp_path / "a.tum")


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read trajectory"):
        read_tum(tmp_path / "nowhere.tum")
    (tmp_path / "a.tum").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(DatasetError, match="cannot read trajectory"):
        read_tum(tmp_path / "a.tum")


def test_poses_in_six_degrees_of_freedom_come_back(tmp_path: Path) -> None:
    poses = [Pose3(rotation_from_rpy(0.3, -0.2, yaw), np.array([1.0, -2.0, 3.5])) for yaw in (0.0, 3.0, -3.0)]
    write_tum_poses(tmp_path / "a.tum", [3, 4, 5_000_000_000], poses)
    stamp_ns, read = read_tum_poses(tmp_path / "a.tum")
    assert stamp_ns.tolist() == [3, 4, 5_000_000_000]
    for one, other in zip(read, poses, strict=True):
        assert one.rotation == pytest.approx(other.rotation, abs=1e-6)
        assert one.translation_m == pytest.approx(other.translation_m, abs=1e-4)


def test_of_poses_in_six_degrees_of_freedom_the_ground_sees_three(tmp_path: Path) -> None:
    write_tum_poses(tmp_path / "a.tum", [1], [Pose3(rotation_from_rpy(0.0, 0.0, 1.0), np.array([1.0, 2.0, 3.0]))])
    assert read_tum(tmp_path / "a.tum")[1][0] == pytest.approx([1.0, 2.0, 1.0], abs=1e-6)


def test_a_quaternion_without_length_is_no_pose(tmp_path: Path) -> None:
    (tmp_path / "a.tum").write_text("1 0 0 0 0 0 0 0\n")
    with pytest.raises(DatasetError, match="no pose"):
        read_tum_poses(tmp_path / "a.tum")
