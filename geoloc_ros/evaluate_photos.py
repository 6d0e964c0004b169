"""The verb `photos evaluate`: how well, and at what cost, the places of a collection's queries are recognised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import geoloc_ros
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, PhotoSet
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float16, Int64
from geoloc_ros.datasets.photos.collection import load_collection
from geoloc_ros.evaluation.photos.costs import measure_costs
from geoloc_ros.evaluation.photos.found import find
from geoloc_ros.evaluation.photos.judged import PROTOCOLS, Protocol, judge_photos
from geoloc_ros.evaluation.photos.page.page import write_photo_page
from geoloc_ros.evaluation.photos.photo_evaluation import PhotoEvaluation
from geoloc_ros.evaluation.photos.photo_files import (
    PAGE_FILE,
    QUERIES_FILE,
    RESULTS_FILE,
    write_queries,
    write_results,
)
from geoloc_ros.evaluation.photos.recall import DEPTHS, Recall
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.evaluation.photos.second_look import SecondLook, compare_again, find_in_views
from geoloc_ros.index_photos import encode_photos
from geoloc_ros.vpr.encoder import NetworkPhotoEncoder, make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.search.build import build_search

SEED = 0
_TIMED_PHOTOS = 20
_NO_SECOND_LOOK = SecondLook()


@dataclass(frozen=True)
class PhotoEvaluationSummary:
    """The figures, and where they were written."""

    evaluation: PhotoEvaluation
    output: Path

    def as_text(self) -> str:
        """Tables for a terminal."""
        judged, costs = self.evaluation.judged, self.evaluation.costs
        lines = [_row(each) for each in judged.recalls]
        if judged.sequences:
            lines += ["sequences:", *(_row(each) for each in judged.sequences)]
        lines.append(
            f"{costs.dimension} numbers a photo, {costs.extraction_ms:.1f} ms to make them; {costs.search_ms:.2f} ms "
            f"to search {costs.photos} photos, {costs.search_mb:.1f} MB ({costs.search})"
        )
        if self.evaluation.problems:
            lines.append(f"{len(self.evaluation.problems)} photos left out; the page says why")
        return "\n".join([*lines, f"{self.output / PAGE_FILE}"])


@dataclass(frozen=True)
class _Database:
    """What is searched: rows, descriptors and search belong together."""

    photos: PhotoSet
    origin: GeoOrigin | None
    """Of the frame of the positions, where it is not that of the collection."""
    descriptors: Float16
    search: DescriptorSearch
    problems: tuple[PhotoProblem, ...]
    is_of_collection: bool
    """Encoded a moment ago."""


def evaluate_photos(
    source: str,
    output: Path,
    config: Config,
    index_path: Path | None,
    protocol: Protocol,
    second_look: SecondLook = _NO_SECOND_LOOK,
    progress: ProgressCallback = no_progress,
) -> PhotoEvaluationSummary:
    """Search the queries of a collection, and judge what is found; a collection without queries is searched for each of
    its own photos, which is no answer to itself.

    Args:
        source: As `load_collection` takes it.
        output: Folder for results.json, queries.csv and photos.html.
        config: Sections `photo` and `search` count.
        index_path: Of `geoloc photos index`, to search that; without it the database of the collection.
        protocol: Which queries are asked, and what is right.
        second_look: What follows the search.
        progress: Told how it goes.

    Raises:
        DatasetError: If the collection cannot be read, or too few of its photos, no query has a right photo, or
            `output` cannot be a folder.
        IndexMismatchError: If the index was made by another network.
        ArtifactError: If the index cannot be read.
        BackendError: If the network cannot be used.
    """
    _make_folder(output)
    encoder = make_photo_encoder(config.photo, config.inference.model_copy(update={"num_threads": 0}))
    collection = load_collection(source, progress=progress)
    if index_path is None:
        database = _encode_database(collection, encoder, config, progress)
    else:
        database = _read_index(index_path, encoder)
    if len(database.photos) < 2:
        raise DatasetError(f"{len(database.photos)} photo to search in; a search among fewer than 2 says nothing")
    retrieved, problems = _retrieve(collection, database, encoder, second_look, progress)
    judged = judge_photos(retrieved, protocol, SEED, progress)
    if judged.recalls[0].judged == 0:
        raise DatasetError(_why_unjudged(retrieved))
    images = [read_photo(retrieved.queries.path(row)) for row in range(min(_TIMED_PHOTOS, len(retrieved.queries)))]
    costs = measure_costs(encoder, encoder.metadata, images, database.search, retrieved.query_descriptors)
    evaluation = PhotoEvaluation(
        judged, costs, (*collection.problems, *database.problems, *problems), SEED,
        _told(source, index_path, str(encoder), retrieved, protocol, second_look),
    )  # fmt: skip
    write_results(evaluation, output / RESULTS_FILE)
    write_queries(judged, output / QUERIES_FILE)
    write_photo_page(evaluation, output / PAGE_FILE, progress)
    return PhotoEvaluationSummary(evaluation, output)


def parse_protocol(text: str) -> Protocol:
    """Raises ConfigError where there is no such protocol."""
    for protocol in PROTOCOLS:
        if text == protocol:
            return protocol
    raise ConfigError(f"there is no protocol '{text}'; use {' or '.join(PROTOCOLS)}")


def _make_folder(output: Path) -> None:
    """At once: not to be able to write is to be known before hours of work."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"cannot write to '{output}': {error.strerror}; choose another folder") from error


