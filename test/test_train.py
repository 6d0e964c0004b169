"""`geoloc train` from map files or photos to a network with its card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

import onnxruntime  # noqa: E402

from geoloc_ros.core.errors import ArtifactError, BackendError, ConfigError, DatasetError, MapError  # noqa: E402
from geoloc_ros.maps.geomap import GeoMap  # noqa: E402
from geoloc_ros.sim.osm_writer import write_osm  # noqa: E402
from geoloc_ros.train import StreetOptions, TrainOptions, parse_mode, train_scan, train_street  # noqa: E402


@pytest.fixture(scope="module")
def options(tiny_city: GeoMap, tmp_path_factory: pytest.TempPathFactory) -> TrainOptions:
    """One step on a made-up town; the network is written."""
    folder = tmp_path_factory.mktemp("train")
    write_osm(tiny_city, folder / "tiny.osm")
    options = TrainOptions((str(folder / "tiny.osm"),), folder / "net.onnx", mode="paper", steps=1, seed=5)
    train_scan(options)
    return options


def test_the_network_embeds_scans_and_says_what_it_is(options: TrainOptions) -> None:
    session = onnxruntime.InferenceSession(str(options.output))
    features = np.random.default_rng(0).random((2, 2, 360), np.float32)
    (embedding,) = session.run(["embedding"], {"features": features})
    assert embedding.shape == (2, 32) and np.linalg.norm(embedding, axis=1) == pytest.approx([1.0, 1.0])
    assert session.get_modelmeta().custom_metadata_map == {
        "geoloc_kind": "scan-paper", "geoloc_features": "paper-1", "rays": "360", "max_range_m": "100.0",
    }  # fmt: skip


def test_the_network_comes_with_its_card_and_curve(options: TrainOptions) -> None:
    card = options.output.with_suffix(".md").read_text()
    assert hashlib.sha256(options.output.read_bytes()).hexdigest() in card
    assert "--map tiny.osm --mode paper --steps 1 --seed 5 -o net.onnx" in card and "top-1 %" in card
    assert str(options.output.parent) not in card
    assert [row["step"] for row in json.loads(options.output.with_suffix(".curve.json").read_text())] == [0, 1]
    assert [path.name[:6] for path in options.output.with_suffix(".training").iterdir()] == ["events"]


def test_equal_seeds_give_equal_files(options: TrainOptions, tmp_path: Path) -> None:
    again = replace(options, output=tmp_path / "again.onnx")
    assert train_scan(again).steps == 1
    assert again.output.read_bytes() == options.output.read_bytes()


def test_training_begins_with_the_weights_of_another_network(options: TrainOptions, tmp_path: Path) -> None:
    adapted = train_scan(replace(options, output=tmp_path / "adapted.onnx", base=options.output))
    curve = json.loads(options.output.with_suffix(".curve.json").read_text())
    assert adapted.first_validation == max(row["validation"] for row in curve)
    assert "--from net.onnx" in (tmp_path / "adapted.md").read_text()


def test_what_cannot_be_trained_is_refused(
    options: TrainOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"does not end in \.onnx"):
        train_scan(replace(options, output=tmp_path / "net.pt"))
    with pytest.raises(ConfigError, match="no map to learn from"):
        train_scan(replace(options, maps=()))
    with pytest.raises(MapError, match="nowhere"):
        train_scan(replace(options, maps=("nowhere.osm",)))
    with pytest.raises(ArtifactError, match="cannot be read"):
        train_scan(replace(options, base=tmp_path / "none.onnx"))
    with pytest.raises(ConfigError, match="choose one of ours, paper"):
        parse_mode("theirs")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match="needs torch, which is not installed"):
        train_scan(options)


def write_photos(folder: Path) -> None:
    """One photo each to learn from and to choose by: sky over a road."""
    for part in ("train", "val"):
        for kind, value, shape in (("images", 120, (64, 96, 3)), ("labels", 3, (64, 96))):
            image = np.full(shape, value, np.uint8)
            image[:32] = 0
            (folder / part / kind).mkdir(parents=True)
            cv2.imwrite(str(folder / part / kind / "a.png"), image)


def test_photos_make_a_street_network_with_its_card_and_the_limits_of_its_data(tmp_path: Path) -> None:
    write_photos(tmp_path / "camvid")
    output = tmp_path / "street.onnx"

    summary = train_street(StreetOptions(tmp_path / "camvid", output, steps=1, seed=3))

    card = output.with_suffix(".md").read_text()
    assert hashlib.sha256(output.read_bytes()).hexdigest() in card
    assert "geoloc train street --photos camvid --steps 1 --seed 3 -o street.onnx" in card
    assert "research use" in card and "BY-NC-SA" in card and "1 photos (100%)" in card
    assert summary.steps == 1 and "photos: IoU" in summary.as_text()
    metadata = onnxruntime.InferenceSession(str(output)).get_modelmeta().custom_metadata_map
    assert metadata == {"geoloc_kind": "street", "geoloc_features": "1"}


def test_a_street_training_wants_photos_in_the_form_of_camvid(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="images/ and labels/"):
        train_street(StreetOptions(tmp_path, tmp_path / "street.onnx"))
