from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.core.photos import PhotoCollection, photo_set  # noqa: E402
from geoloc_ros.core.types import Float32, Float64, Int64  # noqa: E402
from geoloc_ros.training.photos.mining.choosing import (  # noqa: E402
    Mining,
    MiningSettings,
    make_miner,
    parse_mining,
)  # fmt: skip
from geoloc_ros.training.photos.mining.triplets import Miner  # noqa: E402
from geoloc_ros.training.photos.training_photos import TrainingPhotos, join_collections  # noqa: E402

PLACES = 50
ALL: tuple[Mining, ...] = ("random", "full", "partial", "subcache")
LOOKING: tuple[Mining, ...] = ("full", "partial", "subcache")


class Camera:
    """Descriptors as they might be: on a circle, and how many were asked for."""

    def __init__(self, angle_rad: Float64) -> None:
        self._angle_rad = angle_rad
        self.seen: list[int] = []

    def __call__(self, rows: Int64) -> Float32:
        self.seen += rows.tolist()
        return np.column_stack([np.cos(self._angle_rad[rows]), np.sin(self._angle_rad[rows])]).astype(np.float32)


def street(num_places: int = PLACES) -> TrainingPhotos:
    """Of place p, 100 m p away: photos 2 p and 2 p + 1 of the database, and query p."""
    place = np.repeat(np.arange(num_places), 2)
    database = np.column_stack([100.0 * place + np.tile([0.0, 5.0], num_places), 0.0 * place])
    queries = np.column_stack([100.0 * np.arange(num_places), np.ones(num_places)])
    sets = [photo_set("street", Path(), ("",) * len(each), each) for each in (database, queries)]
    return join_collections([PhotoCollection(sets[0], sets[1], ())])


def miner(mining: Mining, training: TrainingPhotos, sub_cache: int = 20) -> Miner:
    return make_miner(training, MiningSettings(mining, num_negatives=3, pool=400, sub_cache=sub_cache))


def place_of(rows: Int64, num_places: int = PLACES) -> Int64:
    return np.where(rows < 2 * num_places, rows // 2, rows - 2 * num_places)


@pytest.mark.parametrize("mining", ALL)
def test_positives_show_the_place_of_the_query_and_negatives_another(mining: Mining) -> None:
    rng = np.random.default_rng(0)
    found = miner(mining, street()).mine(Camera(rng.uniform(0.0, 6.0, 3 * PLACES)), 200, rng)
    assert found.query.shape == found.positive.shape == (200,) and found.negative.shape == (200, 3)
    assert np.array_equal(place_of(found.query), place_of(found.positive))
    assert not np.any(place_of(found.negative) == place_of(found.query)[:, None])


@pytest.mark.parametrize("mining", LOOKING)
def test_the_positive_most_alike_and_the_negatives_most_alike_are_chosen(mining: Mining) -> None:
    """On a quarter of a circle place after place: neighbours are the most alike, the second photo is off by a bit."""
    place = np.arange(PLACES)
    database = np.repeat(place, 2) + np.tile([0.0, 0.3], PLACES)
    camera = Camera(np.concatenate([database, place]) / PLACES * np.pi / 2.0)
    found = miner(mining, street(), sub_cache=2000).mine(camera, 100, np.random.default_rng(0))
    assert np.array_equal(found.positive, 2 * place_of(found.query))
    apart = np.abs(place_of(found.negative) - place_of(found.query)[:, None])
    # Of 400 drawn among 100 the nearest one or two may be missing.
    assert np.median(apart) <= 2.0 and apart.max() <= 4


def test_random_mining_looks_at_nothing_and_full_mining_at_all() -> None:
    for mining, seen in (("random", 0), ("full", 3 * PLACES)):
        camera = Camera(np.zeros(3 * PLACES))
        make_miner(street(), MiningSettings(parse_mining(mining), num_negatives=2)).mine(
            camera, 40, np.random.default_rng(0)
        )
        assert len(camera.seen) == seen


@pytest.mark.parametrize("num_places", [50, 500, 5000])
def test_a_sub_cache_looks_at_as_much_however_much_there_is(num_places: int) -> None:
    camera = Camera(np.zeros(3 * num_places))
    miner("subcache", street(num_places)).mine(camera, 100, np.random.default_rng(0))
    # Twenty queries with two positives each, less those drawn twice.
    assert 30 <= len(camera.seen) <= 60 and len(set(camera.seen)) == len(camera.seen)


@pytest.mark.parametrize("mining", ALL)
def test_rare_conditions_are_met_as_often_as_common_ones(mining: Mining) -> None:
    training = street(200)
    condition = tuple("night" if 400 <= row < 404 else "day" for row in range(600))
    made = make_miner(
        replace(training, photos=replace(training.photos, condition=condition)),
        MiningSettings(mining, num_negatives=2, pool=50, sub_cache=600),
    )
    found = made.mine(Camera(np.zeros(600)), 600, np.random.default_rng(0))
    # Three standard deviations of a binomial of 600 and a half are 37.
    assert abs(sum(condition[row] == "night" for row in found.query) - 300) < 37


@pytest.mark.parametrize("mining", ["full", "partial"])
def test_the_negatives_that_were_hardest_are_looked_at_again_also_after_a_pause(mining: Mining) -> None:
    training, camera = street(), Camera(np.random.default_rng(1).uniform(0.0, 6.0, 3 * PLACES))
    settings = MiningSettings(mining, num_negatives=3, pool=5)
    first = make_miner(training, settings)
    for seed in range(40):
        last = first.mine(camera, 100, np.random.default_rng(seed))
    resumed = make_miner(training, settings)
    resumed.remember(first.memory())
    again = resumed.mine(camera, 100, np.random.default_rng(99))
    assert np.array_equal(again.negative, first.mine(camera, 100, np.random.default_rng(99)).negative)
    # By now these are the nearest three of all there are.
    query = int(last.query[0])
    others = np.array([row for row in range(2 * PLACES) if row // 2 != query - 2 * PLACES])
    likeness = camera(others) @ camera(np.array([query]))[0]
    assert set(last.negative[0].tolist()) <= set(others[np.argsort(-likeness)[:6]].tolist())


def test_the_same_draws_give_the_same_triplets() -> None:
    angle_rad = np.random.default_rng(1).uniform(0.0, 6.0, 3 * PLACES)
    for mining in ALL:
        one, other = (miner(mining, street()).mine(Camera(angle_rad), 50, np.random.default_rng(5)) for _ in range(2))
        assert np.array_equal(one.query, other.query) and np.array_equal(one.negative, other.negative)


def test_unknown_mining_is_refused() -> None:
    with pytest.raises(ConfigError, match="mining 'some' is not one of random, full, partial, subcache"):
        parse_mining("some")