def _why_unjudged(retrieved: RetrievedPhotos) -> str:
    query, database = (photos.position_m.mean(axis=0) for photos in (retrieved.queries, retrieved.database))
    apart_km = float(np.hypot(*(query - database))) / 1000.0
    return (
        f"none of {len(retrieved.queries)} queries has a right photo among the {len(retrieved.database)} that are "
        f"searched (their middles are {apart_km:.1f} km apart); take photos or an index of the same places"
    )


def _encode_database(
    collection: PhotoCollection, encoder: NetworkPhotoEncoder, config: Config, progress: ProgressCallback
) -> _Database:
    rows, descriptors, problems = encode_photos(collection.database, encoder, progress)
    if not len(rows):
        raise DatasetError(f"none of {len(collection.database)} photos can be used; the first: {problems[0].reason}")
    search = build_search(descriptors, config.search, np.random.default_rng(SEED), progress)
    return _Database(collection.database.take(rows), None, descriptors, search, problems, True)


def _read_index(path: Path, encoder: NetworkPhotoEncoder) -> _Database:
    index = PhotoIndex.load(path)
    index.check_encoder(encoder)
    return _Database(index.photos, index.origin, index.descriptors, index.search, (), False)


def _retrieve(
    collection: PhotoCollection, database: _Database, encoder: NetworkPhotoEncoder, second_look: SecondLook,
    progress: ProgressCallback,
) -> tuple[RetrievedPhotos, tuple[PhotoProblem, ...]]:
    """What is found for the queries that can be used, and what is wrong with the others."""
    is_own = len(collection.queries) == 0
    asked, lost = _on(database.origin, collection.database if is_own else collection.queries)
    broken: tuple[PhotoProblem, ...] = ()
    if is_own and database.is_of_collection:
        queries, described = database.photos, np.asarray(database.descriptors, np.float32)
    else:
        rows, halves, broken = encode_photos(asked, encoder, progress)
        queries, described = asked.take(rows), halves.astype(np.float32)
    if not len(queries):
        raise DatasetError(f"no query can be used; the first: {(*lost, *broken)[0].reason}")
    own = _own_rows(queries, database.photos) if is_own else np.full(len(queries), -1, np.int64)
    if second_look.crops:
        found = find_in_views(database.search, encoder, queries, own, progress)
    else:
        found = find(database.search, described, own, progress)
    if second_look.rerank:
        found = compare_again(found, queries, database.photos, second_look.rerank, progress)
    return RetrievedPhotos(queries, database.photos, own, described, database.descriptors, found), (*lost, *broken)


def _on(origin: GeoOrigin | None, photos: PhotoSet) -> tuple[PhotoSet, tuple[PhotoProblem, ...]]:
    """Photos in the frame of an index, and those that cannot be put there; in their own where it has none."""
    if origin is None:
        return photos, ()
    is_known = np.isfinite(photos.geodetic_deg).all(axis=1)
    lost = tuple(
        PhotoProblem(photos.file[row], "has no latitude and longitude, and the index is on the earth")
        for row in np.flatnonzero(~is_known)
    )
    known = photos.take(np.flatnonzero(is_known).astype(np.int64))
    return replace(known, position_m=origin.to_map(*known.geodetic_deg.T)), lost


def _own_rows(queries: PhotoSet, database: PhotoSet) -> Int64:
    row_of = {database.path(row): row for row in range(len(database))}
    return np.array([row_of.get(queries.path(row), -1) for row in range(len(queries))], np.int64)


def _told(
    source: str, index_path: Path | None, encoder: str, retrieved: RetrievedPhotos, protocol: Protocol,
    second_look: SecondLook,
) -> tuple[tuple[str, str], ...]:
    itself = "; each query searched among the others of the same photos" if (retrieved.own >= 0).any() else ""
    return (
        ("collection", f"{source}: {len(retrieved.queries)} queries, {len(retrieved.database)} photos{itself}"),
        ("index", "made for this evaluation" if index_path is None else str(index_path)),
        ("network", encoder),
        ("protocol", protocol),
        ("second look", str(second_look)),
        ("geoloc_ros", geoloc_ros.__version__),
    )


def _row(recall: Recall) -> str:
    shares = "  ".join(
        f"R@{depth} {100.0 * share:5.1f} % [{100.0 * low:.1f}, {100.0 * high:.1f}]"
        for depth, share, (low, high) in zip(DEPTHS[:3], recall.share, recall.interval, strict=False)
    )
    counts = f"{recall.judged} of {recall.asked} judged"
    return f"{recall.name:20} {shares}  chance {100.0 * recall.chance[0]:.2g} %, {counts}"
