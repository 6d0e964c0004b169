from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.retrieval_details import (
    Examples,
    RetrievalDetails,
    details_file,
    details_folder,
    load_details,
)


def _scan(*shape: int) -> SemanticScan:
    range_m = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return SemanticScan(range_m, range_m.astype(np.int32) % 3, range_m > 1.0)


def two_queries(city: str = "ulm") -> RetrievalDetails:
    """Two queries among three places, one method."""
    return RetrievalDetails(
        city=city, condition="paper", seed=7, commit="abc", fingerprint="f", num_turns=1, methods=("ours",),
        skipped=("paper: no file",), place_m=np.array([(0, 0), (10, 0), (20, 0)], np.float32),
        pose=np.array([(3.0, 4.0, 0.0), (20.0, 0.0, 1.0)]), place=np.array([0, 2]), frame_yaw_rad=np.zeros(2),
        rank=np.array([[1.0, 2.5]], np.float32), below=np.array([[0, 1]]), tied=np.array([[1, 2]]),
        best=np.array([[[0, 1], [1, 2]]], np.int32), best_turn_rad=np.full((1, 2), np.nan, np.float32),
        best_pose=np.full((1, 2, 3), np.nan),
        examples=Examples(np.array([1]), _scan(1, 4), _scan(1, 4), _scan(1, 1, 4)),
    )  # fmt: skip


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved = two_queries()
    saved.save(tmp_path / "a.npz")
    loaded = RetrievalDetails.load(tmp_path / "a.npz")
    for field in fields(RetrievalDetails):
        if field.name != "examples":
            np.testing.assert_array_equal(getattr(loaded, field.name), getattr(saved, field.name))
    np.testing.assert_array_equal(loaded.examples.found.observed, saved.examples.found.observed)
    assert loaded.methods == ("ours",)


def test_distance_is_from_the_pose_to_the_best_place() -> None:
    assert two_queries().distance_m(0).tolist() == [5.0, 10.0]


def test_success_with_ties_is_its_probability_in_random_order() -> None:
    details = two_queries()
    # Of three places one, two and all are allowed; the second query has one before it and one as good as it.
    assert [details.success(0, share).tolist() for share in (0.34, 0.67, 1.0)] == [[1.0, 0.0], [1.0, 0.5], [1.0, 1.0]]


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    two_queries().save(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:500])
    with pytest.raises(DatasetError, match="measure again"):
        RetrievalDetails.load(tmp_path / "a.npz")


def test_all_files_of_a_run_are_loaded_and_an_empty_folder_is_refused(tmp_path: Path) -> None:
    folder = details_folder(tmp_path / "accuracy.json")
    assert folder == tmp_path / "accuracy.details"
    with pytest.raises(DatasetError, match="no details"):
        load_details(folder)
    for city in ("ulm", "kyoto"):
        two_queries(city).save(details_file(folder, city, "paper"))
    assert [details.city for details in load_details(folder)] == ["kyoto", "ulm"]
