import numpy as np
import pytest

from geoloc_ros.vpr.confidence import UNTRIED, Confidence, Trial, learn_confidence, standard_likeness

# No image is believed to be of what the index knows by more than this.
KNOWN = 0.7


def trials(right: float, wrong: float, count: int, rng: np.random.Generator) -> list[Trial]:
    """As many photos whose place is there, among nine wrong ones, as photos whose place is not."""
    made = []
    for _ in range(count):
        others = np.sort(rng.normal(wrong, 0.5, 9))[::-1]
        likeness = np.append(rng.normal(right, 0.5), others)
        order = np.argsort(-likeness)
        made += [Trial(likeness[order], int(np.flatnonzero(order == 0)[0])), Trial(others, -1)]
    return made


def test_probabilities_leave_a_share_for_none_of_them() -> None:
    probability = Confidence(2.0, 6.0, 10.0, 100).probabilities(np.array([3.0, 0.0]))
    assert probability == pytest.approx(KNOWN * np.exp([6.0, 0.0]) / (np.exp(6.0) * 2.0 + 1.0))


def test_two_images_have_twice_the_chance_to_look_like_a_wrong_place() -> None:
    one, two = (Confidence(2.0, 6.0, 10.0, 100).probabilities(np.array([3.0]), queries)[0] for queries in (1, 2))
    assert (one, two) == (pytest.approx(KNOWN / 2.0), pytest.approx(KNOWN / 3.0))


def test_no_candidates_have_no_probability() -> None:
    assert UNTRIED.probabilities(np.empty(0)).shape == (0,)


def test_likeness_is_counted_in_spreads_of_what_any_photo_looks_like() -> None:
    decoys = np.array([0.1, 0.3], np.float32)  # 0.2 +- 0.1
    likeness = standard_likeness(np.array([0.5], np.float32), decoys)
    assert likeness == pytest.approx([3.0], rel=1e-4)


def test_what_is_learnt_is_right_as_often_as_it_says() -> None:
    confidence = learn_confidence(trials(5.0, 3.5, 400, np.random.default_rng(0)), 10.0)
    said, was = [], []
    for trial in trials(5.0, 3.5, 400, np.random.default_rng(1)):
        probability = confidence.probabilities(trial.likeness) / KNOWN
        said.append(float(probability.sum()))
        was.append(trial.right >= 0)
        assert 0.0 <= said[-1] <= 1.0
    sure = np.array(said) > 0.8
    assert sure.any() and np.mean(np.array(was)[sure]) == pytest.approx(np.mean(np.array(said)[sure]), abs=0.1)
    assert np.mean(said) == pytest.approx(np.mean(was), abs=0.05)


def test_the_better_places_are_told_apart_the_surer_a_photo_can_be() -> None:
    rng = np.random.default_rng(0)
    clear, vague = (learn_confidence(trials(right, 3.0, 200, rng), 10.0) for right in (8.0, 3.3))
    right, wrong = np.array([8.0, 3.0]), np.array([3.3, 3.0])
    assert clear.probabilities(right)[0] > 0.95 * KNOWN
    assert vague.probabilities(wrong)[0] < 0.5


@pytest.mark.parametrize("few", [[], [Trial(np.array([3.0]), 0)] * 100, [Trial(np.array([3.0]), -1)] * 100])
def test_who_has_learnt_nothing_is_careful(few: list[Trial]) -> None:
    assert learn_confidence(few, 3.0) is UNTRIED and UNTRIED.probabilities(np.array([4.0]))[0] < 0.2
