"""The architectures that users export, built small with random weights, through the whole way to a reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ArtifactError, BackendError, ConfigError
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.export_models import (
    ExportOptions,
    ExportSummary,
    Family,
    export_detector,
    export_onnx,
    export_pretrained,
    parse_precision,
)
from geoloc_ros.reading.described_reader import DescribedReader

torch = pytest.importorskip("torch", reason="torch is not installed (extra export)")
transformers = pytest.importorskip("transformers", reason="transformers is not installed (extra export)")

LEVEL = Pose3(np.array([(0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]), np.array([0.0, 0.0, 1.5]))
ENGINE = InferenceConfig(backend="onnxruntime")
NAMES = ["road", "sidewalk", "building", "wall", "tree", "sky", "car", "person"]
OURS = np.array([3, 4, 1, 0, 2, 5, 6, 7], np.uint8)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


def small(family: Family) -> Any:
    torch.manual_seed(7)
    labels = {"id2label": dict(enumerate(NAMES)), "label2id": {name: number for number, name in enumerate(NAMES)}}
    if family == "segformer":
        return transformers.SegformerForSemanticSegmentation(transformers.SegformerConfig(
            depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 2, 3, 4], decoder_hidden_size=32,
            **labels))  # fmt: skip
    if family == "mask2former":
        swin = transformers.SwinConfig(
            embed_dim=12, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
            out_features=["stage1", "stage2", "stage3", "stage4"],
        )  # fmt: skip
        return transformers.Mask2FormerForUniversalSegmentation(transformers.Mask2FormerConfig(
            backbone_config=swin, feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=32,
            dim_feedforward=32, encoder_layers=1, decoder_layers=2, num_attention_heads=4, num_queries=10,
            init_xavier_std=1.0, **labels))  # fmt: skip
    dino = transformers.Dinov2Config(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, out_indices=[1, 2, 3, 4], image_size=56,
        patch_size=14, apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip
    return transformers.DepthAnythingForDepthEstimation(transformers.DepthAnythingConfig(
        backbone_config=dino, reassemble_hidden_size=32, neck_hidden_sizes=[8, 16, 24, 32], fusion_hidden_size=16,
        head_hidden_size=8, depth_estimation_type="metric", max_depth=80))  # fmt: skip


def saved(family: Family, folder: Path) -> tuple[Any, Path]:
    """A model, and the folder in the hub's layout that it was saved to."""
    model = small(family).eval()
    model.save_pretrained(folder)
    processor = {"do_normalize": True, "do_rescale": True, "image_mean": MEAN, "image_std": STD}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return model, folder


def normalized(image: UInt8) -> Any:
    pixels = (image.astype(np.float32) / np.float32(255.0) - np.float32(MEAN)) / np.float32(STD)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))


def scores_of(family: Family, model: Any, image: UInt8) -> Any:
    """Class scores (1, C, H, W) as the authors compute them."""
    found = model(pixel_values=normalized(image))
    scores = found.logits if family == "segformer" else torch.einsum(
        "bqc,bqhw->bchw", found.class_queries_logits.softmax(-1)[..., :-1], found.masks_queries_logits.sigmoid()
    )  # fmt: skip
    return torch.nn.functional.interpolate(scores, size=image.shape[:2], mode="bilinear", align_corners=False)


@pytest.fixture(scope="module")
def segformer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, ExportSummary]:
    """A model, its folder, and what was exported of it."""
    folder = tmp_path_factory.mktemp("segformer")
    model, hub = saved("segformer", folder / "hub")
    return model, hub, export_pretrained("segformer", str(hub), ExportOptions(folder / "net.onnx", 128, 64))


