from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.marked_arrays import load_marked, save_marked


def test_arrays_come_back_only_with_their_mark(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.npz"
    save_marked(file, "one", {"x": np.arange(3)})
    assert load_marked(file, "one", ["x"])["x"].tolist() == [0, 1, 2]
    with pytest.raises(DatasetError, match="other inputs or other code"):
        load_marked(file, "two", ["x"])
    with pytest.raises(DatasetError, match="measure again"):
        load_marked(file, "one", ["y"])
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DatasetError, match="no results"):
        load_marked(file, "one", ["x"])
