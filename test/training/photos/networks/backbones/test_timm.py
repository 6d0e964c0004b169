from __future__ import annotations

import importlib.machinery
import sys
import types
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import BackendError, ConfigError  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402


class TwoStages(torch.nn.Module):
    """As timm makes them with features_only."""

    pretrained_cfg = {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)}

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(3, 8, 16, 16), torch.nn.Conv2d(8, 12, 2, 2)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        fine = self.first(image)
        return [fine, self.second(fine)]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stand-in for the library; what it was asked for."""
    asked: list[dict[str, Any]] = []

    def create_model(name: str, **said: Any) -> TwoStages:
        if name != "two_stages":
            raise RuntimeError(f"Unknown model ({name})")
        asked.append(said)
        return TwoStages()

    module = types.ModuleType("timm")
    spec = importlib.machinery.ModuleSpec("timm", None)
    module.__dict__.update(create_model=create_model, __version__="1.0", __spec__=spec)
    monkeypatch.setitem(sys.modules, "timm", module)
    return asked


def test_its_last_two_stages_are_the_features(library: list[dict[str, Any]]) -> None:
    network = make_photo_network(parse_network("timm:two_stages+msatt", 64, 96), seed=0)
    assert network.channels == (8, 12) and network.descriptor_size == 20
    assert network.std.flatten().tolist() == [0.25] * 3 and network.origin == "timm 1.0, two_stages"
    assert library == [{"pretrained": True, "features_only": True, "out_indices": (-2, -1)}]


def test_an_unknown_name_is_refused(library: list[dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"Unknown model \(nothing\)"):
        make_photo_network(parse_network("timm:nothing+gem", 64, 96), seed=0)


def test_without_the_library_it_says_what_to_install() -> None:
    if importlib.util.find_spec("timm") is not None:
        pytest.skip("timm is installed")
    with pytest.raises(BackendError, match="pip install timm"):
        make_photo_network(parse_network("timm:resnet18+gem", 64, 96), seed=0)
