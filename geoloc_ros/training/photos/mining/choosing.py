"""The ways to choose triplets, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.photos.mining.full_mining import FullMiner
from geoloc_ros.training.photos.mining.partial_mining import PartialMiner
from geoloc_ros.training.photos.mining.random_mining import RandomMiner
from geoloc_ros.training.photos.mining.rarity import RareFirst
from geoloc_ros.training.photos.mining.sub_cache import SubCacheMiner
from geoloc_ros.training.photos.mining.triplets import Miner, PlaceRelations
from geoloc_ros.training.photos.training_photos import TrainingPhotos

Mining = Literal["random", "full", "partial", "subcache"]
DEFAULT_MINING: Final[Mining] = "partial"


@dataclass(frozen=True)
class MiningSettings:
    """How triplets are chosen; the numbers are those of S5, of S2 for partial mining."""

    mining: Mining = DEFAULT_MINING
    num_negatives: int = 5
    pool: int = 1000
    """Photos that the negatives of a query are chosen among, besides those of last time."""
    sub_cache: int = 10_000
    """Queries of a sub-cache."""
    refresh_every: int = 1000
    """Steps."""
    partial_refresh_every: int = 250
    """Steps, with partial mining, which looks at fewer photos at once."""


def parse_mining(text: str) -> Mining:
    """Mining of its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if text not in get_args(Mining):
        raise ConfigError(f"mining '{text}' is not one of {', '.join(get_args(Mining))}")
    return cast(Mining, text)


def make_miner(training: TrainingPhotos, settings: MiningSettings) -> Miner:
    """The one of that name.

    Raises:
        DatasetError: No query has a photo of its place, or all photos lie in one place.
    """
    relations = PlaceRelations(training)
    queries = RareFirst(relations.query, training.photos.condition)
    count, pool, every = settings.num_negatives, settings.pool, settings.refresh_every
    if settings.mining == "random":
        return RandomMiner(relations, queries, count, every)
    if settings.mining == "full":
        return FullMiner(relations, queries, count, pool, every)
    if settings.mining == "partial":
        return PartialMiner(relations, queries, count, pool, settings.partial_refresh_every)
    num_queries = min(settings.sub_cache, len(relations.query))
    return SubCacheMiner(relations, queries, count, pool, num_queries, every)
