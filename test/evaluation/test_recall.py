from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.types import Float64, SemanticScan
from geoloc_ros.evaluation.recall import Measure, measure_recall
from geoloc_ros.evaluation.retrieval_details import Examples, RetrievalDetails

NOWHERE = np.full((1, 2, 3), np.nan)


def _two_queries(best_pose: Float64 = NOWHERE) -> RetrievalDetails:
    """A hundred places along a line, 10 m apart. Both queries look 0.1 rad, 7 m beside place 0 and at place 0.

    The first found place 0 first, the second the last place first and place 0 second, looking back.
    """
    empty = SemanticScan(np.empty((0, 4), np.float32), np.empty((0, 4), np.int32), np.empty((0, 4), bool))
    return RetrievalDetails(
        city="line", condition="paper", seed=0, commit="", fingerprint="", num_turns=36, methods=("ours",), skipped=(),
        place_m=np.column_stack([np.arange(100) * 10.0, np.zeros(100)]).astype(np.float32),
        pose=np.array([(0.0, 7.0, 0.1), (0.0, 0.0, 0.1)]), place=np.zeros(2, np.int64),
        frame_yaw_rad=np.array([0.1, -3.1]), rank=np.array([[1.0, 2.0]], np.float32), below=np.array([[0, 1]]),
        tied=np.array([[1, 1]]), best=np.array([[[0, 99], [99, 0]]], np.int32),
        best_turn_rad=np.array([[0.0, 3.1]], np.float32), best_pose=best_pose,
        examples=Examples(np.empty(0, np.int64), empty, empty, empty),
    )  # fmt: skip


def _by_name(details: RetrievalDetails) -> dict[str, Measure]:
    return {measure.name: measure for measure in measure_recall(details, 0)}


def test_recall_counts_ranks_and_metres() -> None:
    measures = _by_name(_two_queries())
    assert measures["top1"].values.tolist() == [100.0, 0.0], "of 100 places, one is 1 %"
    assert measures["top10"].values.tolist() == [100.0, 100.0]
    assert measures["r5m"].values.tolist() == [0.0, 0.0]
    assert measures["r10m"].values.tolist() == [100.0, 0.0]
    assert measures["r10m_at5"].values.tolist() == [100.0, 100.0]
    assert measures["r10m"].value == 50.0


def test_chance_is_the_share_of_the_city() -> None:
    measures = _by_name(_two_queries())
    assert measures["top1"].chance == 1.0
    # Within 10 m are place 0 of the first query (the next one is 12.2 m away), places 0 and 1 of the second.
    assert measures["r10m"].chance == pytest.approx(1.5)
    assert measures["r10m_at5"].chance == pytest.approx(100.0 * (1.0 - (0.99**5 + 0.98**5) / 2.0))


def test_heading_errors_are_counted_the_short_way_round() -> None:
    measures = _by_name(_two_queries())
    np.testing.assert_allclose(measures["heading_deg"].values, np.degrees([0.1, 2.0 * np.pi - 6.2]), atol=1e-4)
    assert measures["heading_found_deg"].value == pytest.approx(np.degrees(0.1))


def test_re_ranking_changes_what_is_found_and_not_the_ranks() -> None:
    measures = _by_name(_two_queries(np.array([[(0.0, 10.0, 0.11), (0.0, 3.0, 0.11)]])))
    assert measures["top1"].values.tolist() == [100.0, 0.0]
    assert measures["r5m"].values.tolist() == [100.0, 100.0], "both poses are 3 m off"
    assert measures["heading_deg"].value == pytest.approx(np.degrees(0.01))


def test_a_heading_that_was_known_is_not_reported_as_found() -> None:
    assert "heading_deg" not in _by_name(replace(_two_queries(), num_turns=1))


def test_without_turns_there_is_no_heading() -> None:
    details = _two_queries()
    details.best_turn_rad[:] = np.nan
    assert "heading_deg" not in _by_name(details)
