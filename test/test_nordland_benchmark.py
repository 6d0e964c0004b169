"""benchmarks/nordland.py on the real frames, and its peer on lines made by hand."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def seqslam(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(root / "benchmarks")
    return importlib.import_module("_seqslam")


@pytest.mark.parametrize("velocity", [0.8, 1.0, 1.2])
def test_the_peer_follows_a_straight_line_at_any_of_its_velocities(seqslam: ModuleType, velocity: float) -> None:
    queries = 40
    truth = 20 + np.floor(velocity * np.arange(queries)).astype(int)
    difference = np.random.default_rng(0).uniform(5.0, 6.0, (90, queries))
    difference[truth, np.arange(queries)] = 0.0
    found = seqslam.match_sequences(difference)
    assert (found[:5] == -1).all() and (found[-5:] == -1).all()
    assert np.abs(found[5:-5] - truth[5:-5]).max() <= 1


def test_contrast_is_enhanced_among_the_templates_around_each(seqslam: ModuleType) -> None:
    """A ramp is as far from the mean of its window everywhere but at its ends."""
    enhanced = seqslam.enhance_contrast(np.arange(30.0)[:, None])
    assert np.ptp(enhanced[5:-5]) == pytest.approx(0.0)


def test_the_published_single_frame_recall_comes_out_and_the_tracker_beats_the_published_sequences(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (root.parent / "shared" / "data" / "nordland").is_dir():
        pytest.skip("no frames of nordland beside the checkout")
    monkeypatch.syspath_prepend(root / "benchmarks")
    monkeypatch.setattr("sys.argv", ["nordland.py", "--json", str(tmp_path / "nordland.json"), "--quick"])
    module = importlib.import_module("nordland")
    monkeypatch.setattr(module, "SHARPNESSES", (0.5,))
    module.main()
    figures = {each["name"]: each for each in json.loads((tmp_path / "nordland.json").read_text())["figures"]}
    assert figures["r1_single"]["value"] == pytest.approx(88 / 357)
    assert figures["r1_sequence_tracker"]["value"] > figures["r1_published_sequence"]["value"]
    assert figures["gain_tracker"]["interval"][0] > 0.0
