from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.photos.networks.heads.cosplace import CosPlaceHead  # noqa: E402


def test_it_projects_to_what_is_asked() -> None:
    assert CosPlaceHead(8, 33)((torch.rand(2, 8, 3, 4),)).shape == (2, 33)


def test_a_map_of_one_feature_is_projected_as_it_is() -> None:
    head = CosPlaceHead(2, 3)
    features = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1).expand(1, 2, 5, 6)
    assert torch.allclose(head((features,)), head.project(torch.tensor([[0.6, 0.8]])), atol=1e-5)
