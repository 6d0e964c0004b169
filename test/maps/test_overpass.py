from __future__ import annotations

import gzip
import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.osm import load_map
from geoloc_ros.maps.overpass import fetch_map, find_place

if TYPE_CHECKING:
    from test.maps.conftest import OsmText

BOX = (134.99, 34.99, 135.01, 35.01)
REMARK = b'<remark> runtime error: Query timed out in "query" at line 1 after 181 seconds. </remark>\n'


class Server:
    """An Overpass and Nominatim server on this machine that answers what it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.promised: int | None = None
        """Content-Length, where it is not the truth."""
        self.requests: list[tuple[str, str, str]] = []
        """Path, body and User-Agent."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = urllib.parse.unquote_plus(self.rfile.read(length).decode())
                owner.requests.append((self.path, body, self.headers["User-Agent"]))
                status, content = owner.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(owner.promised or len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/api"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


@pytest.mark.parametrize("name", ["town.osm", "town.osm.gz"])
def test_a_box_becomes_a_map_that_can_be_read(server: Server, village: OsmText, tmp_path: Path, name: str) -> None:
    server.answers = [(200, village.text().encode())]
    summary = fetch_map(BOX, tmp_path / name, server.url)
    assert len(load_map(tmp_path / name).buildings) == 1
    assert "OpenStreetMap contributors" in summary.as_text()
    assert [file.name for file in tmp_path.iterdir()] == [name]
    _, body, user_agent = server.requests[0]
    assert "[bbox:34.9900000,134.9900000,35.0100000,135.0100000]" in body
    assert user_agent.startswith("geoloc_ros/")


def test_a_gz_is_compressed(server: Server, village: OsmText, tmp_path: Path) -> None:
    server.answers = [(200, village.text().encode())]
    fetch_map(BOX, tmp_path / "town.osm.gz", server.url)
    assert gzip.decompress((tmp_path / "town.osm.gz").read_bytes()).decode() == village.text()


def test_a_busy_server_is_asked_again_after_growing_waits(server: Server, village: OsmText, tmp_path: Path) -> None:
    server.answers = [(429, b""), (504, b""), (200, village.text().encode())]
    waits_s: list[float] = []
    fetch_map(BOX, tmp_path / "town.osm", server.url, sleep=waits_s.append)
    assert len(server.requests) == 3
    assert waits_s == sorted(waits_s) and len(waits_s) == 2


def test_a_server_that_stays_busy_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers = [(429, b"")] * 4
    with pytest.raises(MapError, match="busy"):
        fetch_map(BOX, tmp_path / "town.osm", server.url, sleep=lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (400, b"", "refuses: 400"),
        (200, b"<html>hello</html>", "no map"),
        (200, b'<?xml version="1.0"?><osm version="0.6">' + REMARK + b"</osm>", "timed out"),
        (200, b'<?xml version="1.0"?><osm version="0.6"><node id="1"', "broke off"),
        (200, b"", "broke off"),
    ],
)
def test_an_answer_that_is_no_map_leaves_no_file(
    server: Server, tmp_path: Path, status: int, content: bytes, message: str
) -> None:
    server.answers = [(status, content)]
    with pytest.raises(MapError, match=message):
        fetch_map(BOX, tmp_path / "town.osm", server.url)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_breaks_leaves_no_file(server: Server, village: OsmText, tmp_path: Path) -> None:
    server.answers = [(200, village.text().encode()[:100])]
    server.promised = 5000
    with pytest.raises(MapError, match=r"broke off|cannot download"):
        fetch_map(BOX, tmp_path / "town.osm", server.url)
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="is there a connection"):
        fetch_map(BOX, tmp_path / "town.osm", "http://127.0.0.1:9/api")


@pytest.mark.parametrize(
    ("box", "name", "url", "message"),
    [
        ((135.0, 35.0, 134.0, 36.0), "town.osm", "http://127.0.0.1:9", "W < E"),
        ((130.0, 30.0, 140.0, 40.0), "town.osm", "http://127.0.0.1:9", "km2"),
        (BOX, "town.osm.pbf", "http://127.0.0.1:9", r"\.osm\.gz"),
        (BOX, "town.osm", "file:///etc/passwd", "no address"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_asking(
    tmp_path: Path, box: tuple[float, float, float, float], name: str, url: str, message: str
) -> None:
    with pytest.raises(MapError, match=message):
        fetch_map(box, tmp_path / name, url)


def test_a_place_is_found_by_its_name(server: Server) -> None:
    found = [{"boundingbox": ["34.9", "35.1", "134.8", "135.2"]}]
    server.answers = [(200, json.dumps(found).encode())]
    assert find_place("Kyoto, Japan", server.url) == (134.8, 34.9, 135.2, 35.1)
    assert "q=Kyoto%2C+Japan" in server.requests[0][0]


@pytest.mark.parametrize(("content", "message"), [(b"[]", "no place"), (b"<html>", "no sense"), (b"[{}]", "no sense")])
def test_a_place_that_is_not_found_is_said_so(server: Server, content: bytes, message: str) -> None:
    server.answers = [(200, content)]
    with pytest.raises(MapError, match=message):
        find_place("Nowhere", server.url)


def test_the_command_fetches_a_place(server: Server, village: OsmText, tmp_path: Path) -> None:
    found = [{"boundingbox": ["34.99", "35.01", "134.99", "135.01"]}]
    server.answers = [(200, json.dumps(found).encode()), (200, village.text().encode())]
    path = tmp_path / "town.osm"
    command = ["map", "fetch", "--place", "Village", "-o", str(path), "--server", server.url]
    done = CliRunner().invoke(app, [*command, "--place-server", server.url], catch_exceptions=False)
    assert done.exit_code == 0
    assert path.exists() and "town.osm" in done.output


def test_the_command_wants_a_box_or_a_place(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="either"):
        CliRunner().invoke(app, ["map", "fetch", "-o", str(tmp_path / "town.osm")], catch_exceptions=False)
