from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'"
)

from geoloc_ros.training.photos.networks.photo_file import export_photo, load_photo  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small DINOv2 in the hub's layout."""
    config = transformers.Dinov2Config(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=56)
    transformers.Dinov2Model(config).save_pretrained(tmp_path / "hub")
    said = {"image_mean": [102.0, 76.5, 51.0], "image_std": [51.0, 51.0, 51.0], "do_rescale": False}
    (tmp_path / "hub" / "preprocessor_config.json").write_text(json.dumps(said))
    return tmp_path / "hub"


def test_what_is_said_of_pixels_up_to_255_holds_for_those_up_to_1(folder: Path) -> None:
    network = make_photo_network(parse_network(f"hub:{folder}+gem", 56, 84), seed=0)
    assert network.mean.flatten().tolist() == pytest.approx([0.4, 0.3, 0.2])
    assert network.std.flatten().tolist() == pytest.approx([0.2, 0.2, 0.2])
    assert network.origin == str(folder)


def test_a_network_with_a_backbone_of_the_hub_comes_back_out_of_its_file(folder: Path, tmp_path: Path) -> None:
    network = make_photo_network(parse_network(f"hub:{folder}+cosplace", 56, 84), seed=0)
    export_photo(network, tmp_path / "n.onnx")
    photos = torch.rand(2, 3, 56, 84)
    assert torch.allclose(load_photo(tmp_path / "n.onnx").eval()(photos), network(photos), atol=1e-6)
