"""Networks for photos as files, from random weights, from a hub's, from a file and from a checkpoint."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ArtifactError, ConfigError  # noqa: E402
from geoloc_ros.core.progress import no_progress  # noqa: E402
from geoloc_ros.export_photo import PhotoExportOptions, PhotoExportSummary, export_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.photo_file import load_photo  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402

PHOTOS = torch.rand(2, 3, 48, 64)


def export(network: str, output: Path, size: tuple[int, int] | None = (64, 48), **said: object) -> PhotoExportSummary:
    return export_photo_network(PhotoExportOptions(network, output, size, **said), no_progress)  # type: ignore[arg-type]


def test_a_network_is_written_with_a_warning_that_it_knows_nothing(tmp_path: Path) -> None:
    summary = export("resnet18-conv4@0.25+gem", tmp_path / "n.onnx")
    assert "64x48 to 64 dimensions" in summary.as_text() and "its weights are random" in summary.as_text()
    assert load_photo(tmp_path / "n.onnx").spec == parse_network("resnet18-conv4@0.25+gem", 48, 64)


def test_a_file_is_written_again_for_larger_photos(tmp_path: Path) -> None:
    export("resnet18-conv4@0.25+gem", tmp_path / "small.onnx")
    summary = export(str(tmp_path / "small.onnx"), tmp_path / "large.onnx", (128, 96))
    small, large = (load_photo(tmp_path / f"{name}.onnx") for name in ("small", "large"))
    assert (large.spec.width_px, large.spec.height_px) == summary.size == (128, 96) and summary.warning == ""
    assert all(torch.equal(one, large.state_dict()[name]) for name, one in small.state_dict().items())


def test_weights_for_one_size_are_refused_for_another(tmp_path: Path) -> None:
    export("resnet18-conv4@0.25+mixvpr", tmp_path / "small.onnx")
    with pytest.raises(ConfigError, match="are for photos of 64x48, not 128x96"):
        export(str(tmp_path / "small.onnx"), tmp_path / "large.onnx", (128, 96))


@pytest.mark.parametrize("prefix", ["", "network."])
def test_the_best_weights_of_a_checkpoint_are_taken(prefix: str, tmp_path: Path) -> None:
    trained = make_photo_network(parse_network("resnet18-conv4@0.25+gem", 48, 64), seed=9).eval()
    weights = {f"{prefix}{name}": each for name, each in trained.state_dict().items()}
    beside = {"decoder.weight": torch.zeros(1)} if prefix else {}
    torch.save({"best_weights": {**weights, **beside}}, tmp_path / "checkpoint.pt")
    summary = export("resnet18-conv4@0.25+gem", tmp_path / "n.onnx", checkpoint=tmp_path / "checkpoint.pt")
    assert torch.equal(load_photo(tmp_path / "n.onnx").eval()(PHOTOS), trained(PHOTOS)) and summary.warning == ""


@pytest.mark.parametrize("entries", [{"best_weights": {"other": torch.zeros(1)}}, {}])
def test_what_is_no_checkpoint_of_it_is_refused(entries: dict[str, object], tmp_path: Path) -> None:
    torch.save(entries, tmp_path / "checkpoint.pt")
    with pytest.raises(ArtifactError, match="is no checkpoint of a training"):
        export("resnet18-conv4@0.25+gem", tmp_path / "n.onnx", checkpoint=tmp_path / "checkpoint.pt")


def test_words_and_components_are_made_of_photos(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "database").mkdir()
    for number in range(40):
        image = cv2.resize(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8), (64, 48))
        name = f"@{500000 + 10 * number:.2f}@4000000.00@31@N@36.1@3.0@{number}@@0@@@@@@.jpg"
        cv2.imwrite(str(tmp_path / "database" / name), image)
    summary = export("resnet18-conv4@0.25+netvlad", tmp_path / "n.onnx", photos=str(tmp_path), pca=16)
    found = load_photo(tmp_path / "n.onnx").eval()(PHOTOS)
    assert summary.dimension == 16 and found.shape == (2, 16)


@pytest.mark.parametrize(("network", "said", "expected"), [
    ("resnet18+gem", {"pca": 8}, "give --photos"), ("n.onnx", {"checkpoint": Path("c.pt")}, "drop --checkpoint"),
])  # fmt: skip
def test_options_that_contradict_each_other_are_refused(
    network: str, said: dict[str, object], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=expected):
        export(network, tmp_path / "n.onnx", **said)  # type: ignore[arg-type]
