import json
import logging
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from geoloc_ros.core.artifacts import MANIFEST, Artifact, read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError, ConfigError, IndexMismatchError
from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.photo_config import SearchConfig, SearchKind
from geoloc_ros.core.types import Float16
from geoloc_ros.vpr.search import build, files, kinds
from geoloc_ros.vpr.search.approximate import ApproximateSearch
from geoloc_ros.vpr.search.build import STAGE, build_search
from geoloc_ros.vpr.search.exact import ExactSearch
from geoloc_ros.vpr.search.files import SEARCH_FILE, add_search, read_search, search_metadata
from geoloc_ros.vpr.search.kinds import INDEX_KINDS, suitable_kind
from geoloc_ros.vpr.search.tuning import recall

from .places import make_places, seen_again

NUM_PLACES, DIMENSION = 10_000, 20
APPROXIMATE = [kind for kind in get_args(SearchKind) if kind not in ("auto", "exact")]


def built(places: Float16, **config: Any) -> DescriptorSearch:
    return build_search(places, SearchConfig(**config), np.random.default_rng(0))


@pytest.fixture(scope="module")
def places() -> Float16:
    return make_places(NUM_PLACES, DIMENSION)


@pytest.fixture(scope="module")
def searches(places: Float16) -> dict[str, DescriptorSearch]:
    """One of every approximate kind; the dimension is no multiple of anything that they need."""
    return {kind: built(places, kind=kind, recall=0.95) for kind in APPROXIMATE}


def saved(search: DescriptorSearch, path: Path) -> Artifact:
    with write_artifact(path, "photos", 1, search_metadata(search)) as writer:
        add_search(writer, search)
    return read_artifact(path, "photos", 1)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_the_recall_that_is_asked_is_reached_on_queries_it_was_not_tuned_for(
    kind: str, searches: dict[str, DescriptorSearch], places: Float16
) -> None:
    queries = seen_again(places, 200)
    expected, nearest = ExactSearch(places).search(queries, 10)
    similarity, rows = searches[kind].search(queries, 10)
    assert recall(rows, nearest) >= 0.93
    assert np.all(np.diff(similarity) <= 0.0) and np.all(similarity[:, 0] <= expected[:, 0] + 1e-5)
    found = np.einsum("qd,qkd->qk", queries, places[rows].astype(np.float32))
    assert similarity == pytest.approx(found, abs=1e-5), "similarities are exact, of whatever was found"


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_it_is_small_and_says_what_it_is(kind: str, searches: dict[str, DescriptorSearch], places: Float16) -> None:
    search = searches[kind]
    assert len(search) == NUM_PLACES and search.name.startswith(kind) and "candidates" in search.name
    assert 0 < search.num_bytes < (12 * places.nbytes if kind == "hnsw" else places.nbytes)


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("in_memory", [True, False])
def test_what_was_saved_finds_the_same_from_memory_and_from_its_file(
    kind: str, in_memory: bool, searches: dict[str, DescriptorSearch], places: Float16, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "fits_in_memory", lambda num_bytes: in_memory)
    artifact = saved(searches[kind], tmp_path / "photos")
    again = read_search(artifact, places, artifact.metadata)
    queries = seen_again(places, 20)
    assert again.name == searches[kind].name
    assert np.array_equal(again.search(queries, 30)[1], searches[kind].search(queries, 30)[1])


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_the_same_descriptors_give_the_same_index(
    kind: SearchKind, searches: dict[str, DescriptorSearch], places: Float16, tmp_path: Path
) -> None:
    one = saved(searches[kind], tmp_path / "one")
    other = saved(built(places, kind=kind, recall=0.95), tmp_path / "other")
    assert one.artifact_id == other.artifact_id


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_all_rows_can_be_asked_for_and_none(kind: str, searches: dict[str, DescriptorSearch], places: Float16) -> None:
    queries = seen_again(places, 2)
    rows = searches[kind].search(queries, 2 * NUM_PLACES)[1]
    assert rows.shape == (2, NUM_PLACES)
    for found in rows:
        assert len(set(found[found >= 0])) == np.sum(found >= 0) > NUM_PLACES // 100
    assert searches[kind].search(queries, 0)[0].shape == (2, 0)
    assert searches[kind].search(queries[:0], 5)[0].shape == (0, 5)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_queries_of_another_network_are_refused(kind: str, searches: dict[str, DescriptorSearch]) -> None:
    with pytest.raises(IndexMismatchError, match="20-d"):
        searches[kind].search(np.ones((1, 32), np.float32), 5)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_too_few_photos_are_refused_where_a_kind_is_asked_for(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"search.kind={kind} learns from \d+ photos or more, here are 100"):
        built(make_places(100, DIMENSION), kind=kind)


