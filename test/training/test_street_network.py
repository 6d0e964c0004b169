from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

import onnxruntime  # noqa: E402

from geoloc_ros.core.errors import ArtifactError  # noqa: E402
from geoloc_ros.training.onnx_file import export_network  # noqa: E402
from geoloc_ros.training.recipe import seeded_weights  # noqa: E402
from geoloc_ros.training.street_network import (  # noqa: E402
    INPUT_NAME,
    KIND,
    OUTPUT_NAMES,
    AveragedNetwork,
    GroundedGeometry,
    StreetNetwork,
    export_street,
    load_street,
    log_ground_range,
)


def network(seed: int = 0) -> StreetNetwork:
    with seeded_weights(seed):
        return StreetNetwork()


def test_the_file_takes_images_of_any_size_and_computes_what_torch_does(tmp_path: Path) -> None:
    street = network()
    export_street(street, tmp_path / "street.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "street.onnx"))
    assert session.get_modelmeta().custom_metadata_map == KIND

    for count, height, width in ((1, 64, 128), (3, 96, 32)):
        image = np.random.default_rng(height).uniform(0.0, 255.0, (count, 4, height, width)).astype(np.float32)
        found = session.run(list(OUTPUT_NAMES), {INPUT_NAME: image})
        with torch.no_grad():
            expected = street(torch.from_numpy(image))
        assert [output.shape for output in found] == [
            (count, channels, height // 4, width // 4) for channels in (8, 1, 1)
        ]  # fmt: skip
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=2e-4)


def test_weights_come_back_out_of_the_file(tmp_path: Path) -> None:
    first, second = network(1), network(2)
    # As in any trained network, no two tensors are equal: the exporter would keep but one of them.
    for tensor in first.state_dict().values():
        tensor += (1e-3 * torch.rand(tensor.shape)).to(tensor.dtype)
    export_street(first, tmp_path / "street.onnx")
    load_street(second, tmp_path / "street.onnx")

    for name, tensor in first.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(second.state_dict()[name], tensor, rtol=0.0, atol=0.0)


def test_another_network_is_refused(tmp_path: Path) -> None:
    export_network(
        torch.nn.Linear(3, 2), torch.zeros(2, 3), ("y",), {"geoloc_kind": "scan"}, tmp_path / "scan.onnx"
    )
    with pytest.raises(ArtifactError, match="geoloc_kind 'scan', not 'street'"):
        load_street(network(), tmp_path / "scan.onnx")


def test_before_learning_everything_is_about_twelve_metres_away() -> None:
    street = network().eval()
    with torch.no_grad():
        log_range = street(torch.full((1, 4, 64, 64), 100.0))[1]
    assert 4.0 < float(log_range.exp().mean()) < 40.0


def test_the_mean_follows_the_weights_and_is_what_is_evaluated() -> None:
    averaged = AveragedNetwork(network(), decay=0.5)
    before = averaged.average.to_half[0].weight.clone()
    with torch.no_grad():
        averaged.learning.to_half[0].weight.add_(1.0)
    for _ in range(40):
        averaged.update()
    torch.testing.assert_close(averaged.average.to_half[0].weight, before + 1.0)

    image = torch.full((2, 4, 64, 64), 50.0)
    averaged.eval()
    with torch.no_grad():
        torch.testing.assert_close(averaged(image)[0], averaged.average(image)[0])
    assert not any(parameter.requires_grad for parameter in averaged.average.parameters())


def test_a_wall_is_as_far_away_as_the_ground_at_its_foot() -> None:
    """A column of eight cells: above row 5 a wall, below it ground 20, 10, 5 m away; feature 0 marks the foot."""
    geometry = GroundedGeometry(2).eval()
    log_ground = torch.tensor([100.0] * 5 + [20.0, 10.0, 5.0]).log().reshape(1, 1, 8, 1)
    features = torch.zeros(1, 2, 8, 1)
    features[0, 0, 5] = 1.0
    with torch.no_grad():
        for parameter in (geometry.search.weight, geometry.search.bias, geometry.answer.weight, geometry.answer.bias):
            parameter.zero_()
        geometry.search.weight[0, 0] = 50.0
        geometry.answer.bias[4] = 50.0  # correction, boundary, usual range, ground here, first foot
        log_range, _ = geometry(features, log_ground)

    torch.testing.assert_close(log_range.exp(), torch.full((1, 1, 8, 1), 20.0), rtol=1e-3, atol=0.0)


def test_the_ground_channel_becomes_a_range_between_one_and_a_hundred_metres() -> None:
    ground = torch.tensor([0.1, 0.9, -0.5, 0.001]).repeat_interleave(4).reshape(1, 1, 1, 16).expand(1, 1, 4, 16)
    torch.testing.assert_close(
        log_ground_range(ground).exp().flatten(), torch.tensor([10.0, 1.0 / 0.9, 100.0, 100.0]), rtol=1e-4, atol=0.0
    )
