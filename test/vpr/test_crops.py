from collections.abc import Sequence

import numpy as np
import pytest

from geoloc_ros.core.types import Float32, UInt8
from geoloc_ros.vpr.crops import nearest_views, search_views, views_of
from geoloc_ros.vpr.search.exact import ExactSearch


def test_views_are_the_whole_its_corners_and_its_middle() -> None:
    image = np.arange(8 * 12 * 3, dtype=np.uint8).reshape(8, 12, 3)
    whole, *parts = views_of(image)
    assert whole is image and {part.shape for part in parts} == {(6, 9, 3)}
    corners = [tuple(part[0, 0]) for part in parts]
    assert corners == [tuple(image[at]) for at in ((0, 0), (0, 3), (2, 0), (2, 3), (1, 1))]


def test_the_smallest_image_has_views() -> None:
    assert all(view.shape == (1, 1, 3) for view in views_of(np.zeros((1, 1, 3), np.uint8)))


def test_of_a_photo_that_several_views_found_the_nearest_counts() -> None:
    similarity = np.array([[0.9, 0.5, 0.2], [0.8, 0.6, 0.1]], np.float32)
    row = np.array([[4, 7, 1], [7, 2, 4]])
    best, rows = nearest_views(similarity, row)
    assert rows.tolist() == [4, 7, 2] and best == pytest.approx([0.9, 0.8, 0.6])


def test_what_was_not_found_comes_last() -> None:
    best, rows = nearest_views(np.array([[0.3, -np.inf], [0.2, -np.inf]], np.float32), np.array([[5, -1], [5, -1]]))
    assert rows.tolist() == [5, -1] and best[0] == pytest.approx(0.3) and np.isneginf(best[1])


class Brightest:
    """Descriptor: the angle that the largest value of an image stands for."""

    encoder_id, dimension = "brightest", 2

    def encode(self, images: Sequence[UInt8]) -> Float32:
        angle = np.array([image.max() / 255.0 for image in images])
        return np.stack((np.cos(angle), np.sin(angle)), axis=1).astype(np.float32)


def test_a_place_is_found_of_which_only_a_part_of_the_query_speaks() -> None:
    encoder = Brightest()
    places = encoder.encode([np.full((1, 1, 3), value, np.uint8) for value in (10, 100, 250)]).astype(np.float16)
    image = np.full((8, 8, 3), 100, np.uint8)
    image[0, 0] = 250  # which some of the parts do not show
    similarity, row = search_views(ExactSearch(places), encoder, [image], 2)
    assert set(row[0]) == {1, 2} and similarity[0] == pytest.approx([1.0, 1.0], abs=1e-3)
    assert ExactSearch(places).search(encoder.encode([image]), 1)[1].tolist() == [[2]]
