from dataclasses import replace

from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.localization.status import FixStatus, Verdict

CONFIG = LocalizerConfig()
GOOD = Verdict(probability=0.99, chance=1e-6, doubt=0.0, sigma_m=0.5)
UNSURE = replace(GOOD, probability=0.65)


def statuses(*verdicts: Verdict) -> list[str]:
    status = FixStatus(CONFIG)
    return [status.update(verdict)[0].name for verdict in verdicts]


def test_a_fix_is_hard_to_get_and_kept_with_less() -> None:
    assert statuses(UNSURE, GOOD, UNSURE, GOOD) == ["INITIALIZING", "INITIALIZED", "DEGRADED", "INITIALIZED"]


def test_a_fix_that_is_lost_needs_everything_again() -> None:
    elsewhere = replace(GOOD, probability=0.1)
    assert statuses(GOOD, elsewhere, UNSURE, GOOD) == ["INITIALIZED", "LOST", "LOST", "INITIALIZED"]


def test_each_doubt_alone_keeps_a_pose_from_being_a_fix() -> None:
    for bad in ({"probability": 0.5}, {"chance": 0.01}, {"doubt": 1.5}, {"sigma_m": 6.0}):
        assert statuses(replace(GOOD, **bad)) == ["INITIALIZING"], bad


def test_each_doubt_alone_degrades_a_fix_and_loses_it_when_grave() -> None:
    for mild, grave in (
        ({"probability": 0.6}, {"probability": 0.4}), ({"chance": 0.05}, {"chance": 0.5}),
        ({"doubt": 2.9}, {"doubt": 3.1}), ({"sigma_m": 10.0}, {"sigma_m": 20.0}),
    ):
        assert statuses(GOOD, replace(GOOD, **mild), replace(GOOD, **grave)) == ["INITIALIZED", "DEGRADED", "LOST"]


def test_what_trembles_about_one_limit_does_not_make_the_state_flicker() -> None:
    just_bad, just_good = replace(GOOD, chance=2e-3), replace(GOOD, chance=5e-4)
    assert set(statuses(just_good, *[just_bad, just_good] * 5)) == {"INITIALIZED"}
    worse = replace(GOOD, chance=0.02)
    assert statuses(just_good, worse, just_bad, just_bad, just_good)[1:] == ["DEGRADED"] * 3 + ["INITIALIZED"]


def test_it_says_why_a_fix_was_lost_until_there_is_one_again() -> None:
    status = FixStatus(CONFIG)
    status.update(GOOD)
    assert "seen from elsewhere" in status.update(replace(GOOD, doubt=9.0))[1]
    assert "seen from elsewhere" in status.update(UNSURE)[1]
    assert "seen from elsewhere" not in status.update(GOOD)[1]


def test_after_a_reset_there_was_never_a_fix_and_it_says_why() -> None:
    status = FixStatus(CONFIG)
    status.update(GOOD)
    status.reset("stamps went back")
    state, reason = status.update(UNSURE)
    assert state is LocalizationStatus.INITIALIZING and "stamps went back" in reason


def test_other_limits_hold_from_the_next_frame_on() -> None:
    status = FixStatus(CONFIG)
    status.update(UNSURE)
    status.configure(CONFIG.model_copy(update={"fix_probability": 0.6}))
    assert status.update(UNSURE)[0] is LocalizationStatus.INITIALIZED
