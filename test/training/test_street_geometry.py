from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.training.street_geometry import GroundCells, GroundedGeometry, ground_cells, stretch_far  # noqa: E402


def test_a_wall_is_as_far_away_as_the_ground_at_its_foot() -> None:
    """A column of eight cells: above row 5 a wall, below it ground 20, 10, 5 m away; feature 0 marks the foot."""
    geometry = GroundedGeometry(2).eval()
    log_ground = torch.tensor([100.0] * 5 + [20.0, 10.0, 5.0]).log().reshape(1, 1, 8, 1)
    log_cosine = torch.tensor([0.5, 1.0, 1.0, 1.0, 1.0, 0.8, 0.7, 0.6]).log().reshape(1, 1, 8, 1)
    features = torch.zeros(1, 2, 8, 1)
    features[0, 0, 5] = 1.0
    with torch.no_grad():
        for parameter in (geometry.search.weight, geometry.search.bias, geometry.answer.weight, geometry.answer.bias):
            parameter.zero_()
        geometry.search.weight[0, 0] = 50.0
        geometry.answer.bias[2] = 50.0  # correction, ground here, first foot
        log_range = geometry(features, GroundCells(log_ground, log_cosine))

    # 16 m along the ground; the highest cell looks up at 60 degrees.
    expected = 16.0 / log_cosine.exp()
    torch.testing.assert_close(log_range.exp(), expected, rtol=1e-3, atol=0.0)
    assert float(expected[0, 0, 0, 0]) == pytest.approx(32.0) and float(expected[0, 0, 5, 0]) == pytest.approx(20.0)


def test_the_ground_channel_becomes_a_range_between_one_and_two_hundred_metres() -> None:
    ground = torch.tensor([0.1, 0.9, -0.5, 0.001]).repeat_interleave(4).reshape(1, 1, 1, 16).expand(1, 1, 4, 16)
    range_m = ground_cells(ground).log_range.exp().flatten()

    torch.testing.assert_close(range_m, torch.tensor([10.0, 1.0 / 0.9, 200.0, 200.0]), rtol=1e-4, atol=0.0)


def test_without_a_ground_channel_everything_is_about_twelve_metres_away() -> None:
    ground = torch.zeros(2, 1, 8, 8)
    ground[1, 0, 4:] = 0.5
    log_range = ground_cells(ground).log_range

    torch.testing.assert_close(log_range[0], torch.full((1, 2, 2), 2.5))
    torch.testing.assert_close(log_range[1].exp(), torch.tensor([[[200.0, 200.0], [2.0, 2.0]]]))


def test_a_panorama_knows_its_height_and_with_it_how_steeply_a_cell_looks_down() -> None:
    """1.6 m high: straight down the channel is 1 / 1.6; a wall's foot at 3.2 m slant range is 30 degrees down."""
    ground = torch.tensor([-1.0 / 1.6, 0.0, 1.0 / 3.2, 1.0 / 1.6]).repeat_interleave(4).reshape(1, 1, 16, 1)
    log_cosine = ground_cells(ground.expand(1, 1, 16, 4)).log_cosine.flatten()

    expected = torch.tensor([0.19**0.5, 1.0, 0.75**0.5, 0.19**0.5])  # steeper than 64 degrees is taken for that
    torch.testing.assert_close(log_cosine.exp(), expected)


def test_only_what_is_far_is_stretched() -> None:
    near, far = torch.tensor([2.0, 20.0, 54.0]), torch.tensor([60.0, 100.0, 150.0])

    torch.testing.assert_close(stretch_far(near.log()).exp(), near)
    torch.testing.assert_close(stretch_far(far.log()).exp(), far * (far / 55.0) ** 0.9, rtol=1e-3, atol=0.0)
