from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.training.street_samples import StreetSample  # noqa: E402
from geoloc_ros.training.street_score import network_input, score_network  # noqa: E402


class OneHouse:
    """One image: sky over a house 10 m away, with a strip nobody labelled."""

    kind = "houses"
    knows_buildings = True

    def __len__(self) -> int:
        return 1

    def sample(self, number: int) -> StreetSample:
        label = np.full((64, 64), SemanticClass.SKY, np.uint8)
        label[32:] = SemanticClass.BUILDING
        label[:, :16] = SemanticClass.UNLABELLED
        range_m = np.where(label == SemanticClass.BUILDING, np.float32(10.0), np.float32(np.nan))
        building = np.where(label == SemanticClass.BUILDING, 0, -1).astype(np.int32)
        return StreetSample(
            np.zeros((64, 64, 3), np.uint8), label, range_m, building, np.zeros((64, 64), np.float32)
        )


class Answer(torch.nn.Module):
    """Says building below `first_row` of 16, and the same range everywhere."""

    def __init__(self, first_row: int, range_m: float) -> None:
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))
        self._first_row, self._range_m = first_row, range_m

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        logits = torch.zeros(1, 8, 16, 16)
        logits[:, SemanticClass.SKY, : self._first_row] = 10.0
        logits[:, SemanticClass.BUILDING, self._first_row :] = 10.0
        return logits, torch.full((1, 1, 16, 16), self._range_m).log(), torch.zeros(1, 1, 16, 16)


def test_a_perfect_answer_overlaps_fully() -> None:
    score = score_network(Answer(8, 10.0), OneHouse(), range(1), None)

    assert score.building_iou_ratio == 1.0 and score.mean_iou_ratio == 1.0
    assert score.range_error_ratio == pytest.approx(0.0, abs=1e-5)


def test_half_of_the_sky_taken_for_house_and_ranges_a_fifth_too_long() -> None:
    score = score_network(Answer(4, 12.0), OneHouse(), range(1), None)

    assert score.building_iou_ratio == pytest.approx(32 / 48, abs=0.01)
    assert score.mean_iou_ratio == pytest.approx((32 / 48 + 16 / 32) / 2, abs=0.01)
    assert score.range_error_ratio == pytest.approx(0.2, abs=1e-4)


def test_the_network_gets_sizes_that_it_can_halve_five_times() -> None:
    image, ground = np.zeros((360, 480, 3), np.uint8), np.zeros((360, 480), np.float32)
    assert network_input(image, ground, 512).shape == (1, 4, 384, 512)
    assert network_input(image, ground, None).shape == (1, 4, 352, 480)
