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
    StreetNetwork,
    export_street,
    load_street,
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
