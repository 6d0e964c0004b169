from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

import onnx  # noqa: E402
import onnxruntime  # noqa: E402

from geoloc_ros.core.errors import ArtifactError  # noqa: E402
from geoloc_ros.training.onnx_file import export_network, load_weights  # noqa: E402
from geoloc_ros.training.paper_network import PaperNetwork  # noqa: E402

KIND = {"geoloc_kind": "scan-test"}


class TwoHeads(torch.nn.Module):
    """A normalisation layer after a convolution, which exporters like to fold, and two outputs."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.trunk = torch.nn.Sequential(
            torch.nn.Conv1d(2, width, 3, padding=1, padding_mode="circular"), torch.nn.BatchNorm1d(width)
        )
        self.head = torch.nn.Linear(width, 3)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pooled = self.trunk(features).mean(dim=2)
        return pooled, self.head(pooled)


@pytest.fixture
def network() -> TwoHeads:
    network = TwoHeads()
    network(torch.randn(8, 2, 12))  # moves the averages of the normalisation
    return network.eval()


def test_weights_come_back_out_of_the_file(network: TwoHeads, tmp_path: Path) -> None:
    features = torch.randn(5, 2, 12)
    export_network(network, features, ("pooled", "head"), KIND, tmp_path / "n.onnx")
    other = TwoHeads()
    load_weights(other, tmp_path / "n.onnx", KIND)
    for expected, found in zip(network(features), other.eval()(features), strict=True):
        assert torch.equal(expected, found)


def test_the_published_network_comes_back_out_of_the_file(tmp_path: Path) -> None:
    network, other, features = PaperNetwork(), PaperNetwork(), torch.rand(2, 2, 360)
    assert export_network(network, features, ("embedding",), KIND, tmp_path / "n.onnx") < 1e-5
    load_weights(other, tmp_path / "n.onnx", KIND)
    assert torch.equal(network(features), other(features))


def test_the_file_takes_any_batch_and_says_what_it_is(network: TwoHeads, tmp_path: Path) -> None:
    export_network(network, torch.randn(3, 2, 12), ("pooled", "head"), KIND, tmp_path / "n.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "n.onnx"))
    pooled, head = session.run(["pooled", "head"], {"features": np.zeros((7, 2, 12), np.float32)})
    assert pooled.shape == (7, 4) and head.shape == (7, 3)
    assert session.get_modelmeta().custom_metadata_map == KIND
    assert onnx.load(str(tmp_path / "n.onnx")).opset_import[0].version == 17
    assert [path.name for path in tmp_path.iterdir()] == ["n.onnx"]


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_file_that_computes_something_else_is_not_written(tmp_path: Path) -> None:
    class Undecided(torch.nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            # Tracing keeps the branch that its single row takes.
            return features * (2.0 if features.shape[0] == 1 else 3.0)

    with pytest.raises(ArtifactError, match=r"differ by"):
        export_network(Undecided(), torch.ones(2, 1, 4), ("out",), KIND, tmp_path / "n.onnx")
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_network_is_refused(network: TwoHeads, tmp_path: Path) -> None:
    export_network(network, torch.randn(3, 2, 12), ("pooled", "head"), KIND, tmp_path / "n.onnx")
    with pytest.raises(ArtifactError, match="has geoloc_kind 'scan-test', not 'scan-paper'"):
        load_weights(network, tmp_path / "n.onnx", {"geoloc_kind": "scan-paper"})
    with pytest.raises(ArtifactError, match="no weights 'head.weight' of that size"):
        load_weights(TwoHeads(5), tmp_path / "n.onnx", KIND)


@pytest.mark.parametrize("content", [None, b"no network at all"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "n.onnx").write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be read"):
        load_weights(TwoHeads(), tmp_path / "n.onnx", KIND)
