"""Symbols, runs and scores of rays, against sums written out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.localization.ray_likelihood import (
    NOTHING,
    NUM_BINS,
    NUM_DISTANCES,
    NUM_EDGE_KINDS,
    UNKNOWN_EDGE,
    RayTable,
    bins_of,
    edge_kinds_of,
    score_poses,
    symbols_of,
    weigh_rays,
)

NAN = np.nan


def _scan(range_m: list[float], instance: list[int], observed: list[bool] | None = None) -> SemanticScan:
    seen = np.ones(len(range_m), bool) if observed is None else np.array(observed)
    return SemanticScan(np.array(range_m, np.float32), np.array(instance, np.int32), seen)


def _batch(scan: SemanticScan) -> SemanticScan:
    return SemanticScan(scan.range_m[None], scan.instance[None], scan.observed[None])


def _agreeing(value: float = 1.0) -> RayTable:
    """A ray that shows what the map shows is worth `value`, any other -`value`; edges say nothing."""
    ranges = np.full((NUM_BINS + 1, NUM_BINS + 1), -value, np.float32)
    np.fill_diagonal(ranges, value)
    return RayTable(ranges, np.zeros((NUM_EDGE_KINDS, NUM_DISTANCES), np.float32))


def _random_scan(rng: np.random.Generator, num_rays: int) -> SemanticScan:
    range_m = rng.uniform(1.0, 99.0, num_rays).astype(np.float32)
    instance = np.sort(rng.integers(0, 4, num_rays)).astype(np.int32)
    nothing = rng.random(num_rays) < 0.3
    observed = rng.random(num_rays) < 0.7
    range_m[nothing], instance[nothing] = NAN, -1
    return SemanticScan(range_m, instance, observed)


def test_bins_are_an_eighth_of_a_natural_logarithm_wide() -> None:
    edges_m = 2.0 * np.exp(0.125 * np.arange(NUM_BINS - 1))
    assert bins_of((edges_m * 0.999).astype(np.float32)).tolist() == list(range(NUM_BINS - 1))
    assert bins_of((edges_m * 1.001).astype(np.float32)).tolist() == list(range(1, NUM_BINS))


def test_nothing_has_a_bin_of_its_own() -> None:
    assert bins_of(np.array([NAN, 0.0, 1e3], np.float32)).tolist() == [NOTHING, 0, NUM_BINS - 1]


def test_edges_are_known_where_both_rays_were_observed() -> None:
    scan = _scan([5, 5, 5, NAN, NAN, 7, 7], [1, 1, 2, -1, -1, 3, 1], [True] * 5 + [False, True])
    # Ray 0 follows ray 6, of the same building; ray 5 was not observed.
    assert edge_kinds_of(scan).tolist() == [0, 0, 1, 2, 0, UNKNOWN_EDGE, UNKNOWN_EDGE]


def test_symbols_hold_bin_and_distance_to_the_nearest_edge_round_the_circle() -> None:
    instance = [7] * 4 + [8] * 26
    symbol = symbols_of(_batch(_scan([20.0] * 30, instance)))[0]
    away = [min((k - edge) % 30, (edge - k) % 30) for k in range(30) for edge in (0, 4)]
    nearest = np.minimum(away[::2], away[1::2])
    assert (symbol % NUM_DISTANCES).tolist() == [[0, 1, 2, 3, 3, 4, 4, 4, 4, 5][min(gap, 9)] for gap in nearest]
    assert set(symbol // NUM_DISTANCES) == {int(bins_of(np.float32(20.0)))}


def test_without_edges_every_ray_is_far_from_them() -> None:
    symbol = symbols_of(_batch(_scan([NAN] * 12, [-1] * 12)))
    assert (symbol == NOTHING * NUM_DISTANCES + NUM_DISTANCES - 1).all()


@given(seed=st.integers(0, 2**32 - 1))
def test_symbols_have_the_bins_of_the_ranges(seed: int) -> None:
    scan = _random_scan(np.random.default_rng(seed), 40)
    bins = symbols_of(_batch(scan))[0].astype(int) // NUM_DISTANCES
    # The table of ranges is 3 cm fine: at an edge of bins it may say the other.
    assert (np.abs(bins - bins_of(scan.range_m)) <= 1).all()
    assert np.mean(bins == bins_of(scan.range_m)) > 0.8


@given(seed=st.integers(0, 2**32 - 1))
def test_a_score_is_the_bounded_sum_over_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    query, seen = _random_scan(rng, 24), [_random_scan(rng, 24) for _ in range(3)]
    table = RayTable(
        rng.normal(0.0, 1.0, (NUM_BINS + 1, NUM_BINS + 1)).astype(np.float32),
        rng.normal(0.0, 1.0, (NUM_EDGE_KINDS, NUM_DISTANCES)).astype(np.float32),
    )
    turns = np.array([0, 3, -2, 23, 5], np.int32)
    symbols = np.concatenate([symbols_of(_batch(scan)) for scan in seen])
    score = score_poses(weigh_rays(query, table, 0.5), symbols, turns, 0.7)
    expected = [[_score(query, table, symbol, int(turn)) for turn in turns] for symbol in symbols]
    np.testing.assert_allclose(score, expected, rtol=1e-4, atol=1e-4)


def _score(query: SemanticScan, table: RayTable, symbol: Float32, turn: int) -> float:
    """The same, ray by ray."""
    bins, kinds = bins_of(query.range_m), edge_kinds_of(query)
    runs: list[list[float]] = []
    last = None
    for ray in range(query.num_rays):
        shows = None if not query.observed[ray] else (int(query.instance[ray]))
        if shows is not None:
            cell = int(symbol[(ray + turn) % query.num_rays])
            value = float(table.range_log_ratio[bins[ray], cell // NUM_DISTANCES])
            if kinds[ray] != UNKNOWN_EDGE:
                value += float(table.edge_log_ratio[kinds[ray], cell % NUM_DISTANCES])
            if shows != last:
                runs.append([])
            runs[-1].append(value)
        last = shows
    return sum(max(sum(run) / len(run) ** 0.5, -0.7) for run in runs)


def test_a_turned_query_fits_at_its_turn() -> None:
    rng = np.random.default_rng(0)
    seen = SemanticScan(*(part[0] for part in vars(_batch(_random_scan(rng, 60))).values()))
    query = SemanticScan(np.roll(seen.range_m, -9), np.roll(seen.instance, -9), np.ones(60, bool))
    turns = np.arange(60, dtype=np.int32)
    score = score_poses(weigh_rays(query, _agreeing(), 0.0), symbols_of(_batch(seen)), turns, 1.0)
    assert score[0].argmax() == 9


def test_hidden_rays_say_nothing() -> None:
    query = _scan([10.0] * 8, [1] * 8, [False] * 8)
    symbols = symbols_of(_batch(_scan([50.0] * 8, [1] * 8)))
    assert score_poses(weigh_rays(query, _agreeing(), 0.5), symbols, np.zeros(1, np.int32), 0.7).tolist() == [[0.0]]


def test_a_scale_is_taken_out_of_the_ranges() -> None:
    seen = symbols_of(_batch(_scan([10.0] * 8, [1] * 8)))
    twice = _scan([20.0] * 8, [1] * 8)
    evidence = [weigh_rays(twice, _agreeing(), 0.0, scale) for scale in (1.0, 2.0)]
    score = [score_poses(each, seen, np.zeros(1, np.int32), 99.0) for each in evidence]
    assert [float(value[0, 0]) for value in score] == [-8.0, 8.0]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = _agreeing(0.5)
    table.save(tmp_path / "rays.npz")
    read = RayTable.load(tmp_path / "rays.npz")
    np.testing.assert_array_equal(read.range_log_ratio, table.range_log_ratio)
    np.testing.assert_array_equal(read.edge_log_ratio, table.edge_log_ratio)


@pytest.mark.parametrize("content", [b"", b"not a table"])
def test_a_broken_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rays.npz").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"rays\.npz"):
        RayTable.load(tmp_path / "rays.npz")


def test_a_table_of_another_size_is_refused(tmp_path: Path) -> None:
    RayTable(np.zeros((3, 3), np.float32), np.zeros((1, 1), np.float32)).save(tmp_path / "rays.npz")
    with pytest.raises(ArtifactError, match="another version"):
        RayTable.load(tmp_path / "rays.npz")
