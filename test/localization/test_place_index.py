from pathlib import Path

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
def test_dissimilarities_are_the_squared_distances_of_brute_force(seed: int) -> None:
    index, encoder, signature = make_index(STREET, seed=seed)
    wanted = np.random.default_rng(seed + 1).normal(size=6)
    expected = np.sum((signature - wanted) ** 2, axis=1)
    assert index.dissimilarities(encoder.query(wanted)) == pytest.approx(expected, abs=0.1)


@given(st.integers(0, 1000), st.floats(-100.0, 100.0))
def test_an_offset_below_zero_changes_no_order(seed: int, offset: float) -> None:
    index, encoder, signature = make_index(STREET, seed=seed)
    query = encoder.query(signature[5])
    lower = query.copy()
    lower[-1] += offset  # its descriptor is 1
    plain, shifted = index.dissimilarities(query), index.dissimilarities(lower)
    assert shifted == pytest.approx(plain + offset, abs=1e-2)
    assert shifted.argmin() == plain.argmin() == 5


def test_what_was_saved_is_loaded(tee: RoadGraph, saved_index: Path) -> None:
    built, encoder, signature = make_index(tee)
    loaded = PlaceIndex.load(saved_index)
    assert np.array_equal(loaded.descriptors, built.descriptors)
    assert np.array_equal(loaded.places.poses(), built.places.poses())
    assert (loaded.encoder_id, loaded.config) == ("signature", {"made": "up"})
    assert loaded.geomap.origin == built.geomap.origin
    query = encoder.query(signature[3])
    assert np.array_equal(loaded.dissimilarities(query), built.dissimilarities(query))


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


def test_too_few_or_many_descriptors_are_refused(tee: RoadGraph) -> None:
    encoder, places = SignatureEncoder(6), places_of(tee)
    for count in (3, 121, 240):
        with pytest.raises(IndexMismatchError, match=f"{count} descriptors for 120 viewpoints"):
            PlaceIndex.build([np.zeros((count, 8), np.float32)], encoder, places, empty_map(tee), {})


def test_descriptors_of_another_dimension_are_refused(tee: RoadGraph) -> None:
    encoder, places = SignatureEncoder(6), places_of(tee)
    with pytest.raises(IndexMismatchError, match=r"shape \(3, 5\) for an encoder of 8-d"):
        PlaceIndex.build([np.zeros((3, 5), np.float32)], encoder, places, empty_map(tee), {})


def test_another_encoder_is_refused(tee: RoadGraph) -> None:
    index, encoder, _ = make_index(tee)
    index.check_encoder(encoder)
    with pytest.raises(IndexMismatchError, match=r"encoder 'signature' \(8-d\), this config makes 'other'.*build it"):
        index.check_encoder(SignatureEncoder(6, "other"))


def test_a_refused_encoder_is_told_what_the_index_was_made_with(tee: RoadGraph) -> None:
    index, encoder, _ = make_index(tee)
    index.config = {"descriptor": {"method": "learned", "model": "mine.onnx", "num_bins": 36}}
    with pytest.raises(IndexMismatchError, match=r"descriptor.method='learned', descriptor.model='mine.onnx'"):
        index.check_encoder(SignatureEncoder(6, "other"))


def test_numbers_that_are_no_halves_are_refused(tee: RoadGraph) -> None:
    encoder, places = SignatureEncoder(6), places_of(tee)
    large = np.full((len(places.viewpoint_place), 8), 7e4, np.float32)
    with pytest.raises(IndexMismatchError, match="'signature' makes numbers up to 7e\\+04, an index holds .* 65504"):
        PlaceIndex.build([large], encoder, places, empty_map(tee), {})


def test_a_query_of_another_dimension_is_refused(tee: RoadGraph) -> None:
    index, _, _ = make_index(tee)
    with pytest.raises(IndexMismatchError, match=r"shape \(5,\), the index holds 8-d"):
        index.dissimilarities(np.zeros(5, np.float32))


@pytest.mark.parametrize("name", ["descriptor.npy", "place.viewpoint_yaw_rad.npy", "building.vertices_m.npy"])
def test_a_flipped_byte_is_noticed(saved_index: Path, name: str) -> None:
    data = bytearray((saved_index / name).read_bytes())
    data[-3] ^= 1
    (saved_index / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=f"{name}' is missing or damaged"):
        PlaceIndex.load(saved_index)


def test_an_index_of_another_version_is_refused(saved_index: Path) -> None:
    manifest = saved_index / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 2', '"format_version": 99'))
    with pytest.raises(ArtifactError, match="format 99"):
        PlaceIndex.load(saved_index)


def test_descriptors_that_do_not_belong_to_the_places_are_refused(tmp_path: Path, tee: RoadGraph) -> None:
    index, _, _ = make_index(tee)
    for descriptors in (index.descriptors[:-1], index.descriptors.astype(np.float32)):
        index.descriptors = descriptors
        index.save(tmp_path / "strange.index")
        with pytest.raises(ArtifactError, match=r"its places want float16 \(120, 8\); build it again"):
            PlaceIndex.load(tmp_path / "strange.index")


def test_an_index_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nowhere.*build it with `geoloc index`"):
        PlaceIndex.load(tmp_path / "nowhere")


def test_some_viewpoints_are_as_dissimilar_as_among_all(tee: RoadGraph) -> None:
    index, encoder, signature = make_index(tee)
    query, around = encoder.query(signature[3]), np.array([2, 3, 4])
    assert index.dissimilarities_at(query, around) == pytest.approx(index.dissimilarities(query)[around], abs=1e-5)
    with pytest.raises(IndexMismatchError, match=r"shape \(5,\), the index holds 8-d"):
        index.dissimilarities_at(np.zeros(5, np.float32), around)
