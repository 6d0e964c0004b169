"""The demo with a town of four blocks: every step for real, live nodes included."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import geoloc_ros.demo
from geoloc_ros.core.config import load_config
from geoloc_ros.core.progress import no_progress
from geoloc_ros.demo import run_demo
from geoloc_ros.evaluation.trace import Trace

pytestmark = pytest.mark.ros
pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")

SMALL = ("sim.city_size_m=250", "sim.width=256", "sim.height=80")


@pytest.mark.slow
def test_live_nodes_leave_a_page_figures_and_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(geoloc_ros.demo, "LENGTH_M", 30.0)
    summary = run_demo(None, tmp_path, None, 0, load_config(None, SMALL), no_progress)
    frames = len(Trace.load(tmp_path / "live" / "trace.npz"))
    # Twice as fast as driven, on a busy machine: a frame may be dropped.
    assert 0.5 * summary.evaluation.metrics.frames <= frames <= summary.evaluation.metrics.frames
    assert summary.report.stat().st_size > 100_000 and (tmp_path / "results.json").is_file()
    assert summary.report.resolve().as_uri() in summary.as_text()
    assert "belief" in capfd.readouterr().out


@pytest.mark.parametrize("stage", ["drive"])
def test_a_signal_during_the_demo_leaves_nothing_half_written(stage: str, tmp_path: Path) -> None:
    overrides = [argument for override in SMALL for argument in ("-s", override)]
    process = subprocess.Popen(
        [sys.executable, "-m", "geoloc_ros.cli", "demo", "-o", str(tmp_path), *overrides],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.endswith(f"s] {stage}\n"):
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read().splitlines()
    assert process.wait(20) == 143 and rest[-1] == "interrupted by SIGTERM"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city.index", "city.osm"]
