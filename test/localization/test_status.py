from geoloc_ros.core.config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.localization.status import FixStatus

CONFIG = LocalizerConfig(fix_probability=0.9, lost_probability=0.5, degraded_agreement=0.7)


def statuses(*probabilities: float, agreement: float = 1.0) -> list[str]:
    status = FixStatus(CONFIG)
    return [status.update(probability, agreement, 10.0)[0].name for probability in probabilities]


def test_a_fix_needs_much_belief_and_is_kept_with_less() -> None:
    assert statuses(0.6, 0.91, 0.6, 0.51) == ["INITIALIZING", "INITIALIZED", "INITIALIZED", "INITIALIZED"]


def test_a_fix_that_is_lost_needs_much_belief_again() -> None:
    assert statuses(0.95, 0.4, 0.8, 0.95) == ["INITIALIZED", "LOST", "LOST", "INITIALIZED"]


def test_a_fix_where_frames_look_unlike_the_map_is_degraded_after_a_while() -> None:
    seen = statuses(*[0.95] * 8, agreement=0.3)
    assert seen[0] == "INITIALIZED" and seen[-1] == "DEGRADED"


def test_standing_still_degrades_nothing() -> None:
    status = FixStatus(CONFIG)
    seen = {status.update(0.95, 0.0, 0.0)[0] for _ in range(100)}
    assert seen == {LocalizationStatus.INITIALIZED}


def test_after_a_reset_it_says_why_it_has_no_fix() -> None:
    status = FixStatus(CONFIG)
    status.update(0.95, 1.0, 10.0)
    status.reset("stamps went back")
    state, reason = status.update(0.2, 1.0, 10.0)
    assert state is LocalizationStatus.INITIALIZING and "stamps went back" in reason
