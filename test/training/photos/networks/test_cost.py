from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.photos.networks.backbones.features import Backbone  # noqa: E402
from geoloc_ros.training.photos.networks.cost import photo_cost  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork  # noqa: E402
from geoloc_ros.training.photos.networks.spec import NetworkSpec  # noqa: E402


class Stride(torch.nn.Module):
    """One convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 8, 4, stride=4)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (self.layer(image),)


def test_operations_and_weights_are_counted() -> None:
    network = PhotoNetwork(NetworkSpec(head="cosplace", dimension=5, height_px=64, width_px=96), Backbone(Stride()))
    found = photo_cost(network)
    # 16 x 24 cells of 8 sums of 3 x 4 x 4 products; then 5 sums of 8.
    assert found.flops == 2 * (16 * 24 * 8 * 48 + 5 * 8)
    assert found.parameters == (8 * 48 + 8) + 1 + (5 * 8 + 5)
    assert found.dimension == 5
    assert network.training


def test_normalisation_is_left_as_it_was() -> None:
    network = PhotoNetwork(NetworkSpec(height_px=64, width_px=96), Backbone(torch.nn.Sequential(Stride())))
    photo_cost(network.eval())
    assert not network.training
