import numpy as np

from geoloc_ros.evaluation.landmarks.page.drawn_view import AGREES, DISAGREES, draw_labels, draw_landmarks

from ..landmark_views import NOWHERE, answer, shown_view


def test_landmarks_are_ringed_where_they_were_voted_for_and_by_whether_they_agree() -> None:
    """The first landmark lies at (17, 24) of 64 x 48 pixels: drawn 7.5 times as large."""
    image = draw_landmarks(shown_view(answer(0.0))).astype(int)
    assert image.shape == (360, 480, 3)

    def ringed(x: float, y: float, colour: tuple[int, int, int]) -> bool:
        row, column = round(7.5 * y), round(7.5 * x) + 5
        return bool(np.abs(image[row - 2 : row + 3, column - 2 : column + 3] - colour).sum(axis=-1).min() < 90)

    assert ringed(17.0, 24.0, AGREES) and ringed(47.0, 24.0, AGREES) and ringed(32.0, 33.0, DISAGREES)
    assert not ringed(10.0, 10.0, AGREES)
    lost = draw_landmarks(shown_view(NOWHERE)).astype(int)
    assert np.abs(lost - AGREES).sum(axis=-1).min() > 60, "nothing agrees with no pose"


def test_cells_without_a_landmark_stay_grey_and_others_get_colours() -> None:
    view = shown_view(NOWHERE)
    colours = draw_labels(view.label, view.image).astype(int)
    spread = colours.max(axis=-1) - colours.min(axis=-1)
    assert spread[:, :230].max() == 0 and spread[:, 250:].min() > 30
