from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.landmarks.measures import ViewScores, score_coordinates, score_votes  # noqa: E402
from geoloc_ros.training.landmarks.views import IGNORED  # noqa: E402

PROTOTYPE = torch.eye(3)


def test_votes_are_good_where_label_and_direction_are_right() -> None:
    """Four cells: right; right with a direction 20 deg off; wrong label; nothing known."""
    embedding = PROTOTYPE[[1, 1, 2, 0]].T.reshape(1, 3, 1, 4)
    label = torch.tensor([[[1, 1, 1, IGNORED]]])
    wanted = torch.tensor([1.0, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 1, 4)
    off = math.radians(20.0)
    found = torch.tensor([[1.0, math.cos(off), 1.0, 1.0], [0.0, math.sin(off), 0.0, 0.0]]).reshape(1, 2, 1, 4)
    scores = score_votes(embedding, found, label, wanted, PROTOTYPE)
    assert scores.good_percent == pytest.approx(100.0 / 3.0) and scores.label_percent == pytest.approx(200.0 / 3.0)
    assert scores.error == pytest.approx(0.0, abs=0.1)
    assert "33.3 % of the votes of 1 held-out views are good" in scores.as_text()


def test_none_is_a_label_as_others_but_casts_no_vote() -> None:
    embedding = PROTOTYPE[[0, 1]].T.reshape(1, 3, 1, 2)
    label, direction = torch.tensor([[[0, 1]]]), torch.ones(1, 2, 1, 2) / math.sqrt(2.0)
    scores = score_votes(embedding, direction, label, direction, PROTOTYPE)
    assert scores.good_percent == 100.0 and scores.label_percent == 100.0


def test_coordinates_are_good_to_a_share_of_the_distance() -> None:
    wanted = torch.tensor([[10.0, 10.0, math.nan], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).reshape(1, 3, 1, 3)
    found = wanted + torch.tensor([0.1, 0.3, 5.0]).reshape(1, 1, 1, 3) * torch.tensor([1.0, 0, 0]).reshape(1, 3, 1, 1)
    scores = score_coordinates(found, wanted, torch.zeros(1, 3))
    assert scores.good_percent == pytest.approx(50.0) and scores.unit == "m"
    assert "median error 0.100 m" in scores.as_text()


def test_parts_are_weighted_by_their_views() -> None:
    joined = ViewScores.mean([ViewScores(3, 10.0, 20.0, 4.0, "deg"), ViewScores(1, 50.0, 60.0, 8.0, "deg")])
    assert joined == ViewScores(4, 20.0, 30.0, 5.0, "deg")
