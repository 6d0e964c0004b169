from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.db_struct import read_db_struct

from .trees import put_text, touch


def put_list(path: Path, database: list[str], queries: list[str]) -> Path:
    """A dbStruct as MATLAB writes it: rows of cells, coordinates in columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    struct = {
        "whichSet": "test",
        "dbImageFns": np.array(database, dtype=object).reshape(-1, 1),
        "utmDb": np.array([[500000.0 + 10 * row, 4477000.0] for row in range(len(database))]).reshape(-1, 2).T,
        "qImageFns": np.array(queries, dtype=object).reshape(-1, 1),
        "utmQ": np.array([[500001.0 + 10 * row, 4477000.0] for row in range(len(queries))]).reshape(-1, 2).T,
        "numImages": float(len(database)),
        "numQueries": float(len(queries)),
        "posDistThr": 25.0,
    }
    savemat(path, {"dbStruct": struct})
    return path


def put_pittsburgh(root: Path) -> None:
    views = [f"000/000000_pitch1_yaw{yaw}.jpg" for yaw in (1, 2)]
    put_list(root / "datasets" / "pitts30k_test.mat", views, views[:1])
    touch(*(root / view for view in views), root / "queries_real" / views[0])


def test_lists_are_read_with_positions_in_zone_17(tmp_path: Path) -> None:
    put_pittsburgh(tmp_path)
    collection = load_collection(tmp_path)
    assert find_layout(tmp_path).kind == "pittsburgh"
    assert collection.database.position_m.tolist() == [[500000.0, 4477000.0], [500010.0, 4477000.0]]
    assert collection.queries.position_m.tolist() == [[500001.0, 4477000.0]]
    assert collection.queries.file == ("queries_real/000/000000_pitch1_yaw1.jpg",)
    np.testing.assert_allclose(collection.database.geodetic_deg[0], [40.444, -81.0], atol=1e-3)
    assert np.isnan(collection.database.yaw_rad).all()


def test_one_of_several_splits_must_be_named(tmp_path: Path) -> None:
    put_pittsburgh(tmp_path)
    put_list(tmp_path / "datasets" / "pitts30k_train.mat", ["000/000000_pitch1_yaw2.jpg"], [])
    put_list(tmp_path / "datasets" / "pitts250k_train.mat", ["000/000000_pitch1_yaw2.jpg"], [])
    with pytest.raises(DatasetError, match="several parts: 250k_train, 30k_test, 30k_train"):
        load_collection(tmp_path)
    with pytest.raises(DatasetError, match="several parts: 250k_train, 30k_train"):
        load_collection(f"{tmp_path}@train")
    assert len(load_collection(f"{tmp_path}@test").database) == 2
    assert len(load_collection(f"{tmp_path}@30k_train").database) == 1
    with pytest.raises(DatasetError, match="no split 'val'"):
        load_collection(f"{tmp_path}@val")


def test_listed_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    put_pittsburgh(tmp_path)
    (tmp_path / "000" / "000000_pitch1_yaw2.jpg").unlink()
    collection = load_collection(tmp_path)
    assert len(collection.database) == 1
    assert [problem.file for problem in collection.problems] == ["000/000000_pitch1_yaw2.jpg"]


def test_other_files_are_no_lists(tmp_path: Path) -> None:
    savemat(tmp_path / "other.mat", {"x": 1.0})
    with pytest.raises(DatasetError, match="no dbStruct"):
        read_db_struct(tmp_path / "other.mat")
    with pytest.raises(DatasetError, match="no dbStruct"):
        read_db_struct(put_text(tmp_path / "text.mat", "hello"))
    savemat(tmp_path / "uneven.mat", {"dbStruct": {
        "dbImageFns": np.array(["a"], dtype=object), "utmDb": np.zeros((2, 2)),
        "qImageFns": np.array([], dtype=object), "utmQ": np.zeros((2, 0)),
    }})  # fmt: skip
    with pytest.raises(DatasetError, match="as many names"):
        read_db_struct(tmp_path / "uneven.mat")
