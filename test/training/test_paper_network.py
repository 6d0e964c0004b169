from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.paper_network import PaperNetwork  # noqa: E402
from geoloc_ros.training.recipe import seeded_weights  # noqa: E402


def published(network: PaperNetwork, features: torch.Tensor) -> torch.Tensor:
    """As the paper says: padded with itself to 3 B, convolved with zero padding, the middle third of 9 features."""
    signal = torch.cat([features] * 3, dim=2)
    for convolution in network.convolutions:
        weight, bias = convolution.weight, convolution.bias
        signal = torch.relu(torch.nn.functional.conv1d(signal, weight, bias, stride=2, padding=1))
    assert signal.shape[1:] == (1024, 9)
    return torch.nn.functional.normalize(network.dense(signal[:, :, 3:6].flatten(1)), dim=1)


def test_the_output_is_that_of_the_published_padding() -> None:
    with seeded_weights(0):
        network, features = PaperNetwork(), torch.rand(3, 2, 360)
    assert torch.allclose(network(features), published(network, features), atol=1e-6)


def test_every_ray_is_seen() -> None:
    with seeded_weights(0):
        network, features = PaperNetwork().double(), torch.rand(1, 2, 360, dtype=torch.float64, requires_grad=True)
    network(features).sum().backward()
    assert (features.grad.abs().sum(dim=1) > 0).all()


def test_it_has_the_published_size() -> None:
    assert sum(weights.numel() for weights in PaperNetwork().parameters()) == pytest.approx(2.2e6, rel=0.01)


def test_equal_seeds_give_equal_first_weights_and_leave_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first = []
    for seed in (0, 0, 1):
        with seeded_weights(seed):
            first.append(PaperNetwork().dense.weight)
    assert torch.equal(first[0], first[1]) and not torch.equal(first[0], first[2])
    assert torch.equal(torch.random.get_rng_state(), before)