@pytest.fixture
def image() -> UInt8:
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (8, 16, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


def test_an_exported_segformer_labels_as_torch_does(segformer: tuple[Any, Path, ExportSummary], image: UInt8) -> None:
    model, _, summary = segformer
    assert summary.unmatched == ("wall",)
    assert '8 classes, 1 of them "other" (wall)' in summary.as_text()
    assert summary.error < 1e-4
    check_labels("segformer", model, summary, image)


def test_an_exported_mask2former_labels_as_torch_does(tmp_path: Path, image: UInt8) -> None:
    model, folder = saved("mask2former", tmp_path / "hub")
    summary = export_pretrained("mask2former", str(folder), ExportOptions(tmp_path / "net.onnx", 128, 64))
    check_labels("mask2former", model, summary, image)


def check_labels(family: Family, model: Any, summary: ExportSummary, image: UInt8) -> None:
    labels = DescribedReader(summary.description, ENGINE).read(image, Camera.pinhole(128, 64, 1.2), LEVEL).labels
    with torch.no_grad():
        scores = scores_of(family, model, image)[0]
    best, second = torch.topk(scores, 2, dim=0).values.numpy()
    expected = OURS[scores.argmax(dim=0).numpy()]
    assert labels is not None
    # Where two classes are as good as equal, rounding may choose either; and classes are put together before scores
    # are interpolated, which may make a difference in between.
    agreement = np.mean(labels == expected)
    assert agreement > 0.98
    clear = best - second > 0.2 * float(scores.std())
    np.testing.assert_array_equal(labels[clear], expected[clear])


def test_an_exported_depth_network_tells_what_torch_does(tmp_path: Path) -> None:
    model, folder = saved("depth-anything", tmp_path / "hub")
    summary = export_pretrained("depth-anything", str(folder), ExportOptions(tmp_path / "net.onnx", 112, 56))
    picture = np.random.default_rng(1).integers(0, 256, (56, 112, 3)).astype(np.uint8)
    depth_m = DescribedReader(summary.description, ENGINE).read(picture, Camera.pinhole(112, 56, 1.2), LEVEL).depth_m
    with torch.no_grad():
        expected = model(pixel_values=normalized(picture)).predicted_depth[0].numpy()
    assert depth_m is not None
    np.testing.assert_allclose(depth_m, expected, rtol=1e-4)


def test_half_precision_stays_near(tmp_path: Path, segformer: tuple[Any, Path, ExportSummary]) -> None:
    _, folder, full = segformer
    half = export_pretrained("segformer", str(folder), ExportOptions(tmp_path / "b.onnx", 128, 64, "fp16"))
    assert full.error < half.error < 1e-2
    assert half.network.stat().st_size < 0.8 * full.network.stat().st_size


def test_the_description_says_what_was_exported(segformer: tuple[Any, Path, ExportSummary]) -> None:
    _, _, summary = segformer
    tree = yaml.safe_load(summary.description.read_text())
    assert tree["onnx"] == "net.onnx" and tree["input"]["fit"] == "pad"
    assert tree["input"]["mean"] == pytest.approx(MEAN) and tree["input"]["std"] == pytest.approx(STD)
    assert (tree["input"]["width"], tree["input"]["height"]) == (128, 64)
    assert tree["output"]["classes"]["building"] == ["building"]
    assert tree["output"]["classes"]["names"] == NAMES


def test_weights_that_would_have_to_be_unpickled_are_refused(tmp_path: Path) -> None:
    model, folder = saved("segformer", tmp_path / "hub")
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ArtifactError, match="safetensors"):
        export_pretrained("segformer", str(folder), ExportOptions(tmp_path / "net.onnx", 64, 32))
    assert not list(tmp_path.glob("*net*"))


def test_a_model_of_another_family_is_refused_with_its_own_verb(tmp_path: Path) -> None:
    _, folder = saved("depth-anything", tmp_path / "hub")
    with pytest.raises(ConfigError, match="use: geoloc export depth-anything"):
        export_pretrained("segformer", str(folder), ExportOptions(tmp_path / "net.onnx", 64, 32))


def test_depth_without_metres_is_refused(tmp_path: Path) -> None:
    _, folder = saved("depth-anything", tmp_path / "hub")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "depth_estimation_type": "relative"}))
    with pytest.raises(ConfigError, match="no metres"):
        export_pretrained("depth-anything", str(folder), ExportOptions(tmp_path / "net.onnx", 112, 56))


def test_missing_weights_and_wrong_sizes_are_refused(tmp_path: Path) -> None:
    _, folder = saved("segformer", tmp_path / "hub")
    with pytest.raises(ConfigError, match="multiples of 32"):
        export_pretrained("segformer", str(folder), ExportOptions(tmp_path / "net.onnx", 100, 32))
    with pytest.raises(ArtifactError, match="cannot load"):
        export_pretrained("segformer", str(tmp_path / "nowhere"), ExportOptions(tmp_path / "net.onnx", 64, 32))
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    name = next(name for name in state if "classifier" in name)
    del state[name]
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ArtifactError, match="lacks 1 weights.*classifier"):
        export_pretrained("segformer", str(folder), ExportOptions(tmp_path / "net.onnx", 64, 32))


def test_classes_without_names_need_the_name_of_their_data_set(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 2, 3, 4], decoder_hidden_size=32,
        num_labels=19,
    )  # fmt: skip
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(tmp_path / "hub")
    (tmp_path / "hub" / "preprocessor_config.json").write_text("{}")
    options = ExportOptions(tmp_path / "net.onnx", 64, 32)
    with pytest.raises(ConfigError, match="--classes cityscapes"):
        export_pretrained("segformer", str(tmp_path / "hub"), options)
    with pytest.raises(ConfigError, match=r"cityscapes \(19\), ade20k \(150\)"):
        export_pretrained("segformer", str(tmp_path / "hub"), ExportOptions(options.output, 64, 32, classes="ade20k"))
    summary = export_pretrained(
        "segformer", str(tmp_path / "hub"), ExportOptions(options.output, 64, 32, classes="cityscapes")
    )
    assert len(summary.unmatched) == 5
    assert yaml.safe_load(summary.description.read_text())["output"]["classes"]["building"] == ["LABEL_2"]


def test_a_detector_needs_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torchvision" else object())
    with pytest.raises(BackendError, match="pip install torchvision"):
        export_detector(tmp_path / "weights.safetensors", ["building"], ExportOptions(tmp_path / "net.onnx", 64, 32))


def test_options_are_read_or_refused(tmp_path: Path) -> None:
    assert parse_precision("fp16") == "fp16"
    with pytest.raises(ConfigError, match="int8"):
        parse_precision("int4")
    with pytest.raises(ConfigError, match=r"\.onnx"):
        export_pretrained("segformer", "x", ExportOptions(tmp_path / "net.bin", 64, 32))
    with pytest.raises(ConfigError, match="another one to write"):
        export_onnx(tmp_path / "a.onnx", tmp_path / "a.onnx", [], 0)
