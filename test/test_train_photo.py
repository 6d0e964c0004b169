from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ConfigError, DatasetError
from geoloc_ros.train_photo import PhotoOptions, train_photo

OPTIONS = PhotoOptions(("nowhere",), Path("photo.onnx"), network="resnet18-conv4@0.125+gem,32x32", steps=1)


def write_collection(folder: Path) -> None:
    """Three places 200 m apart, four photos of each in the database, one query each; names as the field has them."""
    rng = np.random.default_rng(0)
    for part, count in (("database", 4), ("queries_night", 1)):
        (folder / part).mkdir(parents=True)
        for place in range(3):
            for photo in range(count):
                east_m = 500_000.0 + 200.0 * place + 0.5 * photo
                name = f"@{east_m:.2f}@5000000.00@33@T@@@@{place}{photo}@90@@@@@@.jpg"
                cv2.imwrite(str(folder / part / name), rng.integers(0, 256, (40, 40, 3), np.uint8))


def test_a_network_its_card_and_its_curve_are_written_and_the_checkpoint_is_gone(tmp_path: Path) -> None:
    write_collection(tmp_path / "street")
    options = replace(OPTIONS, sources=(str(tmp_path / "street"),), output=tmp_path / "net.onnx")
    summary = train_photo(options)
    assert summary is not None and summary.steps == 1 and "3 photos among 12: R@1 within 25 m" in summary.figures
    card = (tmp_path / "net.md").read_text()
    assert "geoloc train photo street -o net.onnx --method multisimilarity" in card and str(tmp_path) not in card
    assert "12 and 3 queries (night)" in card
    assert (tmp_path / "net.curve.json").exists() and not (tmp_path / "net.training" / "checkpoint.pt").exists()
    again = replace(options, network=None, base=tmp_path / "net.onnx", output=tmp_path / "again.onnx", method="triplet")
    assert train_photo(again) is not None


def test_each_part_of_s4_can_be_left_out(tmp_path: Path) -> None:
    write_collection(tmp_path / "street")
    options = replace(
        OPTIONS, sources=(str(tmp_path / "street"),), output=tmp_path / "net.onnx", method="s4-unlabelled",
        target=tmp_path / "street" / "database", network="resnet18@0.125+msgem,32x32",
    )  # fmt: skip
    assert train_photo(options) is not None
    assert "segmentation: none) and to make photos of another domain" in (tmp_path / "net.md").read_text()
    with pytest.raises(DatasetError, match="has labels"):
        train_photo(replace(options, output=tmp_path / "plain.onnx", method="s4-plain", target=None))


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"output": Path("photo.pt")}, ConfigError, "written as ONNX, not as 'photo.pt'"),
        ({"sources": ()}, ConfigError, "no photos to learn from"),
        ({"sources": ("nowhere",)}, DatasetError, "no photos 'nowhere'"),
        ({"method": "magic"}, ConfigError, "method 'magic' is not one of multisimilarity, triplet, cosplace, s4"),
        ({"mining": "gold"}, ConfigError, "mining 'gold' is not one of random, full, partial, subcache"),
        ({"network": "resnet18+gem,big"}, ConfigError, "size 'big'"),
        ({"network": "resnet18"}, ConfigError, "not BACKBONE\\+HEAD"),
        ({"base": Path("net.onnx")}, ConfigError, "no network 'net.onnx' to begin with"),
        ({"base": Path(__file__)}, ConfigError, "leave out --network"),
        ({"target": Path("photos")}, ConfigError, "method 'multisimilarity' adapts to no photos of elsewhere"),
    ],
)
def test_what_cannot_be_done_is_said(wrong: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        train_photo(replace(OPTIONS, **wrong))  # type: ignore[arg-type]
