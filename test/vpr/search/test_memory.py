from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.vpr.search import memory
from geoloc_ros.vpr.search.memory import fits_in_memory, in_memory


@pytest.fixture
def one_megabyte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:    1000 kB\nCached:  7 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")


@pytest.mark.usefixtures("one_megabyte")
def test_half_of_what_is_free_may_be_used() -> None:
    assert fits_in_memory(512_000) and not fits_in_memory(512_001)


@pytest.mark.usefixtures("one_megabyte")
def test_what_fits_is_copied_and_what_does_not_stays_in_its_file(tmp_path: Path) -> None:
    for rows, stays in ((100, False), (20_000, True)):
        np.save(tmp_path / "rows.npy", np.ones((rows, 16), np.float16))
        mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
        kept = in_memory(mapped)
        assert (kept is mapped) == stays and isinstance(kept, np.memmap) == stays and kept.shape == (rows, 16)


def test_without_meminfo_the_system_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "none")
    assert fits_in_memory(1) and not fits_in_memory(1 << 60)
