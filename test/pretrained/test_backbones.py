from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geoloc_ros.core.errors import ArtifactError, ConfigError

torch = pytest.importorskip("torch", reason="torch is not installed (extra export)")
transformers = pytest.importorskip("transformers", reason="transformers is not installed (extra export)")

from geoloc_ros.pretrained.backbones import load_backbone  # noqa: E402

SIZE = (64, 96)
IMAGE = torch.rand(2, 3, *SIZE)


def saved(model: Any, folder: Path, **said: Any) -> str:
    """A folder in the hub's layout."""
    model.eval().save_pretrained(folder)
    processor = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], "rescale_factor": 1 / 255, **said}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return str(folder)


def resnet() -> Any:
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic"
    )
    return transformers.ResNetForImageClassification(config)


def dinov2() -> Any:
    return transformers.Dinov2Model(
        transformers.Dinov2Config(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=56)
    )


def vit() -> Any:
    # With a head that tells classes: the backbone is inside.
    return transformers.ViTForImageClassification(
        transformers.ViTConfig(
            hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=32
        )
    )


def swin() -> Any:
    return transformers.SwinModel(
        transformers.SwinConfig(embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=2, image_size=64)
    )


def levit() -> Any:
    return transformers.MobileViTModel(
        transformers.MobileViTConfig(
            image_size=64, hidden_sizes=[8, 12, 16], neck_hidden_sizes=[4, 4, 8, 12, 16, 20, 24], num_attention_heads=2
        )
    )


def test_the_stages_of_a_trained_resnet_are_its_features(tmp_path: Path) -> None:
    model = resnet()
    found = load_backbone(saved(model, tmp_path), SIZE).module.eval()(IMAGE)
    hidden = model.resnet(IMAGE, output_hidden_states=True).hidden_states
    assert [tuple(each.shape[1:]) for each in found] == [(24, 4, 6), (32, 2, 3)]
    assert torch.allclose(found[0], hidden[-2], atol=1e-5) and torch.allclose(found[1], hidden[-1], atol=1e-5)


def test_a_cut_resnet_ends_earlier_with_the_same_weights(tmp_path: Path) -> None:
    model = resnet()
    backbone = load_backbone(saved(model, tmp_path), SIZE, "conv4").module.eval()
    found = backbone(IMAGE)
    hidden = model.resnet(IMAGE, output_hidden_states=True).hidden_states
    assert torch.allclose(found[0], hidden[-3], atol=1e-5) and torch.allclose(found[1], hidden[-2], atol=1e-5)
    assert not any("stages.3" in name for name in backbone.state_dict())


@pytest.mark.parametrize(("make", "channels", "grid"), [
    (dinov2, 24, (4, 6)), (vit, 24, (4, 6)), (swin, 64, (2, 3)), (levit, 24, (2, 3)),
])  # fmt: skip
def test_other_networks_make_maps_of_photos_of_another_size(
    make: Any, channels: int, grid: tuple[int, int], tmp_path: Path
) -> None:
    size = (56, 84) if make is dinov2 else SIZE
    found = load_backbone(saved(make(), tmp_path), size).module.eval()(torch.rand(2, 3, *size))
    assert tuple(found[-1].shape) == (2, channels, *grid)


def test_tokens_lie_where_their_patches_are(tmp_path: Path) -> None:
    backbone = load_backbone(saved(vit(), tmp_path), SIZE).module.eval()
    changed = IMAGE.clone()
    changed[:, :, 16:32, 48:64] = 0.0
    moved = (backbone(changed)[-1] - backbone(IMAGE)[-1]).abs().mean((0, 1))
    # Attention carries it everywhere, but most of it stays.
    assert int(moved.argmax()) == 1 * 6 + 3


def test_what_photos_are_normalised_with_is_told(tmp_path: Path) -> None:
    found = load_backbone(saved(resnet(), tmp_path), SIZE)
    assert found.normalization.mean == (0.5, 0.4, 0.3) and found.origin == str(tmp_path)


def test_random_weights_can_be_had_instead(tmp_path: Path) -> None:
    model = resnet()
    found = load_backbone(saved(model, tmp_path), SIZE, has_weights=False)
    assert found.origin == ""
    stored = model.resnet.embedder.embedder.convolution.weight
    assert not torch.allclose(found.module.state_dict()["model.embedder.embedder.convolution.weight"], stored)


def test_what_cannot_be_had_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="cannot load"):
        load_backbone(str(tmp_path / "nothing"), SIZE)
    with pytest.raises(ConfigError, match="has no conv4"):
        load_backbone(saved(vit(), tmp_path), SIZE, "conv4")


def test_a_network_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = saved(resnet(), tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["resnet.embedder.embedder.convolution.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ArtifactError, match="lacks 1 weights"):
        load_backbone(folder, SIZE)
