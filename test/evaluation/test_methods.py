from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.evaluation.conditions import CONDITION_NAMES, find_condition
from geoloc_ros.evaluation.database import scan_places
from geoloc_ros.evaluation.methods import NamedModel, make_rows, parse_model
from geoloc_ros.maps.geomap import GeoMap


def test_a_network_without_a_file_or_with_a_broken_one_is_skipped_with_the_reason(
    square_room: GeoMap, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    models = (NamedModel("paper", tmp_path / "missing.onnx"), NamedModel("ours", broken))
    rows = make_rows(scan_places(square_room, Config()), models, 0)
    assert [row.name for row in rows.rows] == ["handcrafted", "handcrafted_masked", "bsd_bit", "bsd_joint"]
    assert rows.skipped[0] == "paper: no file missing.onnx"
    assert "is no network" in rows.skipped[1]


def test_only_the_rows_that_were_asked_for_are_made(square_room: GeoMap) -> None:
    database = scan_places(square_room, Config())
    rows = make_rows(database, (), 0, ("bsd_bit", "handcrafted")).rows
    assert [row.name for row in rows] == ["handcrafted", "bsd_bit"]
    with pytest.raises(ConfigError, match="no method 'hndcrafted'; there are handcrafted"):
        make_rows(database, (), 0, ("hndcrafted",))


def test_squared_distances_are_rooted_before_they_are_summed(square_room: GeoMap) -> None:
    published, masked, *_ = make_rows(scan_places(square_room, Config()), (), 0).rows
    squared = np.array([-1e-6, 4.0], np.float32)
    assert published.trajectory_terms(squared).tolist() == [0.0, 2.0]
    assert masked.trajectory_terms(squared) is squared


@pytest.mark.parametrize("text", ["ours", "=a.onnx", "ours=", "two words=a.onnx"])
def test_a_model_without_name_or_file_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="NAME=FILE"):
        parse_model(text)


def test_headings_are_unknown_where_the_condition_says_so() -> None:
    unknown = [name for name in CONDITION_NAMES if find_condition(name).heading == "unknown"]
    assert unknown == ["heading_unknown", "hard"]
    with pytest.raises(ConfigError, match="occluded50"):
        find_condition("foggy")
