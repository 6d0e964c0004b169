from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.training.street_geometry import GroundedGeometry, log_ground_range  # noqa: E402


def test_a_wall_is_as_far_away_as_the_ground_at_its_foot() -> None:
    """A column of eight cells: above row 5 a wall, below it ground 20, 10, 5 m away; feature 0 marks the foot."""
    geometry = GroundedGeometry(2).eval()
    log_ground = torch.tensor([100.0] * 5 + [20.0, 10.0, 5.0]).log().reshape(1, 1, 8, 1)
    features = torch.zeros(1, 2, 8, 1)
    features[0, 0, 5] = 1.0
    with torch.no_grad():
        for parameter in (geometry.search.weight, geometry.search.bias, geometry.answer.weight, geometry.answer.bias):
            parameter.zero_()
        geometry.search.weight[0, 0] = 50.0
        geometry.answer.bias[2] = 50.0  # correction, ground here, first foot
        log_range = geometry(features, log_ground)

    torch.testing.assert_close(log_range.exp(), torch.full((1, 1, 8, 1), 20.0), rtol=1e-3, atol=0.0)


def test_the_ground_channel_becomes_a_range_between_one_and_a_hundred_metres() -> None:
    ground = torch.tensor([0.1, 0.9, -0.5, 0.001]).repeat_interleave(4).reshape(1, 1, 1, 16).expand(1, 1, 4, 16)
    torch.testing.assert_close(
        log_ground_range(ground).exp().flatten(), torch.tensor([10.0, 1.0 / 0.9, 100.0, 100.0]), rtol=1e-4, atol=0.0
    )


def test_without_a_ground_channel_everything_is_about_twelve_metres_away() -> None:
    ground = torch.zeros(2, 1, 8, 8)
    ground[1, 0, 4:] = 0.5
    log_range = log_ground_range(ground)

    torch.testing.assert_close(log_range[0], torch.full((1, 2, 2), 2.5))
    torch.testing.assert_close(log_range[1].exp(), torch.tensor([[[100.0, 100.0], [2.0, 2.0]]]))
