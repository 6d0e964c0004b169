import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.accuracy_page.page import PageFiles, write_accuracy_page
from geoloc_ros.maps.geomap import GeoMap

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
def page(measured: Any, square_room: GeoMap, tmp_path: Path) -> Path:
    """With everything that a page can have."""
    curve = [{"minutes": 0, "validation": 20}, {"minutes": 9, "validation": 55}]
    (tmp_path / "net.curve.json").write_text(json.dumps(curve))
    (tmp_path / "experiments.json").write_text(json.dumps([
        {"name": "all <of> it", "city": "kyoto", "top1": 71.25, "interval": [70, 72], "note": "a & b", "group": "<g>"}
    ]))  # fmt: skip
    head = {"city": "kyoto", "method": "ours", "seed": 0, "commit": "def", "places": 50}
    cell = {"value": 33.75, "interval": [30.0, 40.0]}
    rows = [head | {"condition": name, "queries": 600, "top1": cell} for name in ("none", "paper", "only_moved")]
    drive = head | {"condition": "paper", "drives": 400, "t80": {"value": 44.25, "interval": [40.0, 48.0]}}
    for name, row in (("ingredients", rows), ("trajectory", [drive])):
        (tmp_path / f"{name}.json").write_text(json.dumps({"seed": 0, "commit": "def", "machine": "m", "rows": row}))
    inputs = PageFiles(
        measured.figures, (tmp_path / "trajectory.json",), (tmp_path / "ingredients.json",),
        (tmp_path / "net.curve.json",), (tmp_path / "experiments.json",),
    )  # fmt: skip
    write_accuracy_page(inputs, {"square_room": square_room}, tmp_path / "page.html")
    return tmp_path / "page.html"


def test_the_page_holds_the_figures(page: Path) -> None:
    text = page.read_text()
    assert '<td class="best">50.0<small>12.3 – 87.6</small></td>' in text and '<td class="best">75.0' in text
    assert "<td>25.0<small>" in text and ">71.2</text>" in text and ">33.8</text>" in text and "44.2<small>" in text
    assert "rank 51 of 100 (51.0%)" in text and "walls moved and resized" in text and ">net</span>" in text


def test_nothing_is_loaded_from_anywhere(page: Path, loaded_by: Callable[[str], list[str]]) -> None:
    text = page.read_text()
    assert loaded_by(text) == ["data:,"]
    assert re.findall(r"""https?://|//cdn|@import|url\((?!["']?data:)|\bfetch\(|XMLHttpRequest|import\(""", text) == []


def test_every_slot_of_the_template_is_filled(page: Path) -> None:
    assert "$" not in page.read_text().split("<script>")[0]


def test_names_from_files_are_escaped(page: Path, renamed: Any, square_room: GeoMap, tmp_path: Path) -> None:
    write_accuracy_page(PageFiles(renamed.figures), {"square_room": square_room}, tmp_path / "evil.html")
    text = (tmp_path / "evil.html").read_text()
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text
    assert "no file &lt;scan_paper.onnx&gt;" in text
    assert "all &lt;of&gt; it" in page.read_text() and "&lt;g&gt;, Kyoto" in page.read_text()


def test_the_same_files_give_the_same_page(measured: Any, square_room: GeoMap, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_accuracy_page(PageFiles(measured.figures), {"square_room": square_room}, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_city_without_a_map_is_refused(measured: Any, square_room: GeoMap, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no map of city 'square_room', known are kyoto; give its file"):
        write_accuracy_page(PageFiles(measured.figures), {"kyoto": square_room}, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_another_map_is_refused(measured: Any, square_room: GeoMap, tmp_path: Path) -> None:
    smaller = replace(square_room, bounds_m=(-20.0, -20.0, 2.0, 20.0))
    with pytest.raises(DatasetError, match=r"places of square_room reach .* give the map and crop that were measured"):
        write_accuracy_page(PageFiles(measured.figures), {"square_room": smaller}, tmp_path / "page.html")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page in")
def test_a_browser_shows_what_the_link_chooses_without_complaint(page: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(CHROMIUM), *OFFLINE, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         "--virtual-time-budget=3000", "--dump-dom", f"{page.as_uri()}#measure=top10&theme=dark&result=0"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr and 'data-theme="dark"' in done.stdout
    assert re.search(r'data-measure="top1" hidden', done.stdout)
    assert '<div class="wide" data-measure="top10">' in done.stdout
    assert "in the best 1 %: 2" in done.stdout and "10 to 50 %: 0" in done.stdout and "beyond: 1" in done.stdout
