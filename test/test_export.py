from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.export import (
    EngineOptions,
    export_engine,
    parse_capability,
    parse_precision,
    parse_size,
)
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import read_signature
from geoloc_ros.inference.tensorrt_library import installed_module

pytest.importorskip("onnx", reason="onnx is not installed: make dev")


@pytest.fixture
def file(write_network: Callable[..., Path], tmp_path: Path) -> Path:
    return write_network(tmp_path / "ours.onnx")


@pytest.fixture
def without_tensorrt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoloc_ros.inference.tensorrt_library.installed_module", lambda: None)


@pytest.mark.usefixtures("without_tensorrt")
def test_a_precision_is_a_network_of_its_own_beside_the_first(file: Path) -> None:
    summary = export_engine(EngineOptions(file, precision="fp16"), InferenceConfig(), no_progress)
    assert summary.network == file.with_suffix(".fp16.onnx")
    assert read_signature(read_network_file(summary.network)).precision == "fp16"
    assert set(summary.error_of_output) == {"descriptor", "query"} and max(summary.error_of_output.values()) < 1e-2
    assert "no engine: neither tensorrt nor tensorrt_rtx is installed" in summary.as_text()


@pytest.mark.usefixtures("without_tensorrt")
def test_eight_bits_take_their_ranges_from_arrays(file: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "seen.npy", np.random.default_rng(0).random((4, 8, 360)))
    options = EngineOptions(file, tmp_path / "small.onnx", precision="int8", calibration=(tmp_path / "seen.npy",))
    summary = export_engine(options, InferenceConfig(), no_progress)
    assert summary.network == tmp_path / "small.onnx" and summary.precision == "int8"


@pytest.mark.usefixtures("without_tensorrt")
def test_with_nothing_to_build_and_nothing_to_build_with_it_fails(file: Path) -> None:
    for capability in (None, (8, 9)):
        with pytest.raises(BackendError, match="pip install tensorrt-rtx-cu13"):
            export_engine(EngineOptions(file, capability=capability), InferenceConfig(), no_progress)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"size": (1024, 512)}, "which are no images; drop --size"),
        ({"output": Path("other.onnx")}, "is fp32 already; there is no network to write, drop -o"),
        ({"precision": "int8"}, "give calibration data"),
        ({"precision": "int8", "calibration": (Path("a.jpg"),)}, "photos are only for our network"),
        ({"precision": "int8", "calibration": (Path("nowhere.npy"),)}, "nowhere.npy' cannot be read"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    file: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises((BackendError, ConfigError), match=complaint):
        export_engine(EngineOptions(file, **changes), InferenceConfig(), no_progress)  # type: ignore[arg-type]


def test_half_precision_is_not_made_smaller_still(write_network: Callable[..., Path], tmp_path: Path) -> None:
    file = write_network(tmp_path / "half.onnx", geoloc_precision="fp16")
    with pytest.raises(ConfigError, match="is fp16 already, from which int8 cannot be made"):
        export_engine(EngineOptions(file, precision="int8"), InferenceConfig(), no_progress)


def test_an_engine_for_another_machine_lies_in_the_cache(file: Path, tmp_path: Path) -> None:
    if installed_module() != "tensorrt_rtx":
        pytest.skip("tensorrt_rtx, which builds without a GPU, is not installed: pip install tensorrt-rtx-cu13")
    inference = InferenceConfig(engine_cache=str(tmp_path / "engines"))
    summary = export_engine(EngineOptions(file, capability=(8, 9)), inference, no_progress)
    assert "for compute capability 8.9, to be checked when it is loaded there" in summary.as_text()
    assert len(list((tmp_path / "engines").glob("*.engine"))) == 1


def test_what_the_command_line_says_is_read_or_refused() -> None:
    assert parse_size("1024x512") == (1024, 512)
    assert parse_capability("12.0") == (12, 0)
    assert parse_precision("fp16") == "fp16"
    for parse, text in (
        (parse_size, "1024"), (parse_size, "0x64"), (parse_size, "64x99999999999"), (parse_size, "²x64"),
        (parse_capability, "89"), (parse_precision, "fp8"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=text):
            parse(text)