@pytest.mark.parametrize("count", [0, 1, 100])
@pytest.mark.parametrize("kind", ["auto", "exact"])
def test_few_photos_are_searched_exactly(count: int, kind: str) -> None:
    search = built(make_places(count, DIMENSION), kind=kind)
    assert search.name == "exact" and search.search(np.ones((1, DIMENSION), np.float32), 5)[1].shape[1] == min(count, 5)


def test_a_recall_that_cannot_be_reached_is_an_error_and_automatically_exact_search(
    places: Float16, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("ivfpq", "fastscan"):
        monkeypatch.setattr(type(INDEX_KINDS[kind]), "most_candidates", 10)
    with pytest.raises(ConfigError, match=r"search.kind=ivfpq finds 0\.\d+ of the 10 nearest at most"):
        built(places, kind="ivfpq")
    monkeypatch.setattr(build, "suitable_kind", lambda count, dimension, recall: "fastscan")
    with caplog.at_level(logging.WARNING):
        assert built(places, kind="auto").name == "exact"
    assert "search is exact instead" in caplog.text


def test_progress_goes_from_nothing_to_all(places: Float16) -> None:
    heard: list[tuple[str, float]] = []
    build_search(
        places, SearchConfig(kind="fastscan", recall=0.5), np.random.default_rng(0), lambda *now: heard.append(now)
    )
    ratios = [ratio for stage, ratio in heard if stage == STAGE]
    assert ratios == sorted(ratios) and ratios[0] == 0.0 and ratios[-1] == 1.0


def test_more_is_looked_at_where_more_shall_be_found(places: Float16) -> None:
    depths = []
    for asked in (0.5, 0.9, 0.99):
        search = built(places, kind="ivfpq", recall=asked)
        assert isinstance(search, ApproximateSearch)
        depths.append(search.depth.effort * search.depth.candidates)
    assert depths == sorted(depths) and depths[0] < depths[-1]


def test_automatically_small_sets_and_full_recall_are_exact_and_large_ones_fit_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert suitable_kind(100_000, 512, 0.98) == "exact"
    assert suitable_kind(1_000_000, 512, 1.0) == "exact"
    assert suitable_kind(1_000_000, 512, 0.98) == "fastscan"
    monkeypatch.setattr(kinds, "fits_in_memory", lambda num_bytes: num_bytes < 1_000_000 * 512 // 8)
    assert suitable_kind(1_000_000, 512, 0.98) == "ivfpq"


def test_an_index_of_other_descriptors_is_refused(
    searches: dict[str, DescriptorSearch], places: Float16, tmp_path: Path
) -> None:
    artifact = saved(searches["fastscan"], tmp_path / "photos")
    for others in (places[:-1], np.ascontiguousarray(np.repeat(places, 2, axis=1))):
        with pytest.raises(ArtifactError, match="its photos want"):
            read_search(artifact, others, artifact.metadata)
    with pytest.raises(ArtifactError, match="kind 'tree'"):
        read_search(artifact, places, {"kind": "tree"})


def test_a_damaged_index_is_one_line(searches: dict[str, DescriptorSearch], places: Float16, tmp_path: Path) -> None:
    artifact = saved(searches["hnsw"], tmp_path / "photos")
    file = artifact.path / SEARCH_FILE
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ArtifactError, match="damaged"):
        read_artifact(artifact.path, "photos", 1)
    with pytest.raises(ArtifactError, match="cannot be read as a search index"):
        read_search(artifact, places, artifact.metadata)


def test_exact_search_needs_no_file(tmp_path: Path) -> None:
    places = make_places(50, DIMENSION)
    artifact = saved(ExactSearch(places), tmp_path / "photos")
    assert json.loads((artifact.path / MANIFEST).read_text())["files"] == {}
    assert read_search(artifact, places, artifact.metadata).name == "exact"


def test_every_kind_has_the_name_it_is_asked_for_by() -> None:
    assert sorted(INDEX_KINDS) == sorted(APPROXIMATE)
