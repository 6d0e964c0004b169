from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from torch.nn.functional import normalize  # noqa: E402

from geoloc_ros.training.photos.networks.heads.crn import CrnHead  # noqa: E402


def test_without_an_opinion_it_is_netvlad() -> None:
    head = CrnHead(6, 4)
    torch.nn.init.zeros_(head.weight.join.weight)
    features = torch.rand(2, 6, 4, 5)
    assert torch.allclose(head((features,)), head.vlad((features,)), atol=1e-6)


def test_a_place_without_weight_says_nothing() -> None:
    head = CrnHead(6, 4)
    local = normalize(torch.rand(1, 6, 1, 3), dim=1)
    weight = torch.tensor([1.0, 1.0, 0.0]).reshape(1, 1, 1, 3)
    assert torch.allclose(head.vlad.aggregate(local, weight), head.vlad.aggregate(local[..., :2], None), atol=1e-6)


def test_weights_are_positive_and_of_the_size_of_the_map() -> None:
    weight = CrnHead(6, 4).weight(torch.randn(2, 6, 4, 5))
    assert weight.shape == (2, 1, 4, 5) and bool((weight > 0.0).all())
