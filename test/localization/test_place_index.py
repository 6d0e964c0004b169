from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ArtifactError, IndexMismatchError
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import SignatureEncoder, empty_map, make_index, places_of, road_graph

STREET = road_graph([(0.0, 0.0), (400.0, 0.0)], [(0, 1)])


@given(st.integers(0, 1000))
def test_distances_are_those_of_brute_force(seed: int) -> None:
    index, encoder, signature = make_index(STREET, seed=seed)
    wanted = np.random.default_rng(seed + 1).normal(size=6)
    expected = np.linalg.norm(signature - wanted, axis=1)
    assert index.distances(encoder.query(wanted)) == pytest.approx(expected, abs=2e-3)


def test_search_gives_the_nearest_first(tee: RoadGraph) -> None:
    index, encoder, signature = make_index(tee)
    query = encoder.query(signature[17] + 0.01)
    found = index.search(query, 5)
    assert found[0].viewpoint == 17
    assert [hypothesis.distance for hypothesis in found] == sorted(hypothesis.distance for hypothesis in found)
    assert [hypothesis.viewpoint for hypothesis in found] == np.argsort(index.distances(query))[:5].tolist()
    assert np.allclose(found[0].pose.as_array(), index.places.poses()[17])


def test_asking_for_more_than_there_is_gives_all(tee: RoadGraph) -> None:
    index, encoder, signature = make_index(tee)
    assert len(index.search(encoder.query(signature[0]), 10_000)) == len(index)


def test_what_was_saved_is_loaded(tee: RoadGraph, saved_index: Path) -> None:
    built, encoder, signature = make_index(tee)
    loaded = PlaceIndex.load(saved_index)
    assert np.array_equal(loaded.descriptors, built.descriptors)
    assert np.array_equal(loaded.places.poses(), built.places.poses())
    assert (loaded.encoder_id, loaded.config) == ("signature", {"made": "up"})
    assert loaded.geomap.origin == built.geomap.origin
    query = encoder.query(signature[3])
    assert np.array_equal(loaded.distances(query), built.distances(query))


def test_the_same_index_has_the_same_name_and_another_has_another(tmp_path: Path, tee: RoadGraph) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_index(tee, seed=seed)[0].save(tmp_path / name)
    first, second, third = (PlaceIndex.load(tmp_path / name).index_id for name in "abc")
    assert first == second != third


def test_chunks_arrive_in_the_order_of_the_viewpoints(tee: RoadGraph) -> None:
    whole, encoder, signature = make_index(tee)
    chunks = np.array_split(encoder.descriptors(signature), 7)
    pieces = PlaceIndex.build(iter(chunks), encoder, whole.places, whole.geomap, {})
    assert np.array_equal(pieces.descriptors, whole.descriptors)


def test_too_few_descriptors_are_refused(tee: RoadGraph) -> None:
    encoder, places = SignatureEncoder(6), places_of(tee)
    with pytest.raises(IndexMismatchError, match="3 descriptors for 120 viewpoints"):
        PlaceIndex.build([np.zeros((3, 8), np.float32)], encoder, places, empty_map(tee), {})


def test_descriptors_of_another_dimension_are_refused(tee: RoadGraph) -> None:
    encoder, places = SignatureEncoder(6), places_of(tee)
    with pytest.raises(IndexMismatchError, match=r"shape \(3, 5\) for an encoder of 8-d"):
        PlaceIndex.build([np.zeros((3, 5), np.float32)], encoder, places, empty_map(tee), {})


def test_another_encoder_is_refused(tee: RoadGraph) -> None:
    index, encoder, _ = make_index(tee)
    index.check_encoder(encoder)
    with pytest.raises(IndexMismatchError, match=r"made by encoder 'signature' \(8-d\), this config makes 'other'"):
        index.check_encoder(SignatureEncoder(6, "other"))


def test_a_query_of_another_dimension_is_refused(tee: RoadGraph) -> None:
    index, _, _ = make_index(tee)
    for ask in (index.distances, lambda query: index.search(query, 1)):
        with pytest.raises(IndexMismatchError, match=r"shape \(5,\), the index holds 8-d"):
            ask(np.zeros(5, np.float32))


@pytest.mark.parametrize("name", ["index.faiss", "place.viewpoint_yaw_rad.npy", "building.vertices_m.npy"])
def test_a_flipped_byte_is_noticed(saved_index: Path, name: str) -> None:
    data = bytearray((saved_index / name).read_bytes())
    data[-3] ^= 1
    (saved_index / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=f"{name}' is missing or damaged"):
        PlaceIndex.load(saved_index)


def test_an_index_of_another_version_is_refused(saved_index: Path) -> None:
    manifest = saved_index / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 1', '"format_version": 99'))
    with pytest.raises(ArtifactError, match="format 99"):
        PlaceIndex.load(saved_index)


def test_another_kind_of_faiss_index_is_refused(
    tmp_path: Path, tee: RoadGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, _, _ = make_index(tee)
    write = faiss.write_index
    monkeypatch.setattr(faiss, "write_index", lambda _, path: write(faiss.IndexFlatL2(8), path))
    index.save(tmp_path / "strange.index")
    with pytest.raises(ArtifactError, match="does not belong to the places"):
        PlaceIndex.load(tmp_path / "strange.index")


def test_an_index_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nowhere.*build it with `geoloc index`"):
        PlaceIndex.load(tmp_path / "nowhere")
