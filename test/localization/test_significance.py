import numpy as np
import pytest

from geoloc_ros.localization.significance import Significance, Witness

TELLING = Witness(nats=4.0, information=1.0)
NOTHING = Witness(nats=0.0, information=0.0)
AGAINST = Witness(nats=-1.0, information=1.0)


def test_nothing_speaks_for_a_place_at_first() -> None:
    assert Significance().chance == 1.0


def test_evidence_of_the_map_and_of_the_place_add_up() -> None:
    both, one = Significance(), Significance()
    both.add_map(TELLING)
    one.add_map(TELLING)
    both.add_frame(TELLING, 0.0, 100.0)
    assert both.chance < one.chance < 1.0
    assert np.log(both.chance) - np.log(one.chance) == pytest.approx(-(4.0 - 2.6) / 3.4)


def test_frames_that_say_nothing_change_nothing() -> None:
    significance = Significance()
    significance.add_map(TELLING)
    before = significance.chance
    for _ in range(100):
        significance.add_map(NOTHING)
        significance.add_frame(NOTHING, 0.0, 5.0)
    assert significance.chance == before and significance.doubt == 0.0


def test_frames_that_fit_no_better_than_look_alikes_earn_nothing() -> None:
    significance = Significance()
    for _ in range(100):
        significance.add_map(Witness(nats=0.9, information=1.0))
        significance.add_frame(Witness(nats=2.5, information=1.0), 0.0, 15.0)
    assert significance.chance == 1.0


def test_a_thousand_frames_of_one_facade_count_as_the_distance_driven() -> None:
    often, seldom = Significance(), Significance()
    for _ in range(1000):
        often.add_frame(TELLING, 0.0, 0.015)
    seldom.add_frame(TELLING, 4.0, 15.0)
    assert np.log(often.chance) == pytest.approx(np.log(seldom.chance))


def test_another_place_has_to_earn_its_own_evidence() -> None:
    significance = Significance()
    significance.add_frame(TELLING, 4.0, 15.0)
    significance.forget_place()
    assert significance.chance == 1.0


def test_doubt_grows_while_frames_look_unlike_the_place_and_is_dispelled() -> None:
    significance = Significance()
    for _ in range(3):
        significance.add_frame(AGAINST, -1.0, 15.0)
    assert significance.doubt == pytest.approx(3.0)
    significance.add_frame(TELLING, 4.0, 15.0)
    assert significance.doubt == 0.0
    significance.add_frame(AGAINST, -1.0, 15.0)
    significance.dispel_doubt()
    assert significance.doubt == 0.0


def test_a_long_good_past_does_not_outweigh_the_present_for_ever() -> None:
    long, short = Significance(), Significance()
    for _ in range(10_000):
        long.add_map(TELLING)
    for _ in range(100):
        short.add_map(TELLING)
    assert long.chance == short.chance > 0.0


def test_a_named_place_is_beyond_chance_and_beyond_doubt() -> None:
    significance = Significance()
    significance.add_frame(AGAINST, -1.0, 15.0)
    significance.vouch()
    assert significance.chance < 1e-4 and significance.doubt == 0.0


def test_walls_of_a_long_window_speak_for_a_place_until_there_is_another() -> None:
    significance = Significance()
    significance.set_walls(120.0, 0.7)
    assert significance.chance == 1.0
    significance.set_walls(220.0, 0.7)
    assert np.log(significance.chance) == pytest.approx(-30.0 / 3.4)
    significance.forget_place()
    assert significance.chance == 1.0


def test_walls_that_frames_bear_out_count_sooner_but_at_most_as_much_as_the_frames() -> None:
    significance = Significance()
    significance.add_frame(TELLING, 4.0, 100.0)  # 1.4 nats
    significance.set_walls(64.0, 0.7)
    assert np.log(significance.chance) == pytest.approx(-(1.4 + 0.3 * 4.0) / 3.4)
    significance.set_walls(100.0, 0.7)
    assert np.log(significance.chance) == pytest.approx(-2.0 * 1.4 / 3.4)


def test_walls_that_fit_little_of_what_is_seen_say_nothing() -> None:
    significance = Significance()
    significance.set_walls(300.0, 0.45)
    assert significance.chance == 1.0


def test_frames_without_walls_make_no_new_fix_and_keep_an_old_one() -> None:
    significance = Significance()
    for _ in range(100):
        significance.add_map(TELLING)
        significance.add_frame(TELLING, 4.0, 15.0)
    assert significance.chance == pytest.approx(np.exp(-(8.0 + 12.0) / 3.4)) and significance.chance > 1e-3
    significance.trust()
    assert significance.chance == pytest.approx(np.exp(-(8.0 + 40.0) / 3.4))
    significance.forget_place()
    assert significance.chance == pytest.approx(np.exp(-8.0 / 3.4))


def test_the_map_alone_makes_no_fix_and_a_named_place_does_not_vouch_for_another() -> None:
    significance = Significance()
    for _ in range(1000):
        significance.add_map(TELLING)
    assert significance.chance > 1e-3
    significance.vouch()
    significance.forget_place()
    assert significance.chance > 1e-3


def test_answers_of_others_along_a_path_make_a_fix_and_one_answer_however_sure_does_not() -> None:
    significance = Significance()
    significance.add_places(100.0, np.inf)
    assert np.log(significance.chance) == pytest.approx(-3.5 / 3.4)  # 4 nats at the most, less a toll of 0.5
    for _ in range(10):
        significance.add_places(5.0, 30.0)
    assert significance.chance < 1e-3


def test_answers_that_are_as_likely_anywhere_never_add_up() -> None:
    significance = Significance()
    for _ in range(1000):
        significance.add_places(0.4, 30.0)
    assert significance.chance == 1.0 and significance.doubt == 0.0


def test_answers_count_by_the_distance_driven_between_them() -> None:
    often, seldom = Significance(), Significance()
    for _ in range(10):
        often.add_places(3.0, 3.0)
    seldom.add_places(3.0, 30.0)
    assert np.log(often.chance) == pytest.approx(np.log(seldom.chance))


def test_answers_from_elsewhere_are_a_doubt_unless_the_scans_speak_for_the_place() -> None:
    by_photos, by_scans = Significance(), Significance()
    for significance in (by_photos, by_scans):
        for _ in range(10):
            significance.add_places(5.0, 30.0)
    for _ in range(10):
        by_scans.add_frame(TELLING, 4.0, 15.0)
    for significance in (by_photos, by_scans):
        for _ in range(2):
            significance.add_places(-2.3, 30.0)
    assert by_photos.doubt == pytest.approx(4.6) and by_scans.doubt == 0.0
    by_photos.dispel_doubt()
    assert by_photos.doubt == 0.0


def test_answers_of_others_speak_for_no_other_place() -> None:
    significance = Significance()
    for _ in range(10):
        significance.add_places(5.0, 30.0)
    significance.forget_place()
    assert significance.chance == 1.0
