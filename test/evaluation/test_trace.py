from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.trace import Trace, most_probable


def two_frames() -> Trace:
    return Trace(
        stamp_ns=np.array([10, 20]), pose=np.array([[1.0, 2.0, 0.5], [np.nan] * 3]),
        covariance=np.tile(np.eye(3), (2, 1, 1)), status=np.array([3, 2], np.uint8),
        probability=np.array([0.75, 0.25], np.float32), chance=np.array([1e-4, 1.0], np.float32),
        belief_start=np.array([0, 1, 3]),
        belief_viewpoint=np.array([7, 1, 2], np.int32), belief_probability=np.array([1.0, 0.5, 0.25], np.float32),
    )


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    two_frames().save(tmp_path / "a.npz")
    loaded = Trace.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(loaded.pose, two_frames().pose)
    assert [loaded.belief(frame)[0].tolist() for frame in range(2)] == [[7], [1, 2]]


def test_the_same_trace_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        two_frames().save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("keep", [0, 10, 500])
def test_a_cut_file_is_refused(keep: int, tmp_path: Path) -> None:
    two_frames().save(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:keep])
    with pytest.raises(DatasetError, match=r"a\.npz"):
        Trace.load(tmp_path / "a.npz")


def test_a_trace_that_is_not_there_names_the_verb_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="geoloc localize"):
        Trace.load(tmp_path / "a.npz")


def test_a_trace_of_an_older_version_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    columns = vars(two_frames())
    np.savez_compressed(tmp_path / "a.npz", **{name: column for name, column in columns.items() if name != "chance"})
    with pytest.raises(DatasetError, match="has no 'chance': an older version wrote it"):
        Trace.load(tmp_path / "a.npz")


def test_belief_rows_out_of_order_are_refused(tmp_path: Path) -> None:
    good = two_frames()
    Trace(**{**vars(good), "belief_start": np.array([0, 4, 3])}).save(tmp_path / "a.npz")
    with pytest.raises(DatasetError, match="out of order"):
        Trace.load(tmp_path / "a.npz")


def test_the_most_probable_are_kept_in_the_order_of_the_index() -> None:
    viewpoints, probability = most_probable(np.array([0.1, 0.0, 0.5, 0.4]), max_rows=2)
    assert viewpoints.tolist() == [2, 3] and probability.tolist() == pytest.approx([0.5, 0.4])


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(1e-12, 1.0)), st.integers(1, 60))
def test_nothing_kept_is_less_probable_than_what_was_dropped(belief: np.ndarray, max_rows: int) -> None:
    kept, _ = most_probable(belief, max_rows)
    dropped = np.setdiff1d(np.arange(len(belief)), kept)
    assert 1 <= len(kept) <= max_rows
    assert not len(dropped) or belief[kept].min() >= belief[dropped].max()
