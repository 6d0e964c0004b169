from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection

from .trees import touch


def test_train_is_photos_in_folders_and_test_has_several_query_sets(tmp_path: Path) -> None:
    name = "@0548000.00@4180000.00@10@S@037.76756@-122.45507@pano@@090@@@@201911@@.jpg"
    touch(tmp_path / "processed" / "train" / "37.76" / name, tmp_path / "processed" / "train" / "37.77" / name)
    for folder in ("database", "queries_v1", "queries_v2", "queries_night"):
        touch(tmp_path / "processed" / "test" / folder / name)
    assert find_layout(tmp_path).kind == "sfxl"
    assert find_layout(tmp_path / "processed" / "test").kind == "utm"
    with pytest.raises(DatasetError, match="several parts: train, test"):
        load_collection(tmp_path)
    assert load_collection(f"{tmp_path}@train").database.file == (f"37.76/{name}", f"37.77/{name}")
    test = load_collection(f"{tmp_path}@test")
    assert len(test.database) == 1 and test.queries.condition == ("night", "v1", "v2")
    assert test.database.position_m.tolist() == [[548000.0, 4180000.0]]
    assert load_collection(tmp_path / "processed" / "test").queries.file == test.queries.file


def test_something_else_cannot_be_read_as_it(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    with pytest.raises(DatasetError, match="neither 'processed' nor 'small'"):
        load_collection(tmp_path, "sfxl")
