from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.config import InferenceConfig  # noqa: E402
from geoloc_ros.core.errors import ArtifactError, ConfigError  # noqa: E402
from geoloc_ros.core.progress import no_progress  # noqa: E402
from geoloc_ros.inference.compiled_network import CompileRequest, build_for_elsewhere  # noqa: E402
from geoloc_ros.inference.engine_cache import EngineCache  # noqa: E402
from geoloc_ros.inference.load import load_network  # noqa: E402
from geoloc_ros.inference.network_file import read_network_file  # noqa: E402
from geoloc_ros.inference.onnx_backend import read_signature  # noqa: E402
from geoloc_ros.inference.tensorrt_backend import TensorRtMaker  # noqa: E402
from geoloc_ros.inference.tensorrt_library import TensorRtLibrary, installed_module  # noqa: E402
from geoloc_ros.training.landmarks.base import begin_with  # noqa: E402
from geoloc_ros.training.landmarks.network import (  # noqa: E402
    COORDINATE_OUTPUTS,
    INPUT_NAME,
    VOTING_OUTPUTS,
    CoordinateNetwork,
    LandmarkMethod,
    VotingNetwork,
    export_landmark_network,
    make_network,
    parse_landmark_method,
)
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec, parse_landmark_network  # noqa: E402
from geoloc_ros.training.onnx_file import read_metadata  # noqa: E402

SPEC = LandmarkNetworkSpec(dimension=8, width_px=64, height_px=48)
IMAGE = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))


def test_embeddings_and_directions_have_unit_length_and_a_cell_for_four_pixels() -> None:
    embedding, direction = VotingNetwork(SPEC, seed=0).eval()(IMAGE)
    assert embedding.shape == (2, 8, 12, 16) and direction.shape == (2, 2, 12, 16)
    for vectors in (embedding, direction):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2, 12, 16))


def test_coordinates_are_in_metres_about_the_middle_of_the_scene() -> None:
    network = make_network("coordinates", SPEC, seed=0)
    assert isinstance(network, CoordinateNetwork)
    network.middle_m.copy_(torch.tensor([100.0, -50.0, 3.0]))
    network.extent_m.fill_(0.0)
    found = network.eval()(IMAGE)
    assert found.shape == (2, 3, 12, 16)
    torch.testing.assert_close(found[0, :, 0, 0], torch.tensor([100.0, -50.0, 3.0]))


@pytest.mark.parametrize("encoder", ["resnet18", "resnet50", "resnet101"])
def test_published_encoders_have_the_same_outputs(encoder: str) -> None:
    network = VotingNetwork(parse_landmark_network(f"{encoder},64x48"), seed=0).eval()
    with torch.no_grad():
        assert network(IMAGE[:1])[0].shape == (1, 32, 12, 16)


def test_resnet50_is_as_large_as_published() -> None:
    """23.5 million weights without the last layer (He et al. 2016); ours has two 3x3 in place of the 7x7 stem."""
    stages = VotingNetwork(parse_landmark_network("resnet50,64x48"), seed=0).trunk.encoder.stages
    assert sum(weight.numel() for weight in stages.parameters()) == pytest.approx(23.5e6, rel=0.01)


def test_the_seed_decides_on_the_first_weights() -> None:
    one, same, other = (VotingNetwork(SPEC, seed).state_dict()["segment.answer.weight"] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_an_onnx_file_computes_the_same_and_says_what_it_is(tmp_path: Path) -> None:
    network, path = VotingNetwork(SPEC, seed=0).eval(), tmp_path / "n.onnx"
    export_landmark_network(network, "prototypes", path)
    found = load_network(path, INPUT_NAME, VOTING_OUTPUTS, InferenceConfig(backend="onnxruntime")).run(IMAGE.numpy())
    with torch.no_grad():
        for one, other in zip(found, network(IMAGE), strict=True):
            torch.testing.assert_close(torch.from_numpy(one), other, atol=1e-4, rtol=0.0)
    metadata = read_metadata(path)
    assert metadata["geoloc_kind"] == "landmarks" and metadata["geoloc_method"] == "prototypes"


def test_a_network_of_coordinates_has_one_output(tmp_path: Path) -> None:
    path = tmp_path / "n.onnx"
    export_landmark_network(CoordinateNetwork(SPEC, seed=0), "coordinates", path)
    (found,) = load_network(path, INPUT_NAME, COORDINATE_OUTPUTS, InferenceConfig(backend="onnxruntime")).run(
        IMAGE.numpy()
    )
    assert found.shape == (2, 3, 12, 16)


@pytest.mark.parametrize("method", ["prototypes", "coordinates"])
def test_tensorrt_builds_an_engine_without_a_gpu(method: LandmarkMethod, tmp_path: Path) -> None:
    if installed_module() != "tensorrt_rtx":
        pytest.skip("tensorrt_rtx, which builds without a GPU, is not installed: pip install tensorrt-rtx-cu13")
    export_landmark_network(make_network(method, SPEC, seed=0), method, tmp_path / "n.onnx")
    file = read_network_file(tmp_path / "n.onnx")
    request = CompileRequest(file, read_signature(file), TensorRtMaker(TensorRtLibrary(), None, (8, 9)))
    assert build_for_elsewhere(request, EngineCache(tmp_path / "cache"), no_progress) > 100_000


def test_a_network_begins_with_another_of_any_image_size(tmp_path: Path) -> None:
    first, path = VotingNetwork(SPEC, seed=1), tmp_path / "first.onnx"
    export_landmark_network(first, "prototypes", path)
    second = VotingNetwork(LandmarkNetworkSpec(dimension=8, width_px=96, height_px=64), seed=2)
    begin_with(second, path)
    assert torch.equal(second.trunk.join[0].weight, first.trunk.join[0].weight)
    third = CoordinateNetwork(SPEC, seed=3)
    begin_with(third, path)
    assert torch.equal(third.trunk.join[0].weight, first.trunk.join[0].weight)


def test_nothing_begins_with_a_network_of_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "n.onnx"
    export_landmark_network(CoordinateNetwork(SPEC, seed=0), "coordinates", path)
    with pytest.raises(ArtifactError, match="begin with a network of landmarks"):
        begin_with(VotingNetwork(SPEC, seed=0), path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("huge", "encoder 'huge' is not one of small, resnet18"), ("small,wide", "is not WIDTHxHEIGHT"),
        ("small,250x192", "is not a multiple of 16"), ("small,16x16", "is not a multiple"),
    ],
)  # fmt: skip
def test_networks_that_do_not_exist_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse_landmark_network(text)


def test_an_encoder_without_size_has_the_usual_one() -> None:
    assert parse_landmark_network("resnet50") == LandmarkNetworkSpec("resnet50")


def test_a_method_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="'magic' is not one of prototypes"):
        parse_landmark_method("magic")
