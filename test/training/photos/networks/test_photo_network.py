from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import NetworkSpec, parse_network  # noqa: E402

PHOTOS = torch.rand(3, 3, 64, 96)
NARROW = [
    ("resnet18-conv4@0.25+gem", 64), ("resnet18@0.25+gem", 128), ("resnet50-conv4@0.125+gem", 128),
    ("resnet18@0.25+msatt", 192), ("resnet18@0.25+msgem", 192), ("resnet18@0.25+attgem", 128),
    ("vgg16-conv4@0.125+gem", 64), ("vgg16@0.125+netvlad", 64 * 64), ("cct@0.2+gem", 64), ("vit@0.1+gem", 64),
    ("resnet18-conv4@0.25+cosplace", 512), ("resnet18-conv4@0.25+convap", 2048), ("resnet18-conv4@0.25+mixvpr", 2048),
    ("resnet18-conv4@0.25+crn", 64 * 64),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size"), NARROW)
def test_descriptors_have_unit_length_and_the_size_that_is_said(text: str, size: int) -> None:
    network = make_photo_network(parse_network(text, 64, 96), seed=0).eval()
    with torch.no_grad():
        found = network(PHOTOS)
    assert found.shape == (3, size) and network.descriptor_size == size
    assert torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)


@pytest.mark.parametrize("text", ["resnet18-conv4@0.25+gem", "resnet18@0.25+msatt", "vgg16-conv4@0.125+crn",
                                  "cct@0.2+mixvpr"])
def test_every_weight_learns(text: str) -> None:
    network = make_photo_network(parse_network(text, 64, 96), seed=0)
    network(PHOTOS)[:, ::2].sum().backward()
    assert [name for name, weights in network.named_parameters() if weights.grad is None] == []


def test_weights_follow_from_the_seed() -> None:
    spec = parse_network("resnet18-conv4@0.25+netvlad", 64, 96)
    first, again, other = (make_photo_network(spec, seed).eval()(PHOTOS) for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_cut_network_is_the_beginning_of_the_whole_one() -> None:
    cut, whole = (parse_network(f"resnet18{end}@0.25+gem", 64, 96) for end in ("-conv4", "-conv5"))
    cut_maps, whole_maps = (make_photo_network(spec, 0).features(PHOTOS) for spec in (cut, whole))
    assert [tuple(each.shape[1:]) for each in cut_maps] == [(32, 8, 12), (64, 4, 6)]
    assert [tuple(each.shape[1:]) for each in whole_maps] == [(64, 4, 6), (128, 2, 3)]


def test_photos_are_normalised_inside() -> None:
    network = make_photo_network(parse_network("resnet18-conv4@0.25+gem", 64, 96), seed=0).eval()
    grey = torch.tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1).expand(1, 3, 64, 96)
    assert torch.allclose(network.features(grey)[-1], network.backbone(torch.zeros(1, 3, 64, 96))[-1], atol=1e-5)


@pytest.mark.parametrize(("spec", "said"), [
    (NetworkSpec("resnet19"), "is not one of resnet18"), (NetworkSpec("vit", "conv4"), "has no conv4"),
    (NetworkSpec("vit", head="msatt"), "gives one"), (NetworkSpec("hub:somebody/net", width_ratio=0.5), "drop @0.5"),
    (NetworkSpec(head="mixvpr", dimension=33), "multiple of 4"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(spec: NetworkSpec, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_photo_network(spec, seed=0)
