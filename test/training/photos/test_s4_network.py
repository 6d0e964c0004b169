from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402
from geoloc_ros.training.photos.s4_network import S4Network  # noqa: E402

PHOTOS = torch.rand(2, 3, 64, 96)


def network(head: str) -> PhotoNetwork:
    return make_photo_network(parse_network(f"resnet18@0.25+{head}", 64, 96), seed=0)


@pytest.mark.parametrize("head", ["gem", "msgem", "msatt"])
def test_descriptors_are_those_of_the_network_alone(head: str) -> None:
    alone = network(head).eval()
    together = S4Network(alone, "plain", "deeplab", True, seed=0).eval()
    assert torch.equal(together(PHOTOS).descriptor, alone(PHOTOS))


def test_segmentation_does_not_teach_the_attention() -> None:
    together = S4Network(network("msatt"), "guided", "deeplab", False, seed=0)
    together(PHOTOS).scores.square().sum().backward()
    head = together.network.head
    assert all(weights.grad is None for weights in head.attention.parameters())  # type: ignore[union-attr]
    assert all(weights.grad is not None for weights in together.network.backbone.parameters())


def test_guided_scores_vanish_where_the_attention_does() -> None:
    together = S4Network(network("msatt"), "guided", "psp", False, seed=0).eval()
    torch.nn.init.constant_(together.network.head.attention.join.bias, -100.0)  # type: ignore[union-attr, arg-type]
    assert float(together(PHOTOS).scores.detach().abs().max()) < 1e-6


def test_what_is_switched_off_is_not_computed() -> None:
    together = S4Network(network("gem"), "none", "deeplab", False, seed=0)
    assert together.decoder is None and together.discriminator is None and together(PHOTOS).scores is None


def test_without_attention_there_is_nothing_to_guide_by() -> None:
    with pytest.raises(ConfigError, match="no attention to guide"):
        S4Network(network("msgem"), "guided", "deeplab", True, seed=0)
