from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geoloc_ros.maps.osm import load_map

if TYPE_CHECKING:
    from test.maps.conftest import OsmText


def test_single_trees_are_found(village: OsmText, tmp_path: Path) -> None:
    village.node((3.0, -4.0), natural="tree")
    village.node((5.0, -4.0), natural="spring")
    city = load_map(village.write(tmp_path / "map.osm"))
    where = city.origin.to_map(*(np.array([value]) for value in (35.0, 135.0)))[0]
    assert city.tree_m - where == pytest.approx(np.array([[3.0, -4.0]]), abs=0.02)


def test_a_row_of_40_m_has_six_trees(village: OsmText, tmp_path: Path) -> None:
    village.way([(-20.0, -5.0), (20.0, -5.0)], {"natural": "tree_row"})
    tree_m = load_map(village.write(tmp_path / "map.osm")).tree_m
    assert np.diff(tree_m[:, 0]) == pytest.approx([8.0] * (len(tree_m) - 1), abs=0.01)
    assert len(tree_m) in (5, 6)


def test_trees_outside_of_the_crop_are_gone(
    village: OsmText, tmp_path: Path, degrees: Callable[..., tuple[float, ...]]
) -> None:
    village.node((3.0, -4.0), natural="tree")
    village.node((45.0, -4.0), natural="tree")
    assert len(load_map(village.write(tmp_path / "map.osm"), degrees(-30.0, -20.0, 30.0, 30.0)).tree_m) == 1
