from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.exif import decode_photo, read_taken

from .trees import put_image, touch

GPS, EXIF = 0x8825, 0x8769


def put_photo(path: Path, gps: dict[int, object], exif: dict[int, object] | None = None, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = Image.Exif()
    header.get_ifd(GPS).update(gps)
    header.get_ifd(EXIF).update(exif or {})
    if text:
        header[0x010E] = text
    Image.new("RGB", (320, 240)).save(path, exif=header)
    return path


def position(latitude: tuple[float, float, float] = (30.0, 15.0, 36.0), south: bool = False) -> dict[int, object]:
    return {1: "S" if south else "N", 2: latitude, 3: "W", 4: (100.0, 30.0, 0.0)}


def test_degrees_minutes_seconds_and_their_hemispheres(tmp_path: Path) -> None:
    where = read_taken(put_photo(tmp_path / "a.jpg", position(south=True))).where
    assert where.latitude_deg == pytest.approx(-30.26) and where.longitude_deg == pytest.approx(-100.5)


def test_the_camera_looks_where_the_compass_says(tmp_path: Path) -> None:
    put_photo(tmp_path / "a.jpg", {**position(), 16: "T", 17: 270.0})
    photos = load_collection(tmp_path).database
    assert find_layout(tmp_path).kind == "exif"
    np.testing.assert_allclose(np.abs(photos.yaw_rad), [np.pi], atol=1e-9)  # west


def test_the_time_knows_its_zone_and_its_fractions(tmp_path: Path) -> None:
    taken = {0x9003: "1970:01:01 02:00:01", 0x9011: "+02:00", 0x9291: "25"}
    assert read_taken(put_photo(tmp_path / "a.jpg", position(), taken)).stamp_ns == 1_250_000_000
    del taken[0x9011]
    assert read_taken(put_photo(tmp_path / "b.jpg", position(), taken)).stamp_ns == 7_201_250_000_000
    satellites = {**position(), 7: (0.0, 0.0, 5.0), 29: "1970:01:01"}
    assert read_taken(put_photo(tmp_path / "c.jpg", satellites, taken)).stamp_ns == 5_000_000_000
    assert read_taken(put_photo(tmp_path / "d.jpg", position(), {0x9003: "    :  :     "})).stamp_ns == -1


def test_mapillary_tells_more_in_the_description(tmp_path: Path) -> None:
    text = '{"MAPCompassHeading":{"TrueHeading":90.0},"MAPSequenceUUID":"A","MAPCaptureTime":"1970_01_01_00_00_02_500"}'
    put_photo(tmp_path / "a.jpg", position(), text=text)
    photos = load_collection(tmp_path).database
    np.testing.assert_allclose(photos.yaw_rad, [0.0], atol=1e-9)
    assert photos.sequence.tolist() == [0] and photos.stamp_ns.tolist() == [2_500_000_000]


def test_photos_without_a_place_and_broken_files_are_told(tmp_path: Path) -> None:
    put_photo(tmp_path / "good.jpg", position())
    put_photo(tmp_path / "nowhere.jpg", {})
    put_photo(tmp_path / "no_fix.jpg", {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    put_photo(tmp_path / "odd.jpg", {**position(), 2: (30.0, 15.0)})
    put_image(tmp_path / "bare.png")
    touch(tmp_path / "empty.jpg")
    (tmp_path / "text.jpg").write_text("not an image")
    collection = load_collection(tmp_path)
    assert collection.database.file == ("good.jpg",)
    reasons = {problem.file: problem.reason for problem in collection.problems}
    assert set(reasons) == {"nowhere.jpg", "no_fix.jpg", "odd.jpg", "bare.png", "empty.jpg", "text.jpg"}
    assert "no position" in reasons["nowhere.jpg"] and "no position" in reasons["bare.png"]
    assert "have no fix" in reasons["no_fix.jpg"] and "no image" in reasons["empty.jpg"]


def test_a_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no photos"):
        load_collection(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        load_collection(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="no layout is called 'flickr'"):
        load_collection(tmp_path, "flickr")


def test_files_that_end_too_early_cannot_be_decoded(tmp_path: Path) -> None:
    whole = put_photo(tmp_path / "a.jpg", position())
    assert decode_photo(whole) == (320, 240)
    whole.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(ValueError, match="(?i)truncated"):
        decode_photo(whole)
    assert read_taken(whole).where.is_known()  # the header is whole
    touch(tmp_path / "b.png")
    with pytest.raises(ValueError, match="cannot be decoded"):
        decode_photo(tmp_path / "b.png")


def test_a_walk_round_a_building_in_lund(shared_data: Path) -> None:
    folder = shared_data / "photos" / "lund"
    if not folder.is_dir():
        pytest.skip(f"no '{folder}'")
    collection = load_collection(folder)
    photos = collection.database
    assert len(photos) == 29 and collection.problems == () and (photos.sequence == 0).all()
    assert (np.diff(photos.stamp_ns) > 0).all() and np.isfinite(photos.yaw_rad).all()
    steps_m = np.linalg.norm(np.diff(photos.position_m, axis=0), axis=1)
    assert steps_m.max() < 20.0  # on foot
    # A plane that touches the earth there measures the same steps as UTM's plane does.
    origin = GeoOrigin(*photos.geodetic_deg[0].tolist())
    plane_m = origin.to_map(photos.geodetic_deg[:, 0], photos.geodetic_deg[:, 1])
    np.testing.assert_allclose(np.linalg.norm(np.diff(plane_m, axis=0), axis=1), steps_m, rtol=1e-3)
