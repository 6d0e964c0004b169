"""The page of a recorded drive, as a file and in a browser."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.report.thumbnail import label_colours
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.index import index_map
from geoloc_ros.report import MAX_VIEWS, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)


@dataclass(frozen=True)
class Localized:
    """A drive with its index and a trace."""

    bag: Path
    index: Path
    trace: Path


@pytest.fixture(scope="session")
def localized(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Localized:
    """A trace made by hand: found from the fourth frame on, half a metre beside the truth."""
    folder = tmp_path_factory.mktemp("report")
    index_map(tiny_drive.map_file, folder / "tiny.index", None, Config(), no_progress)
    stamps_ns, poses = BagReader(tiny_drive.bag).ground_truth()
    frames_ns = np.array([frame.stamp_ns for frame in BagReader(tiny_drive.bag).frames(("depth",))])
    truth = poses[np.searchsorted(stamps_ns, frames_ns)]
    found = np.arange(len(truth)) >= 3
    Trace(
        stamp_ns=frames_ns, pose=truth + np.where(found, 0.5, 50.0)[:, None] * [1.0, 0.0, 0.0],
        covariance=np.tile(np.eye(3), (len(truth), 1, 1)), status=np.where(found, 3, 2).astype(np.uint8),
        probability=found.astype(np.float32), chance=np.where(found, 1e-4, 1.0).astype(np.float32),
        belief_start=np.arange(len(truth) + 1),
        belief_viewpoint=np.zeros(len(truth), np.int32), belief_probability=np.ones(len(truth), np.float32),
    ).save(folder / "trace.npz")
    return Localized(tiny_drive.bag, folder / "tiny.index", folder / "trace.npz")


@pytest.fixture(scope="session")
def page(localized: Localized, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(localized.index, localized.bag, localized.trace, path, no_progress)
    return path


def test_the_summary_counts_what_the_page_holds(localized: Localized, tmp_path: Path) -> None:
    summary = write_report(localized.index, localized.bag, localized.trace, tmp_path / "a.html", no_progress)
    assert summary.num_views == summary.num_frames == len(Trace.load(localized.trace)) <= MAX_VIEWS
    assert list(tmp_path.iterdir()) == [tmp_path / "a.html"] and summary.size_mb < 2.0


def test_the_same_drive_gives_the_same_page(localized: Localized, page: Path, tmp_path: Path) -> None:
    write_report(localized.index, localized.bag, localized.trace, tmp_path / "again.html", no_progress)
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_the_figures_are_those_of_the_trace(page: Path) -> None:
    text = page.read_text()
    assert "<td>0.50 m <small>of the fixes" in text and '<li class="good"><b>yes</b>' in text


def test_the_page_shows_what_a_network_read(localized: Localized, tmp_path: Path, round_wall: Any) -> None:
    output = tmp_path / "read.html"
    summary = write_report(localized.index, localized.bag, localized.trace, output, no_progress, "image")
    assert round_wall.reads == summary.num_views
    (data,) = re.findall(r'type="application/json">(.*?)</script>', output.read_text(), re.DOTALL)
    png = base64.b64decode(json.loads(data)["views"]["labels"][0])
    shown = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)
    building = label_colours(np.full((1, 1), SemanticClass.BUILDING, np.uint8))[0, 0]
    assert shown is not None and (shown == building).all()
    assert "of which image was used" in output.read_text()


def test_another_bag_is_refused(localized: Localized, tmp_path: Path) -> None:
    trace = Trace.load(localized.trace)
    Trace(**{**vars(trace), "stamp_ns": trace.stamp_ns + 7}).save(tmp_path / "other.npz")
    with pytest.raises(DatasetError, match="give the bag that was localized"):
        write_report(localized.index, localized.bag, tmp_path / "other.npz", tmp_path / "a.html", no_progress)
    assert not (tmp_path / "a.html").exists()


def test_another_index_is_refused(localized: Localized, tmp_path: Path) -> None:
    trace = Trace.load(localized.trace)
    Trace(**{**vars(trace), "belief_viewpoint": trace.belief_viewpoint + 10**6}).save(tmp_path / "other.npz")
    with pytest.raises(DatasetError, match="give its own index"):
        write_report(localized.index, localized.bag, tmp_path / "other.npz", tmp_path / "a.html", no_progress)


def test_a_missing_index_is_refused(localized: Localized, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="geoloc index"):
        write_report(tmp_path / "no.index", localized.bag, localized.trace, tmp_path / "a.html", no_progress)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page in")
@pytest.mark.parametrize(("frame", "expected"), [(0, "INITIALIZING"), (5, "INITIALIZED")])
def test_a_browser_shows_the_frame_of_the_link_without_complaint(
    frame: int, expected: str, page: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [str(CHROMIUM), *OFFLINE, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         "--virtual-time-budget=3000", "--dump-dom", f"{page.as_uri()}#frame={frame}&view=city"],
        capture_output=True, text=True, timeout=60,
    )
    assert "CONSOLE" not in done.stderr
    shown = re.search(r'<dd class="badge"[^>]*>(\w+)</dd>', done.stdout)
    assert shown is not None and shown.group(1) == expected
