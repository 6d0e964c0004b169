import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference import tensorrt_library
from geoloc_ros.inference.tensorrt_library import BuildProgress, TensorRtLibrary


def test_a_phase_within_a_step_counts_as_part_of_it() -> None:
    progress = BuildProgress()
    progress.start("building", None, 4)
    progress.step("building", 0)
    assert progress.ratio == 0.25
    progress.start("timing", "building", 2)
    progress.step("timing", 0)
    assert progress.ratio == 0.375
    progress.finish("timing")
    progress.step("building", 1)
    assert progress.ratio == 0.5


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, "a", "b"]), st.integers(0, 9), st.booleans()))
)
def test_progress_never_goes_back_nor_over_the_end(events: list[tuple[str, str | None, int, bool]]) -> None:
    progress, last = BuildProgress(), 0.0
    for phase, parent, number, is_start in events:
        if is_start and parent != phase and (parent, phase) != ("b", "a"):
            progress.start(phase, parent, number)
        else:
            progress.step(phase, number)
        assert last <= progress.ratio <= 1.0
        last = progress.ratio


def test_without_tensorrt_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorrt_library, "installed_module", lambda: None)
    with pytest.raises(BackendError, match="neither tensorrt nor tensorrt_rtx is installed"):
        TensorRtLibrary()


@pytest.mark.parametrize(
    ("version", "complaint"), [("8.6.1", "tensorrt is 8.6.1, wanted is 10.3 or newer"), ("10.2.0", "10.3 or newer")]
)
def test_a_tensorrt_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, version: str, complaint: str) -> None:
    old = types.ModuleType("tensorrt")
    old.__version__ = version  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorrt", old)
    monkeypatch.setattr(tensorrt_library, "installed_module", lambda: "tensorrt")
    with pytest.raises(BackendError, match=complaint):
        TensorRtLibrary()


def test_a_tensorrt_that_cannot_be_loaded_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setattr(tensorrt_library, "installed_module", lambda: "tensorrt")
    with pytest.raises(BackendError, match="tensorrt is installed and cannot be loaded"):
        TensorRtLibrary()
