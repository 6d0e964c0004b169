from geoloc_ros.core.config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.localization.status import FixStatus

CONFIG = LocalizerConfig(
    fix_probability=0.9, lost_probability=0.5, fix_rank=0.01, degraded_rank=0.04, agreement_length_m=50.0
)


def trusted() -> FixStatus:
    status = FixStatus(CONFIG)
    status.trust("initial pose given")
    return status


def statuses(status: FixStatus, *probabilities: float, rank: float = 0.001) -> list[str]:
    return [status.update(probability, rank, 10.0)[0].name for probability in probabilities]


def test_a_fix_needs_much_belief_and_is_kept_with_less() -> None:
    seen = statuses(trusted(), 0.6, 0.91, 0.6, 0.51)
    assert seen == ["INITIALIZING", "INITIALIZED", "INITIALIZED", "INITIALIZED"]


def test_a_fix_that_is_lost_needs_much_belief_again() -> None:
    assert statuses(trusted(), 0.95, 0.4, 0.8, 0.95) == ["INITIALIZED", "LOST", "LOST", "INITIALIZED"]


def test_belief_alone_makes_no_fix_where_frames_look_unlike_the_pose() -> None:
    assert set(statuses(FixStatus(CONFIG), *[0.99] * 50, rank=0.03)) == {"INITIALIZING"}


def test_agreement_is_earned_by_driving() -> None:
    # 1 - exp(-d / 50) of -log(0.001) reaches -log(0.01) at two thirds: after 55 m.
    assert statuses(FixStatus(CONFIG), *[0.95] * 7).count("INITIALIZING") == 5


def test_standing_still_earns_nothing_and_degrades_nothing() -> None:
    fresh, fixed = FixStatus(CONFIG), trusted()
    assert {fresh.update(0.99, 0.0, 0.0)[0] for _ in range(100)} == {LocalizationStatus.INITIALIZING}
    assert {fixed.update(0.99, 0.9, 0.0)[0] for _ in range(100)} == {LocalizationStatus.INITIALIZED}


def test_a_fix_whose_frames_look_unlike_it_is_degraded_after_a_while() -> None:
    seen = statuses(trusted(), *[0.95] * 12, rank=0.3)
    assert seen[0] == "INITIALIZED" and seen[-1] == "DEGRADED" and "LOST" not in seen


def test_after_a_reset_it_says_why_it_has_no_fix() -> None:
    status = trusted()
    status.update(0.95, 0.001, 10.0)
    status.reset("stamps went back")
    state, reason = status.update(0.2, 0.001, 10.0)
    assert state is LocalizationStatus.INITIALIZING and "stamps went back" in reason
