"""benchmarks/corridor.py on the real photos, with thumbnails only, and its classic descriptors on made-up ones."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def classic(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(root / "benchmarks")
    return importlib.import_module("_classic")


@pytest.mark.parametrize("name", ["HogEncoder", "ThumbnailEncoder"])
def test_half_the_light_is_the_same_photo_and_another_is_not(classic: ModuleType, name: str) -> None:
    encoder = getattr(classic, name)()
    photo, other = np.random.default_rng(0).integers(60, 256, (2, 60, 80, 3)).astype(np.uint8)
    described = encoder.encode([photo, photo // 2, other])
    assert described.shape == (3, encoder.dimension)
    assert np.linalg.norm(described, axis=1) == pytest.approx(np.ones(3), rel=1e-4)
    assert described[0] @ described[1] > 0.98 > described[0] @ described[2] + 0.05


def test_the_gradients_of_upright_stripes_point_across_them(classic: ModuleType) -> None:
    """All strength is in the first direction of the eight, in every cell."""
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::8] = 255
    described = classic.HogEncoder().encode([stripes])[0].reshape(-1, 8)
    assert described[:, 1:] == pytest.approx(0.0) and described[:, 0].min() > 0.0


def test_the_figures_of_corridor_and_walk_come_out(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classic: ModuleType
) -> None:
    if not (root.parent / "shared" / "data" / "vpr_corridor").is_dir():
        pytest.skip("no photos of the corridor beside the checkout")
    monkeypatch.setattr("sys.argv", ["corridor.py", "--json", str(tmp_path / "corridor.json"), "--quick"])
    module = importlib.import_module("corridor")
    monkeypatch.setattr(module, "_encoders", lambda models, folder: [("thumbnail", classic.ThumbnailEncoder())])
    module.main()
    tree = json.loads((tmp_path / "corridor.json").read_text())
    value = {each["name"]: each["value"] for each in tree["figures"]}
    assert value["chance"] == pytest.approx(549 / 111**2)
    assert value["r1_thumbnail_tracker"] > value["r1_thumbnail"] > 3.0 * value["chance"]
    assert value["r1_lund_thumbnail"] > value["chance_lund"]
    assert {row["method"] for row in tree["rows"]} == {*module.PUBLISHED, "thumbnail"}
