"""Maps from the internet: buildings, roads and trees of a box or a named place, from an Overpass server."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros import __version__
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import MapError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.maps.osm import ATTRIBUTION, Crop, check_crop, format_crop
from geoloc_ros.maps.tags import DRIVABLE

logger = logging.getLogger(__name__)

OVERPASS_URL = "https://overpass-api.de/api/interpreter"
NOMINATIM_URL = "https://nominatim.openstreetmap.org/search"

# The usage policies of both services ask for a name that they can tell from others.
_USER_AGENT = f"geoloc_ros/{__version__} (localization from OpenStreetMap)"
_TRY_AGAIN = frozenset([429, 502, 503, 504])
_WAITS_S = (5.0, 15.0, 45.0)
_TIMEOUT_S = 300
_MAX_AREA_KM2 = 2500.0
_BLOCK = 1 << 16

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class FetchSummary:
    """What `fetch_map` wrote."""

    path: Path
    box: Crop
    size_mb: float

    def as_text(self) -> str:
        """One line for a terminal."""
        return f"{self.path}: {self.size_mb:.1f} MB, box {format_crop(self.box)}; {ATTRIBUTION}"


def fetch_map(
    box: Crop,
    path: Path,
    server: str = OVERPASS_URL,
    progress: ProgressCallback = no_progress,
    sleep: Sleep = time.sleep,
) -> FetchSummary:
    """Download `box` (west, south, east, north in degrees) to `path` (.osm or .osm.gz).

    The file appears whole or not at all. A server that is busy is asked again, three times, after growing waits.

    Raises:
        MapError: The box is malformed or too large, or the server cannot be reached, refuses or breaks off.
    """
    check_crop(box)
    if not path.name.endswith((".osm", ".osm.gz")):
        raise MapError(f"'{path}' cannot be written; choose a name that ends in .osm or .osm.gz")
    if (area_km2 := _area_km2(box)) > _MAX_AREA_KM2:
        raise MapError(
            f"box {format_crop(box)} has {area_km2:.0f} km2, more than an Overpass server gives at once "
            f"({_MAX_AREA_KM2:.0f}); download an extract of the region and use --crop"
        )
    request = _request(server, urllib.parse.urlencode({"data": _query(box)}).encode())
    progress("downloading", 0.0)
    with write_beside(path) as partial:
        # Named like its destination, so that both are of one format.
        with gzip.open(partial, "wb") if path.name.endswith(".gz") else partial.open("wb") as file:
            _patiently(request, lambda response: _copy(response, file.write, server), sleep)
        size_mb = partial.stat().st_size / 1e6
    progress("downloading", 1.0)
    return FetchSummary(path, box, size_mb)


def find_place(name: str, server: str = NOMINATIM_URL, sleep: Sleep = time.sleep) -> Crop:
    """Box (west, south, east, north in degrees) of a place by its name.

    Raises:
        MapError: Nobody knows the place, or the server cannot be reached or refuses.
    """
    question = urllib.parse.urlencode({"q": name, "format": "jsonv2", "limit": 1})
    answer: list[bytes] = []
    _patiently(_request(f"{server}?{question}", None), lambda response: answer.append(response.read()), sleep)
    try:
        found = json.loads(answer[-1])
        if not found:
            raise MapError(f"no place is called '{name}'; add its country, or give --bbox")
        south, north, west, east = (float(value) for value in found[0]["boundingbox"])
    except (ValueError, KeyError, TypeError) as error:
        raise MapError(f"the answer of '{server}' makes no sense ({error!r}); give --bbox") from error
    return west, south, east, north


def _query(box: Crop) -> str:
    west, south, east, north = box
    roads = "|".join(sorted(DRIVABLE))
    return (
        f"[out:xml][timeout:{_TIMEOUT_S}][bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];"
        '(way["building"];way["building:part"];'
        'relation["type"="multipolygon"]["building"];relation["type"="multipolygon"]["building:part"];'
        f'way["highway"~"^({roads})$"];node["natural"="tree"];way["natural"="tree_row"];);'
        "(._;>;);out body;"
    )


def _area_km2(box: Crop) -> float:
    west, south, east, north = box
    return float((east - west) * np.cos(np.radians((south + north) / 2.0)) * (north - south) * 111.2**2)


def _request(url: str, data: bytes | None) -> urllib.request.Request:
    if not url.startswith(("http://", "https://")):
        raise MapError(f"'{url}' is no address of a server; it should begin with https://")
    return urllib.request.Request(url, data, {"User-Agent": _USER_AGENT})


def _patiently(
    request: urllib.request.Request, receive: Callable[[http.client.HTTPResponse], None], sleep: Sleep
) -> None:
    """Hand the answer to `receive`, after asking again where the server says it is busy."""
    for wait_s in (*_WAITS_S, None):
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S + 30) as response:
                receive(response)
            return
        except urllib.error.HTTPError as error:
            if error.code not in _TRY_AGAIN:
                raise MapError(f"'{request.host}' refuses: {error.code} {error.reason}; check the address") from error
            if wait_s is None:
                raise MapError(
                    f"'{request.host}' is busy ({error.code} {error.reason}); try later, or another --server"
                ) from error
            logger.warning("%s is busy (%d), asking again in %.0f s", request.host, error.code, wait_s)
            sleep(wait_s)
        except (OSError, http.client.HTTPException) as error:
            raise MapError(
                f"cannot download from '{request.host}': {getattr(error, 'reason', error)}; is there a connection?"
            ) from error


def _copy(response: http.client.HTTPResponse, write: Callable[[bytes], object], server: str) -> None:
    first, tail = True, b""
    while block := response.read(_BLOCK):
        if first and not block.lstrip().startswith((b"<?xml", b"<osm")):
            raise MapError(f"'{server}' answers with something that is no map: {block[:60]!r}; check the address")
        first, tail = False, (tail + block)[-4096:]
        write(block)
    # Overpass tells of an overrun time or memory limit in its last lines, under a status of 200.
    if b"<remark>" in tail:
        remark = tail.split(b"<remark>")[1].split(b"</remark>")[0].decode(errors="replace").strip()
        raise MapError(f"'{server}' could not finish: {remark}; choose a smaller box")
    if not tail.rstrip().endswith(b"</osm>"):
        raise MapError(f"the download from '{server}' broke off; try again")
