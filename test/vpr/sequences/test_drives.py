from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.types import Float64, Int32
from geoloc_ros.vpr.sequences.drives import track_drives
from geoloc_ros.vpr.sequences.evidence import rank_log_ratio
from geoloc_ros.vpr.sequences.tracker import ANY_STEP, JUMP

ONE_DRIVE = np.zeros(4, np.int32)
TWO_DRIVES = np.array([0, 0, 0, 5, 5, -1], np.int32)


def _chances(sequence: Int32, step: Float64) -> Float64:
    """How likely each photo (V, V) follows each, written down photo by photo."""
    count = len(sequence)
    chance = np.zeros((count, count))
    for start in range(count):
        drive = [row for row in range(count) if sequence[row] == sequence[start]] if sequence[start] >= 0 else [start]
        for passed, share in enumerate(step):
            end = drive.index(start) + passed
            if end < len(drive):
                chance[start, drive[end]] += (1.0 - JUMP) * share
        chance[start] += (1.0 - chance[start].sum()) / count
    return chance


def _enumerated(distance: Float64, sequence: Int32, at: int) -> Float64:
    """Probability (V,) at photo `at` of a drive, summed over every path there is."""
    chance, ratio = _chances(sequence, ANY_STEP), np.exp([rank_log_ratio(row.astype(np.float32)) for row in distance])
    total = np.zeros(len(sequence))
    for path in product(range(len(sequence)), repeat=len(distance)):
        weight = np.prod([ratio[number, photo] for number, photo in enumerate(path)])
        weight *= np.prod([chance[before, after] for before, after in zip(path, path[1:], strict=False)])
        total[path[at]] += weight
    return np.asarray(total / total.sum())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([ONE_DRIVE, TWO_DRIVES]), st.integers(1, 4))
def test_the_belief_is_the_sum_over_all_paths(seed: int, sequence: Int32, photos: int) -> None:
    distance = np.random.default_rng(seed).random((photos, len(sequence)))
    belief = track_drives(distance.astype(np.float32), np.zeros(photos, np.int32), sequence)
    assert belief[-1] == pytest.approx(_enumerated(distance, sequence, photos - 1))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([ONE_DRIVE, TWO_DRIVES]))
def test_waiting_for_later_photos_is_the_sum_over_all_paths_that_go_on(seed: int, sequence: Int32) -> None:
    distance = np.random.default_rng(seed).random((4, len(sequence)))
    belief = track_drives(distance.astype(np.float32), np.zeros(4, np.int32), sequence, lookahead=2)
    assert belief[1] == pytest.approx(_enumerated(distance, sequence, 1))
    assert belief[0] == pytest.approx(_enumerated(distance[:3], sequence, 0))


def test_drives_of_the_queries_know_nothing_of_each_other() -> None:
    distance = np.random.default_rng(1).random((4, 6)).astype(np.float32)
    both = track_drives(distance, np.array([0, 1, 0, -1], np.int32), TWO_DRIVES)
    assert (both[[0, 2]] == track_drives(distance[[0, 2]], np.zeros(2, np.int32), TWO_DRIVES)).all()
    assert (both[3] == track_drives(distance[3:], np.zeros(1, np.int32), TWO_DRIVES)[0]).all()
