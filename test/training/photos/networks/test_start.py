from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

import numpy as np  # noqa: E402
from torch.nn.functional import normalize  # noqa: E402

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.training.photos.networks.heads.netvlad import NetVladHead  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import NetworkSpec  # noqa: E402
from geoloc_ros.training.photos.networks.start import start_clusters  # noqa: E402

PHOTOS = torch.rand(6, 3, 64, 96)


def network(head: str, clusters: int) -> PhotoNetwork:
    spec = NetworkSpec("resnet18", "conv4", 0.25, head, clusters=clusters, height_px=64, width_px=96)  # type: ignore[arg-type]
    return make_photo_network(spec, seed=0)


def test_words_are_the_centres_of_what_the_backbone_sees() -> None:
    started = network("netvlad", 2)
    started.backbone = Halves()
    start_clusters(started, [PHOTOS], np.random.default_rng(0))
    assert isinstance(started.head, NetVladHead)
    expected = normalize(torch.tensor([[1.0] + [0.0] * 63, [0.0] * 63 + [1.0]]), dim=1)
    found = started.head.centre[started.head.centre[:, 0].argsort(descending=True)]
    assert torch.allclose(found, expected, atol=0.02)


def test_it_draws_from_its_generator_alone() -> None:
    first, again = network("crn", 4), network("crn", 4)
    for each in (first, again):
        start_clusters(each, [PHOTOS[:3], PHOTOS[3:]], np.random.default_rng(1))
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), again.parameters(), strict=True))


def test_heads_without_words_are_left_as_they_are() -> None:
    started, untouched = network("gem", 4), network("gem", 4)
    start_clusters(started, [PHOTOS], np.random.default_rng(0))
    assert all(torch.equal(one, other) for one, other in zip(started.parameters(), untouched.parameters(), strict=True))


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(ConfigError, match="24 local features do not make 64 words"):
        start_clusters(network("netvlad", 64), [PHOTOS[:1]], np.random.default_rng(0))


class Halves(torch.nn.Module):
    """Sees one thing on the left and another on the right, nearly."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = torch.zeros(image.shape[0], 64, 4, 6)
        found[:, 0, :, :3] = 1.0
        found[:, 63, :, 3:] = 1.0
        return (found + 0.001 * torch.rand_like(found),)
