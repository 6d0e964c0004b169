"""`geoloc index` from map file to index folder."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import ArtifactError, MapError
from geoloc_ros.index import index_map, parse_crop
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.osm_writer import write_osm

# Says when a stage begins, and then waits to be stopped.
STOP_ME = """
import sys, time
import geoloc_ros.cli, geoloc_ros.core.artifacts, geoloc_ros.index
map_file, output, wanted = sys.argv[1:]
original = geoloc_ros.index.index_map

def reached(stage, *_):
    if stage == wanted:
        print("now", flush=True)
        time.sleep(60)

def index_map(map_file, output, crop, config, progress):
    return original(map_file, output, crop, config, reached)

if wanted == "half written":  # the arrays of the map are there, those of the search are not
    geoloc_ros.core.artifacts.ArtifactWriter.add_array = lambda *a: a[1] == "descriptor" and reached(wanted)
geoloc_ros.index.index_map = index_map
sys.argv = ["geoloc", "index", map_file, "-o", output]
geoloc_ros.cli.main()
"""


@pytest.fixture(scope="session")
def tiny_map(tiny_city: GeoMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "tiny.osm"
    write_osm(tiny_city, path)
    return path


def test_every_viewpoint_has_the_descriptor_of_its_scan(tiny_map: Path, tmp_path: Path) -> None:
    config = load_config(None, ("descriptor.method=handcrafted",))
    summary = index_map(tiny_map, tmp_path / "tiny.index", None, config)
    index = PlaceIndex.load(tmp_path / "tiny.index")
    assert len(index) == summary.viewpoints > 50
    caster = RayCaster(index.geomap.buildings.walls())
    scan = caster.cast(index.places.poses(), config.scan.num_rays, config.scan.max_range_m)
    expected = make_encoder(config.descriptor, config.scan).encode(scan)
    assert np.array_equal(index.descriptors, expected.astype(np.float16))
    assert index.config == config.model_dump(mode="json")


def test_the_same_map_gives_the_same_index(tiny_map: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        index_map(tiny_map, tmp_path / name, None, Config())
    one, two = (PlaceIndex.load(tmp_path / name) for name in ("one", "two"))
    assert one.index_id == two.index_id


def test_the_spacing_of_places_is_a_parameter(tiny_map: Path, tmp_path: Path) -> None:
    sparse = index_map(tiny_map, tmp_path / "a", None, load_config(None, ("map.place_spacing_m=20",)))
    dense = index_map(tiny_map, tmp_path / "b", None, load_config(None, ("map.place_spacing_m=5",)))
    assert dense.places == pytest.approx(4 * sparse.places, rel=0.2)


def test_progress_goes_up_in_every_stage(tiny_map: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    index_map(tiny_map, tmp_path / "tiny.index", None, Config(), lambda stage, ratio: told.append((stage, ratio)))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == ["reading the map", "casting scans", "writing the index"]
    for stage in stages:
        ratios = [ratio for name, ratio in told if name == stage]
        assert ratios == sorted(ratios) and ratios[-1] == 1.0


def test_the_summary_says_what_was_made(tiny_map: Path, tmp_path: Path) -> None:
    summary = index_map(tiny_map, tmp_path / "tiny.index", None, Config())
    assert str(summary.places) in summary.as_text()
    assert 0.0 <= summary.raycast_s <= summary.total_s
    assert summary.places == pytest.approx(100.0 * summary.road_km, rel=0.2)


def test_a_folder_of_somebody_else_is_not_overwritten(tiny_map: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(ArtifactError, match="not an artifact"):
        index_map(tiny_map, tmp_path / "photos", None, Config())
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


@pytest.mark.parametrize("stage", ["reading the map", "casting scans", "half written"])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_the_old_index_and_nothing_else(
    tiny_map: Path, tmp_path: Path, stage: str, signum: signal.Signals
) -> None:
    index_map(tiny_map, tmp_path / "tiny.index", None, Config())
    before = PlaceIndex.load(tmp_path / "tiny.index").index_id
    command = [sys.executable, "-c", STOP_ME, str(tiny_map), str(tmp_path / "tiny.index"), stage]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signum)
        process.communicate(timeout=30)
    assert process.returncode not in (0, None)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.index"]
    assert PlaceIndex.load(tmp_path / "tiny.index").index_id == before


def test_a_crop_is_four_numbers() -> None:
    assert parse_crop("-122.5,37.7,-122.4,37.8") == (-122.5, 37.7, -122.4, 37.8)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "2,1,1,2", "37.7,-122.5,37.8,-122.4"])
def test_a_crop_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MapError, match="crop"):
        parse_crop(text)
