from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ArtifactError, BackendError, DatasetError
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.index_photos import encode_photos, index_photos
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex

from .vpr.photo_network import write_photo_network
from .vpr.photo_street import make_street, write_named_street


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(photo=PhotoConfig(model=str(write_photo_network(tmp_path / "colours.onnx"))))


def test_a_collection_becomes_an_index_and_says_what_it_took(tmp_path: Path, config: Config) -> None:
    source = write_named_street(tmp_path, 5)
    stages: list[str] = []
    summary = index_photos(
        str(source), tmp_path / "a.photos", config, lambda stage, ratio: stages.append(f"{stage} {ratio:.1f}")
    )
    assert (summary.photos, summary.problems, summary.is_on_earth) == (5, (), True)
    assert "5 photos" in summary.as_text() and "encoding photos 1.0" in stages
    index = PhotoIndex.load(tmp_path / "a.photos")
    assert len(index) == 5 and index.photos.yaw_rad == pytest.approx(np.zeros(5), abs=1e-6)
    assert index.photos.position_m[:, 0] == pytest.approx([-20.0, -10.0, 0.0, 10.0, 20.0], abs=0.05)


def test_the_same_collection_gives_the_same_bytes(tmp_path: Path, config: Config) -> None:
    source = write_named_street(tmp_path, 5)
    for name in ("a", "b"):
        index_photos(str(source), tmp_path / name, config)
    names = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_broken_photos_are_listed_and_the_others_indexed(tmp_path: Path, config: Config) -> None:
    source = write_named_street(tmp_path, 5)
    files = sorted((source / "database").iterdir())
    files[1].write_bytes(b"no image")
    summary = index_photos(str(source), tmp_path / "a.photos", config)
    assert summary.photos == 4 and [problem.file for problem in summary.problems] == [f"database/{files[1].name}"]
    assert "1 photos left out" in summary.as_text()
    for file in files:
        file.write_bytes(b"no image")
    with pytest.raises(DatasetError, match="none of 5 photos"):
        index_photos(str(source), tmp_path / "b.photos", config)
    assert not (tmp_path / "b.photos").exists()


def test_photos_of_which_a_network_makes_nothing_spoil_no_others(tmp_path: Path, config: Config) -> None:
    import cv2

    street = make_street(tmp_path / "street", 40, 1)
    cv2.imwrite(str(street.path(35)), np.zeros((12, 16, 3), np.uint8))
    rows, descriptors, problems = encode_photos(street, make_photo_encoder(config.photo))
    assert rows.tolist() == [row for row in range(40) if row != 35] and descriptors.shape == (39, 6)
    assert [problem.file for problem in problems] == [street.file[35]]


def test_a_network_that_is_not_there_fails_before_photos_are_read(tmp_path: Path) -> None:
    config = Config(photo=PhotoConfig(model=str(tmp_path / "none.onnx")))
    with pytest.raises(BackendError):
        index_photos(str(tmp_path / "no photos"), tmp_path / "a", config)


def test_a_place_that_cannot_be_written_to_is_refused_before_a_photo_or_network_is_read(tmp_path: Path) -> None:
    config = Config(photo=PhotoConfig(model=str(tmp_path / "none.onnx")))
    (tmp_path / "mine").mkdir()
    with pytest.raises(ArtifactError, match="not an artifact of ours"):
        index_photos(str(tmp_path / "no photos"), tmp_path / "mine", config)
