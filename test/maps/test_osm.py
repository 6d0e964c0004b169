from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest

from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import load_map
from geoloc_ros.sim.osm_writer import write_osm

if TYPE_CHECKING:
    from test.maps.conftest import OsmText

Degrees = Callable[[float, float, float, float], tuple[float, float, float, float]]


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_every_format_gives_the_same_map(village: OsmText, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"village{suffix}"
    text = village.text().encode()
    if suffix == ".osm.pbf":
        with osmium.SimpleWriter(path) as writer:
            for item in osmium.FileProcessor(village.write(tmp_path / "village.osm")):
                writer.add(item)
    else:
        path.write_bytes({".osm": bytes, ".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[suffix](text))
    city = load_map(path)
    assert len(city.buildings) == 1
    assert city.buildings.height_m[0] == 7.0
    assert np.abs(np.ptp(city.buildings.vertices_m, axis=0) - [20.0, 10.0]).max() < 0.03
    assert len(city.roads) == 2


def test_the_frame_begins_in_the_middle_of_the_crop(village: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    city = load_map(village.write(tmp_path / "village.osm"), degrees(-30.0, -20.0, 40.0, 30.0))
    corner = city.origin.to_map(np.array([35.0]), np.array([135.0]))[0]
    assert corner == pytest.approx([-5.0, -5.0], abs=0.03)
    assert city.bounds_m == pytest.approx((-35.0, -25.0, 35.0, 25.0), abs=0.05)


def test_the_source_is_named(village: OsmText, tmp_path: Path) -> None:
    source = load_map(village.write(tmp_path / "village.osm")).source
    assert (source.name, len(source.sha256)) == ("village.osm", 64)
    assert source.attribution == "© OpenStreetMap contributors, ODbL 1.0"


def test_a_made_up_city_is_not_credited_to_openstreetmap(tiny_city: GeoMap, tmp_path: Path) -> None:
    write_osm(tiny_city, tmp_path / "city.osm")
    assert load_map(tmp_path / "city.osm").source.attribution == "made up by geoloc_ros"


def test_the_date_is_that_of_the_file_header(village: OsmText, tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2020-07-20T10:27:03Z")
    with osmium.SimpleWriter(tmp_path / "village.osm.pbf", header=header) as writer:
        for item in osmium.FileProcessor(village.write(tmp_path / "village.osm")):
            writer.add(item)
    assert load_map(tmp_path / "village.osm.pbf").source.date == "2020-07-20T10:27:03Z"


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz"])
def test_the_date_of_an_overpass_file_is_that_of_its_database(village: OsmText, tmp_path: Path, suffix: str) -> None:
    meta = '<osm version="0.6"><note>Data</note><meta osm_base="2026-01-02T03:04:05Z"/>'
    text = village.text().replace('<osm version="0.6">', meta).encode()
    path = tmp_path / f"village{suffix}"
    path.write_bytes(gzip.compress(text) if suffix == ".osm.gz" else text)
    assert load_map(path).source.date == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize("name", ["map.osm.pbf", "map.osm", "map.osm.gz", "map.osm.bz2"])
@pytest.mark.parametrize("content", [b"", b"hello, this is no map at all\n" * 40])
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MapError, match="cannot read the map"):
        load_map(path)


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_a_map_cut_off_in_the_middle_is_refused(village: OsmText, tmp_path: Path, suffix: str) -> None:
    text = village.text().encode()
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".osm.pbf":
        with osmium.SimpleWriter(whole) as writer:
            for item in osmium.FileProcessor(village.write(tmp_path / "village.osm")):
                writer.add(item)
    else:
        whole.write_bytes({".osm": bytes, ".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[suffix](text))
    path = tmp_path / f"half{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with pytest.raises(MapError, match="cannot read the map"):
        load_map(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="No such file"):
        load_map(tmp_path / "nowhere.osm.pbf")


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"\.osm\.pbf"):
        load_map(tmp_path / "city.geojson")


def test_a_map_of_nothing_but_nodes_is_refused(osm: OsmText, tmp_path: Path) -> None:
    osm.node((0.0, 0.0), natural="tree")
    with pytest.raises(MapError, match="no buildings"):
        load_map(osm.write(tmp_path / "map.osm"))


def test_a_map_without_buildings_is_refused(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(0.0, 0.0), (50.0, 0.0)])
    with pytest.raises(MapError, match="no buildings"):
        load_map(osm.write(tmp_path / "map.osm"))


def test_a_map_without_roads_is_refused(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 10.0, 10.0, building="yes")
    osm.way([(0.0, -5.0), (50.0, -5.0)], {"highway": "footway"})
    with pytest.raises(MapError, match="no drivable roads"):
        load_map(osm.write(tmp_path / "map.osm"))


def test_a_crop_without_buildings_in_it_is_refused(village: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    with pytest.raises(MapError, match="no buildings in the crop"):
        load_map(village.write(tmp_path / "map.osm"), degrees(-50.0, -5.0, 50.0, 5.0))


def test_a_crop_without_roads_in_it_is_refused(village: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    with pytest.raises(MapError, match="no drivable roads in the crop"):
        load_map(village.write(tmp_path / "map.osm"), degrees(-50.0, 5.0, 50.0, 25.0))


def test_a_crop_elsewhere_is_refused(village: OsmText, tmp_path: Path) -> None:
    with pytest.raises(MapError, match="lies outside"):
        load_map(village.write(tmp_path / "map.osm"), (8.0, 47.0, 8.1, 47.1))


def test_a_crop_with_latitude_first_is_told_so(osm: OsmText, tmp_path: Path) -> None:
    # Around 15 E 35 N both orders are on the globe: only the map tells.
    path = tmp_path / "map.osm"
    osm.box(-10.0, 10.0, 10.0, 20.0, building="yes")
    osm.road([(-50.0, 0.0), (50.0, 0.0)])
    path.write_text(osm.text().replace('lon="13', 'lon="1'))
    with pytest.raises(MapError, match="swapped"):
        load_map(path, (34.99, 14.99, 35.01, 15.01))


@pytest.mark.parametrize(
    "crop",
    [(1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 1.0, 0.0), (35.0, 135.0, 36.0, 136.0), (float("nan"), 0.0, 1.0, 1.0)],
)
def test_a_malformed_crop_is_refused_before_the_file_is_opened(crop: tuple[float, float, float, float]) -> None:
    with pytest.raises(MapError, match="crop"):
        load_map(Path("nowhere.osm.pbf"), crop)


@pytest.mark.parametrize("city", ["chiang_mai", "helsinki_centre"])
def test_real_cities_hold_what_their_list_says(shared_data: Path, city: str) -> None:
    expected = json.loads((shared_data / "osm" / "crops.json").read_text())[city]
    loaded = load_map(shared_data / "osm" / f"{city}.osm.pbf", tuple(expected["crop_wsen"]))
    # The list counts closed ways with their middle in the crop, we count all that reach into it, and relations.
    assert 0.97 < len(loaded.buildings) / expected["buildings"] < 1.06
    lines = [loaded.roads.polyline(edge) for edge in range(len(loaded.roads))]
    length_m = np.array([np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines])
    west, south, east, north = loaded.bounds_m
    low, high = loaded.buildings.vertices_m.min(axis=0), loaded.buildings.vertices_m.max(axis=0)
    assert (low >= [west - 0.01, south - 0.01]).all() and (high <= [east + 0.01, north + 0.01]).all()
    road_km = (length_m * np.where(loaded.roads.edge_reverse >= 0, 0.5, 1.0)).sum() / 1000.0
    assert road_km == pytest.approx(expected["drivable_km"], rel=0.01)
