from pathlib import Path

import pytest

from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.datasets.photos.collection import LAYOUTS, find_layout, load_collection, split_source

from .trees import put_text, touch


def test_a_sign_in_the_name_of_a_folder_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "me@home").mkdir()
    assert split_source(tmp_path / "me@home") == (tmp_path / "me@home", "")
    assert split_source(f"{tmp_path / 'me@home'}@val") == (tmp_path / "me@home", "val")
    with pytest.raises(DatasetError, match="no such folder"):
        split_source(f"{tmp_path / 'you@home'}")


def test_a_curated_folder_is_known_before_the_images_in_it(tmp_path: Path) -> None:
    touch(tmp_path / "images" / "a.jpg", tmp_path / "frames.csv", tmp_path / "clusters.csv")
    put_text(tmp_path / "manifest.json", "{}")
    assert find_layout(tmp_path).kind == "curated"
    with pytest.raises(ArtifactError):  # its own checks, which find that nothing of it is whole
        load_collection(tmp_path)
    with pytest.raises(DatasetError, match="no parts"):
        load_collection(f"{tmp_path}@val")


def test_kinds_have_names_of_their_own() -> None:
    kinds = [layout.kind for layout in LAYOUTS]
    assert len(set(kinds)) == len(kinds) and "auto" not in kinds
