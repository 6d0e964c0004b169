from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.photo_config import SearchConfig
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.photo_table import own_frame

from .photo_street import ORIGIN, make_street


class Named:
    """A photo encoder of which only the name counts."""

    def __init__(self, encoder_id: str, dimension: int) -> None:
        self.encoder_id, self.dimension = encoder_id, dimension

    def encode(self, images: object) -> np.ndarray:
        raise NotImplementedError


def build(folder: Path, places: int = 12) -> PhotoIndex:
    photos, origin, _ = own_frame(make_street(folder, places))
    rows = np.random.default_rng(1).normal(size=(len(photos), 16))
    descriptors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    config = {"photo": {"model": ""}}
    return PhotoIndex.build(photos, origin, descriptors, "one", config, SearchConfig(), np.random.default_rng(0))


def test_an_index_comes_back_as_it_was(tmp_path: Path) -> None:
    index = build(tmp_path / "street")
    index.save(tmp_path / "a.photos")
    read = PhotoIndex.load(tmp_path / "a.photos")
    assert read.index_id not in ("", "unsaved") and read.encoder_id == "one" and read.dimension == 16
    assert (read.origin, read.confidence, read.config) == (index.origin, index.confidence, index.config)
    assert read.photos.file == index.photos.file and np.array_equal(read.descriptors, index.descriptors)
    queries = index.descriptors[[3, 5]].astype(np.float32)
    for one, other in zip(read.search.search(queries, 4), index.search.search(queries, 4), strict=True):
        assert np.array_equal(one, other)
    assert read.search.search(queries, 1)[1][:, 0].tolist() == [3, 5]


def test_the_same_photos_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build(tmp_path / "street").save(tmp_path / name)
    files = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_photos_are_where_they_were_taken_on_any_map(tmp_path: Path) -> None:
    index = build(tmp_path / "street", 3)
    assert index.positions_on(ORIGIN)[2] == pytest.approx([20.0, 0.0], abs=0.01)
    north = GeoOrigin(ORIGIN.latitude_deg + 100.0 / 111_195.0, ORIGIN.longitude_deg)
    assert index.positions_on(north)[0] == pytest.approx([0.0, -100.0], abs=0.5)


def test_photos_that_know_no_place_on_earth_are_on_no_map(tmp_path: Path) -> None:
    index = build(tmp_path / "street", 3)
    index.origin = None
    with pytest.raises(IndexMismatchError, match="latitude"):
        index.positions_on(ORIGIN)


@pytest.mark.parametrize(("name", "dimension"), [("another", 16), ("one", 8)])
def test_another_encoder_is_refused_and_told_what_to_do(tmp_path: Path, name: str, dimension: int) -> None:
    index = build(tmp_path / "street", 3)
    index.check_encoder(Named("one", 16))
    with pytest.raises(IndexMismatchError, match=r"photo\.model"):
        index.check_encoder(Named(name, dimension))


def test_too_few_descriptors_are_refused(tmp_path: Path) -> None:
    photos, origin, _ = own_frame(make_street(tmp_path, 3))
    with pytest.raises(IndexMismatchError, match="5 descriptors for 6 photos"):
        PhotoIndex.build(
            photos, origin, np.zeros((5, 4), np.float16), "one", {}, SearchConfig(), np.random.default_rng(0)
        )


def test_a_folder_that_is_none_or_is_damaged_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not an artifact"):
        PhotoIndex.load(tmp_path)
    build(tmp_path / "street").save(tmp_path / "a")
    (tmp_path / "a" / "descriptor.npy").write_bytes(b"broken")
    with pytest.raises(ArtifactError, match="damaged"):
        PhotoIndex.load(tmp_path / "a")


def test_descriptors_of_another_number_than_the_photos_are_refused(tmp_path: Path) -> None:
    index = build(tmp_path / "street")
    index.photos = replace(index.photos.take(np.arange(3)), name="less")
    index.save(tmp_path / "a")
    with pytest.raises(ArtifactError, match="float16"):
        PhotoIndex.load(tmp_path / "a")
