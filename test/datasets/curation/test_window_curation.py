"""Tables whose answer is known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.datasets.curation.frames import Fate
from geoloc_ros.datasets.curation.row_values import digest
from geoloc_ros.datasets.curation.window_curation import sun_day

from .drives import CONFIG, DAY_MS, along, curated, kept_places, ordered, straight

ROAD = np.arange(-100.0, 101.0, 5.0)  # 41 frames


def fates(*args: object, **kwargs: object) -> dict[Fate, int]:
    numbers, counts = np.unique(curated(*args, **kwargs).fate, return_counts=True)  # type: ignore[arg-type]
    return {Fate(int(number)): int(count) for number, count in zip(numbers, counts, strict=True)}


def test_two_users_on_one_street_on_two_dates_are_one_cluster_of_two_whole_sequences() -> None:
    window = curated(straight("a", 0, ROAD), straight("b", 1, ROAD, north_m=4.0))
    assert window.cluster.tolist() == [0] * 82
    assert window.sequence.tolist() == [0] * 41 + [1] * 41
    assert (window.fate == Fate.KEPT).all() and len(np.unique(window.date)) == 2


def test_on_one_date_they_are_none() -> None:
    assert fates(straight("a", 0, ROAD), straight("b", 0, ROAD, hour=2.0)) == {Fate.ONE_DATE: 82}


def test_opposite_directions_do_not_match_though_both_look_east() -> None:
    assert fates(straight("a", 0, ROAD), straight("b", 1, ROAD[::-1])) == {Fate.UNMATCHED: 82}


def test_opposite_views_do_not_match_though_both_drive_east() -> None:
    assert fates(straight("a", 0, ROAD), straight("b", 1, ROAD, view_deg=270.0)) == {Fate.UNMATCHED: 82}


@pytest.mark.parametrize(("turned_deg", "fate"), [(39.9, Fate.KEPT), (40.1, Fate.UNMATCHED)])
def test_views_match_up_to_forty_degrees(turned_deg: float, fate: Fate) -> None:
    assert fates(straight("a", 0, ROAD), straight("b", 1, ROAD, view_deg=90.0 + turned_deg)) == {fate: 82}


@pytest.mark.parametrize(("apart_m", "fate"), [(29.9, Fate.KEPT), (30.1, Fate.UNMATCHED)])
def test_streets_match_up_to_thirty_metres(apart_m: float, fate: Fate) -> None:
    assert fates(straight("a", 0, ROAD), straight("b", 1, ROAD, north_m=apart_m)) == {fate: 82}


def test_a_gap_of_31_metres_splits_and_one_of_29_does_not() -> None:
    west, east = np.arange(-60.0, 0.0, 5.0), np.arange(0.0, 56.0, 5.0)
    near, far = np.concatenate([west, east + 24.0]), np.concatenate([west, east + 26.0])  # -5 to 24, and to 26
    other = straight("b", 1, np.arange(-60.0, 90.0, 5.0))
    assert len(np.unique(curated(straight("a", 0, near), other).sequence)) == 2
    split = curated(straight("a", 0, far), other)
    # Both halves of a lie beside b, each with its own part of it.
    assert len(np.unique(split.cluster)) == 2 and len(np.unique(split.sequence)) == 4


def test_compasses_that_disagree_on_21_per_cent_drop_a_sequence_and_on_20_do_not() -> None:
    road = np.arange(-247.5, 247.6, 5.0)  # 100 frames
    for num_wrong, fate in ((20, Fate.KEPT), (21, Fate.COMPASS_DISAGREES)):
        drive = straight("a", 0, road)
        drive["computed_deg"][:num_wrong] += 31.0
        window = curated(drive, straight("b", 1, road))
        of_a = ordered(np.concatenate([drive, straight("b", 1, road)]))["user"] == digest("a")
        assert set(window.fate[of_a].tolist()) == {int(fate)}


def test_a_missing_computed_compass_agrees_with_nothing() -> None:
    drive = straight("a", 0, ROAD, computed_deg=float("nan"))
    assert fates(drive, straight("b", 1, ROAD)) == {Fate.COMPASS_DISAGREES: 41, Fate.UNMATCHED: 41}


def test_the_cluster_is_pruned_to_the_common_stretch() -> None:
    frames = [straight("a", 0, np.arange(-200.0, 51.0, 5.0)), straight("b", 1, np.arange(-52.5, 201.0, 5.0))]
    (sequences,) = kept_places(np.concatenate(frames), curated(*frames))
    # Within 30 m of the other's end there still is a frame of it.
    assert sorted(sequence[1:] for sequence in sequences) == [(-80.0, 50.0), (-52.5, 77.5)]


def test_a_third_sequence_on_half_of_the_street_takes_its_half_and_leaves_the_other() -> None:
    frames = [
        straight("a", 0, np.arange(-200.0, 201.0, 5.0)), straight("b", 1, np.arange(-200.0, 201.0, 5.0)),
        straight("c", 2, np.arange(0.0, 201.0, 5.0)),
    ]  # fmt: skip
    halves = kept_places(np.concatenate(frames), curated(*frames))
    assert sorted(len(sequences) for sequences in halves) == [2, 3]
    assert (curated(*frames).fate == Fate.KEPT).all()


@pytest.mark.parametrize("start_m", [-100.0, -18.0])
def test_what_is_left_on_either_side_of_a_cluster_is_two_clusters_though_its_ends_are_near(start_m: float) -> None:
    long, short = np.arange(start_m, 201.0, 2.0), np.arange(0.0, 5.0, 1.0)
    # Beside c, 29 m away, are the frames from -6 to 10 m; 20 m lie between -8 and 12.
    frames = [straight("a", 0, long), straight("b", 1, long), straight("c", 2, short, north_m=29.0)]
    found = kept_places(np.concatenate(frames), curated(*frames))
    spans = sorted({sequence[1:] for sequences in found for sequence in sequences})
    assert spans == [(start_m, -8.0), (-6.0, 10.0), (0.0, 4.0), (12.0, 200.0)]
    assert sorted(len(sequences) for sequences in found) == [2, 2, 3]


def test_a_sequence_that_would_leave_the_others_too_few_frames_is_not_added() -> None:
    short = straight("c", 2, np.arange(0.0, 5.0, 1.0), north_m=29.0)  # beside it are those at -5, 0, 5 and 10 m
    window = curated(straight("a", 0, ROAD), straight("b", 1, ROAD), short)
    assert np.bincount(window.fate)[[Fate.KEPT, Fate.UNCOMMON]].tolist() == [82, 5]
    assert len(np.unique(window.cluster)) == 1 and len(np.unique(window.sequence)) == 2


def test_skipped_frames_in_the_middle_come_back() -> None:
    frames = straight("a", 0, ROAD)
    frames["compass_deg"][20] = 150.0  # one frame that looked aside
    window = curated(frames, straight("b", 1, ROAD))
    assert (window.fate == Fate.KEPT).all() and len(np.unique(window.sequence)) == 2


def test_four_frames_are_too_few_and_five_are_enough() -> None:
    other = straight("b", 1, ROAD)
    assert Fate.KEPT not in fates(straight("a", 0, ROAD[:4]), other)
    assert fates(straight("a", 0, ROAD[:5]), other)[Fate.KEPT] > 5


def test_a_car_at_a_traffic_light_keeps_its_direction() -> None:
    waiting = np.concatenate([ROAD[:20], np.full(30, ROAD[20]), ROAD[21:]])
    assert (curated(straight("a", 0, waiting), straight("b", 1, ROAD)).fate == Fate.KEPT).all()


def test_a_parked_car_matches_nothing() -> None:
    assert fates(straight("a", 0, np.zeros(41)), straight("b", 1, ROAD)) == {Fate.UNMATCHED: 82}


def test_a_night_drive_over_midnight_of_utc_is_one_date_by_the_sun() -> None:
    # At 135.75 degrees east midnight of UTC is nine in the morning.
    before, after = np.array([19_000 * DAY_MS - 60_000, 19_000 * DAY_MS + 60_000])
    days = sun_day(np.array([before, after]), np.array([135.75, 135.75]))
    assert days[0] == days[1]


def test_a_stretch_that_was_driven_twice_in_one_drive_counts_as_two_sequences_of_a_cluster() -> None:
    loop = np.concatenate([
        [(x, 0.0) for x in ROAD], [(100.0, y) for y in np.arange(5.0, 100.0, 5.0)],
        [(x, 100.0) for x in ROAD[::-1]], [(-100.0, y) for y in np.arange(95.0, 0.0, -5.0)],
        [(x, 0.0) for x in ROAD],
    ])  # fmt: skip
    twice = along("a", 0, loop)
    window = curated(twice, straight("b", 1, ROAD))
    assert len(np.unique(window.cluster)) == 1 and len(np.unique(window.sequence)) == 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-220, 100), st.floats(30, 120), st.floats(-20, 20),
                          st.sampled_from([0.0, 90.0, 180.0, 300.0])), min_size=2, max_size=7))  # fmt: skip
def test_what_a_cluster_promises_holds(drives: list[tuple[int, float, float, float, float]]) -> None:
    frames = [
        straight(f"user{number}", day, np.arange(start, start + length, 4.0), north, view)
        for number, (day, start, length, north, view) in enumerate(drives)
    ]
    window = curated(*frames)
    kept = ordered(np.concatenate(frames))[window.rows]
    assert len(np.unique(window.rows)) == len(window.rows) == (window.fate == Fate.KEPT).sum()
    for cluster in np.unique(window.cluster):
        members = window.cluster == cluster
        assert len(np.unique(window.date[members])) >= CONFIG.min_dates
        assert len(np.unique(window.sequence[members])) >= 2
    for sequence in np.unique(window.sequence):
        rows = window.rows[window.sequence == sequence]
        assert len(rows) >= CONFIG.min_frames and (np.diff(rows) == 1).all()
        assert len(np.unique(kept["user"][window.sequence == sequence])) == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_far_frames_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends_m, norths_m = rng.uniform(-100, 0, 4), rng.uniform(-8, 8, 4)
    here = [straight(f"h{n}", n % 3, np.arange(-200.0, ends_m[n], 5.0), norths_m[n]) for n in range(4)]
    there = [straight(f"t{n}", n % 3, np.arange(50.0, rng.uniform(100, 200), 5.0), 200.0) for n in range(3)]
    alone, together = curated(*here), curated(*here, *there)
    both = ordered(np.concatenate([*here, *there]))
    of_here = np.isin(both["user"], np.unique(np.concatenate(here)["user"]))
    assert together.fate[of_here].tolist() == alone.fate.tolist()
    kept_here = [each for each in kept_places(np.concatenate([*here, *there]), together) if each[0][1] < 40.0]
    assert kept_here == kept_places(np.concatenate(here), alone)


def test_looser_limits_are_taken() -> None:
    config = CurationConfig(distance_m=50.0)
    drives = straight("a", 0, ROAD), straight("b", 1, ROAD, north_m=40.0)
    assert (curated(*drives, config=config).fate == Fate.KEPT).all()
