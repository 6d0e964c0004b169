"""benchmarks/knn.py on a set that is made in a moment."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def knn(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark, which would start this process again to have one thread."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    module = importlib.import_module("knn")
    monkeypatch.setattr(module, "_keep_to_one_thread", lambda: None)
    monkeypatch.setattr(module, "QUICK", {"2k_32": (2000, 32)})
    monkeypatch.setattr(module, "NUM_QUERIES", 100)
    monkeypatch.setattr(module, "ROUNDS", 2)
    return module


def test_it_tells_the_promised_figures_and_goes_on_where_it_was(
    knn: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, work = tmp_path / "knn.json", tmp_path / "work"
    options = ["--json", str(file), "--work", str(work), "--quick", "--indexes", "exact", "fastscan"]
    monkeypatch.setattr("sys.argv", ["knn.py", *options])
    knn.main()
    assert capsys.readouterr().err.count("builds") == 2
    figures = {figure["name"]: figure for figure in json.loads(file.read_text())["figures"]}
    for index in ("exact", "fastscan"):
        for measure in ("recall10", "ms", "ms32", "bytes"):
            assert figures[f"{measure}_{index}_2k_32"]["value"] > 0.0
    assert "ratio_to_faiss" in figures
    assert figures["recall10_exact_2k_32"]["value"] >= 0.999 and figures["bytes_exact_2k_32"]["value"] == 2000 * 32 * 2
    low, high = figures["recall10_fastscan_2k_32"]["interval"]
    assert 0.9 < low <= figures["recall10_fastscan_2k_32"]["value"] <= high
    knn.main()
    assert capsys.readouterr().err.count("builds") == 0


def test_made_up_photos_are_like_their_neighbours_and_like_what_is_seen_again(knn: Any) -> None:
    made = importlib.import_module("_descriptors").make_descriptors(4000, 64, 50, np.random.default_rng(0))
    vectors = made.descriptors.astype(np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4000), abs=2e-3)
    next_alike = np.einsum("vd,vd->v", vectors[:-1], vectors[1:]).mean()
    apart_alike = np.einsum("vd,vd->v", vectors[:-1000], vectors[1000:]).mean()
    again_alike = np.einsum("qd,qd->q", made.queries, vectors[made.place]).mean()
    assert next_alike > again_alike > 0.4 > abs(apart_alike) + 0.2
