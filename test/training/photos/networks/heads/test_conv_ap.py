from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from torch.nn.functional import adaptive_avg_pool2d  # noqa: E402

from geoloc_ros.training.photos.networks.heads.conv_ap import ConvApHead, mean_of_cells  # noqa: E402


@pytest.mark.parametrize("grid", [(4, 6), (5, 7), (2, 3), (3, 2)])
def test_pooling_is_adaptive_average_pooling(grid: tuple[int, int]) -> None:
    head, features = ConvApHead(6, grid, 12), torch.randn(2, 6, *grid)
    expected = adaptive_avg_pool2d(head.project(features), 2).flatten(1)
    assert torch.allclose(head((features,)), expected, atol=1e-6)


def test_cells_share_the_row_in_the_middle() -> None:
    assert torch.equal(mean_of_cells(3, 2), torch.tensor([(0.5, 0.5, 0.0), (0.0, 0.5, 0.5)]))
