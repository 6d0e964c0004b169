from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

import numpy as np  # noqa: E402
import onnx  # noqa: E402

from geoloc_ros.core.errors import ArtifactError  # noqa: E402
from geoloc_ros.core.photo_config import PhotoConfig  # noqa: E402
from geoloc_ros.core.progress import no_progress  # noqa: E402
from geoloc_ros.inference.compiled_network import CompileRequest, build_for_elsewhere  # noqa: E402
from geoloc_ros.inference.engine_cache import EngineCache  # noqa: E402
from geoloc_ros.inference.network_file import read_network_file  # noqa: E402
from geoloc_ros.inference.onnx_backend import read_signature  # noqa: E402
from geoloc_ros.inference.tensorrt_backend import TensorRtMaker  # noqa: E402
from geoloc_ros.inference.tensorrt_library import TensorRtLibrary, installed_module  # noqa: E402
from geoloc_ros.training.onnx_file import read_metadata  # noqa: E402
from geoloc_ros.training.photos.networks.pca import with_whitening  # noqa: E402
from geoloc_ros.training.photos.networks.photo_file import export_photo, load_photo  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402
from geoloc_ros.vpr.encoder import make_photo_encoder  # noqa: E402
from geoloc_ros.vpr.photo_input import network_input  # noqa: E402

HEADS = ["resnet18-conv4@0.25+gem", "resnet18-conv4@0.25+netvlad", "resnet18-conv4@0.25+crn",
         "resnet18-conv4@0.25+cosplace", "resnet18-conv4@0.25+convap", "resnet18-conv4@0.25+mixvpr",
         "resnet18@0.25+msatt", "vgg16-conv4@0.125+gem", "vit@0.1+gem", "cct@0.2+gem"]  # fmt: skip


def network(text: str) -> PhotoNetwork:
    return make_photo_network(parse_network(text, 64, 96), seed=5)


@pytest.mark.parametrize("text", HEADS)
def test_a_network_comes_back_out_of_its_file(text: str, tmp_path: Path) -> None:
    written = network(text)
    assert export_photo(written, tmp_path / "n.onnx") < 1e-5
    found, photos = load_photo(tmp_path / "n.onnx").eval(), torch.rand(2, 3, 64, 96)
    assert found.spec == written.spec
    assert torch.equal(found(photos), written(photos))


def test_the_robots_encoder_makes_the_same_descriptors(tmp_path: Path) -> None:
    written, photos = network("resnet18@0.25+msatt"), np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3))
    export_photo(written, tmp_path / "n.onnx")
    found = make_photo_encoder(PhotoConfig(model=str(tmp_path / "n.onnx"))).encode(list(photos.astype(np.uint8)))
    with torch.no_grad():
        expected = written(torch.from_numpy(network_input(photos.astype(np.uint8)))).numpy()
    assert np.allclose(found, expected, atol=1e-5)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    export_photo(network("resnet18-conv4@0.25+gem"), tmp_path / "n.onnx", {"trained_on": "nothing"})
    said = read_metadata(tmp_path / "n.onnx")
    expected = {"geoloc_kind": "photo", "method": "resnet18-conv4@0.25+gem", "height": "64", "width": "96",
                "dimension": "64", "trained_on": "nothing", "origin": ""}  # fmt: skip
    assert {key: said[key] for key in expected} == expected
    assert int(said["flops"]) > 1e7 and int(said["parameters"]) > 1e5
    assert onnx.load(str(tmp_path / "n.onnx")).opset_import[0].version == 17


def test_whitening_comes_back_too(tmp_path: Path) -> None:
    descriptors = np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)
    written = with_whitening(network("resnet18-conv4@0.25+gem"), descriptors, 16)
    export_photo(written, tmp_path / "n.onnx")
    found, photos = load_photo(tmp_path / "n.onnx").eval(), torch.rand(2, 3, 64, 96)
    assert found(photos).shape == (2, 16) and torch.equal(found(photos), written(photos))


def test_the_file_of_another_network_is_refused(tmp_path: Path) -> None:
    graph = onnx.helper.make_graph([], "nothing", [], [])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "n.onnx"))
    with pytest.raises(ArtifactError, match="no network for photos"):
        load_photo(tmp_path / "n.onnx")


@pytest.mark.parametrize("text", ["resnet18@0.25+msatt", "resnet18-conv4@0.25+crn", "resnet18-conv4@0.25+convap"])
def test_tensorrt_builds_an_engine_without_a_gpu(text: str, tmp_path: Path) -> None:
    if installed_module() != "tensorrt_rtx":
        pytest.skip("tensorrt_rtx, which builds without a GPU, is not installed: pip install tensorrt-rtx-cu13")
    export_photo(network(text), tmp_path / "n.onnx")
    file = read_network_file(tmp_path / "n.onnx")
    request = CompileRequest(file, read_signature(file), TensorRtMaker(TensorRtLibrary(), None, (8, 9)))
    assert build_for_elsewhere(request, EngineCache(tmp_path / "cache"), no_progress) > 100_000
