from collections.abc import Callable
from pathlib import Path

import pytest

import geoloc_ros.scan.encoders
from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.files import shared_file
from geoloc_ros.scan.encoder import HandcraftedEncoder
from geoloc_ros.scan.encoders import SHIPPED_WEIGHTS, make_encoder
from geoloc_ros.scan.learned import LearnedEncoder, PaperEncoder

WriteNetwork = Callable[..., Path]


@pytest.mark.parametrize(
    ("method", "kind", "expected"), [("learned", "scan-ours", LearnedEncoder), ("paper", "scan-paper", PaperEncoder)]
)
def test_a_method_with_a_file_of_its_own(
    write_network: WriteNetwork, tmp_path: Path, method: str, kind: str, expected: type
) -> None:
    file = write_network(tmp_path / "mine.onnx", kind)
    encoder = make_encoder(DescriptorConfig(method=method, model=str(file)), ScanConfig())
    assert isinstance(encoder, expected) and str(file) in str(encoder)


def test_without_a_file_the_shipped_one_is_used(
    write_network: WriteNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = write_network(tmp_path / "scan_ours.onnx")
    monkeypatch.setattr(geoloc_ros.scan.encoders, "shared_file", {"models/scan_ours.onnx": shipped}.__getitem__)
    assert str(shipped) in str(make_encoder(DescriptorConfig(method="learned"), ScanConfig()))


@pytest.mark.parametrize("method", SHIPPED_WEIGHTS)
def test_the_weights_in_the_repository_fit(root: Path, method: str) -> None:
    file = root / SHIPPED_WEIGHTS[method]
    if not file.exists():
        pytest.skip(f"{file.name} is not trained yet")
    encoder = make_encoder(DescriptorConfig(method=method), ScanConfig())
    assert str(shared_file(SHIPPED_WEIGHTS[method])) in str(encoder)
    assert file.with_suffix(".md").is_file(), "weights come with their card"


def test_handcrafted_needs_no_weights_and_takes_none() -> None:
    assert isinstance(make_encoder(DescriptorConfig(method="handcrafted"), ScanConfig()), HandcraftedEncoder)
    with pytest.raises(ConfigError, match="descriptor.model is 'a.onnx'.*has no weights"):
        make_encoder(DescriptorConfig(method="handcrafted", model="a.onnx"), ScanConfig())


def test_the_weights_of_another_method_are_refused(write_network: WriteNetwork, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"mine.onnx.*outputs"):
        file = write_network(tmp_path / "mine.onnx", "scan-paper")
        make_encoder(DescriptorConfig(method="learned", model=str(file)), ScanConfig())


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BackendError, match="/nowhere/a.onnx"):
        make_encoder(DescriptorConfig(method="paper", model="/nowhere/a.onnx"), ScanConfig())
