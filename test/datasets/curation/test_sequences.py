import numpy as np

from geoloc_ros.datasets.curation.frames import Fate, Frames
from geoloc_ros.datasets.curation.row_values import digest
from geoloc_ros.datasets.curation.sequences import Sequences, select_sequences

from .drives import CONFIG, ORIGIN, ordered, straight

ROAD = np.arange(0.0, 50.0, 5.0)


def select(frames: Frames) -> Sequences:
    position_m = ORIGIN.to_map(frames["latitude_deg"], frames["longitude_deg"])
    return select_sequences(frames, position_m, CONFIG)


def test_a_user_has_one_sequence_per_five_minutes_where_the_table_names_none() -> None:
    first, second, third = (straight("a", 0, ROAD, hour=minutes / 60.0) for minutes in (0.0, 2.0, 5.0))
    selected = select(ordered(np.concatenate([first, second, third])))
    # Back to the start within the slot is a jump of 45 m, so a stretch of its own.
    assert np.bincount(selected.part).tolist() == [10, 10, 10]
    joined = straight("a", 0, np.arange(0.0, 30.0, 5.0)), straight("a", 0, np.arange(30.0, 60.0, 5.0), hour=2 / 60)
    assert np.bincount(select(ordered(np.concatenate(joined))).part).tolist() == [12]


def test_of_two_named_sequences_that_begin_in_one_slot_the_longer_stays() -> None:
    long, short = straight("a", 0, ROAD), straight("a", 0, ROAD[:7], north_m=50.0, hour=1 / 60)
    long["sequence"], short["sequence"] = digest("zzz"), digest("aaa")
    frames = ordered(np.concatenate([long, short]))
    fate = select(frames).fate
    assert (fate[frames["sequence"] == digest("zzz")] == Fate.KEPT).all()
    assert (fate[frames["sequence"] == digest("aaa")] == Fate.SAME_SLOT).all()


def test_a_named_sequence_may_last_longer_than_a_slot() -> None:
    drive = straight("a", 0, np.arange(0.0, 200.0, 0.5))  # 400 s
    drive["sequence"] = digest("one")
    assert np.unique(select(drive).part).tolist() == [0]


def test_an_id_that_comes_twice_counts_once() -> None:
    drive = straight("a", 0, ROAD)
    frames = ordered(np.concatenate([drive, drive[3:5]]))
    assert (select(frames).fate == Fate.REPEATED).sum() == 2


def test_one_angle_of_360_degrees_drops_the_sequence() -> None:
    drive = straight("a", 0, ROAD)
    drive["compass_deg"][4] = 360.0
    assert (select(drive).fate == Fate.COMPASS_RANGE).all()


def test_compasses_agree_across_north() -> None:
    assert (select(straight("a", 0, ROAD, view_deg=350.0, computed_deg=19.0)).fate == Fate.KEPT).all()
    assert (select(straight("a", 0, ROAD, view_deg=350.0, computed_deg=21.0)).fate == Fate.COMPASS_DISAGREES).all()


def test_too_few_frames_between_gaps_are_dropped_and_the_rest_stays() -> None:
    drive = straight("a", 0, np.concatenate([ROAD, [100.0, 105.0], 150.0 + ROAD]))
    selected = select(drive)
    assert selected.fate.tolist() == [Fate.KEPT] * 10 + [Fate.SPLIT] * 2 + [Fate.KEPT] * 10
    assert selected.part.tolist() == [0] * 10 + [-1] * 2 + [1] * 10


def test_no_frames_are_no_sequences() -> None:
    assert len(select(straight("a", 0, ROAD)[:0]).part) == 0
