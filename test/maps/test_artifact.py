from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.artifacts import read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.maps.artifact import add_map, add_places, map_metadata, read_map, read_places
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places


def test_a_map_comes_back_as_it_went(tiny_city: GeoMap, tmp_path: Path) -> None:
    places = build_places(tiny_city.roads, 10.0)
    with write_artifact(tmp_path / "city", "test", 1, map_metadata(tiny_city)) as writer:
        add_map(writer, tiny_city)
        add_places(writer, places)
    artifact = read_artifact(tmp_path / "city", "test", 1)
    city = read_map(artifact)
    assert (city.origin, city.bounds_m, city.source) == (tiny_city.origin, tiny_city.bounds_m, tiny_city.source)
    assert np.array_equal(city.tree_m, tiny_city.tree_m)
    for before, after in (
        (tiny_city.buildings, city.buildings),
        (tiny_city.roads, city.roads),
        (places, read_places(artifact)),
    ):
        for field in fields(before):
            was, is_ = getattr(before, field.name), getattr(after, field.name)
            assert was.dtype == is_.dtype and np.array_equal(was, is_)


def test_a_manifest_without_a_map_is_refused(tmp_path: Path) -> None:
    with write_artifact(tmp_path / "other", "test", 1, {}) as writer:
        writer.add_array("tree_m", np.empty((0, 2)))
    with pytest.raises(ArtifactError, match="lacks its map"):
        read_map(read_artifact(tmp_path / "other", "test", 1))
