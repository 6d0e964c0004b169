from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.training.street_samples import StreetSample, load_sample, render_samples, save_sample


def sample() -> StreetSample:
    rng = np.random.default_rng(0)
    shape = (6, 8)
    range_m = rng.uniform(1.0, 60.0, shape).astype(np.float32)
    range_m[0] = np.nan
    return StreetSample(
        rng.integers(0, 256, (*shape, 3), dtype=np.uint8), rng.integers(0, 8, shape, dtype=np.uint8), range_m,
        rng.choice(np.array([-1, 4, 70_000], np.int32), shape), rng.uniform(-1.0, 1.0, shape).astype(np.float32),
    )


def test_a_sample_comes_back_from_its_file(tmp_path: Path) -> None:
    made = sample()

    save_sample(made, tmp_path / "a.npz")
    read = load_sample(tmp_path / "a.npz")

    assert np.array_equal(read.image, made.image) and np.array_equal(read.label, made.label)
    assert read.range_m == pytest.approx(made.range_m, rel=1e-3, nan_ok=True)
    assert read.ground == pytest.approx(made.ground, abs=1e-3)
    # Numbers change, so that they fit in 16 bits; who is the same building does not.
    assert np.array_equal(read.building, np.select([made.building == 4, made.building == 70_000], [0, 1], -1))


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.npz").write_bytes(b"PK not really")
    with pytest.raises(DatasetError, match="no sample"):
        load_sample(tmp_path / "photo.npz")


def test_rendered_roads_lie_where_the_mount_has_the_ground(tiny_city: GeoMap, tmp_path: Path) -> None:
    pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
    render_samples([tiny_city], tmp_path, 2, 0)

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["000000.npz", "000001.npz"]
    for file in files:
        read = load_sample(file)
        assert {getattr(read, each.name).shape[:2] for each in fields(read)} == {read.label.shape}
        near = (read.label == 3) & (read.range_m < 6.0)
        # A tilt of 2 degrees moves what is 6 m away by a tenth.
        assert near.sum() > 100 and np.median(read.range_m[near] * read.ground[near]) == pytest.approx(1.0, abs=0.15)
