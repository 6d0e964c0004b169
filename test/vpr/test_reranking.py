import cv2
import numpy as np
import pytest

from geoloc_ros.core.types import UInt8
from geoloc_ros.vpr.reranking import LocalFeatureReranker, reranked


def street(seed: int) -> UInt8:
    """A picture full of corners."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), 128, np.uint8)
    for _ in range(150):
        x, y, w, h = rng.integers(0, (320, 240, 40, 40))
        cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), rng.integers(0, 256, 3).tolist(), -1)
    return image


def from_aside(image: UInt8) -> UInt8:
    """The same wall from somewhere else."""
    corners = np.array([[0, 0], [320, 0], [320, 240], [0, 240]], np.float32)
    moved = corners + np.array([[12, 8], [-20, 4], [-6, -14], [9, -3]], np.float32)
    return np.asarray(cv2.warpPerspective(image, cv2.getPerspectiveTransform(corners, moved), (320, 240)), np.uint8)


def test_the_same_place_from_aside_agrees_more_than_others() -> None:
    reranker, here = LocalFeatureReranker(), street(0)
    others = [street(seed) for seed in range(1, 4)]
    agreement = reranker.agreement(from_aside(here), [*others, here])
    assert agreement[3] > 4.0 * agreement[:3].max()


def test_the_same_photos_agree_equally_each_time() -> None:
    here, there = street(0), from_aside(street(0))
    first, second = (LocalFeatureReranker().agreement(there, [here]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("blank", [np.zeros((240, 320, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)])
def test_a_photo_of_nothing_agrees_with_nothing(blank: UInt8) -> None:
    assert LocalFeatureReranker().agreement(street(0), [blank]).tolist() == [0.0]
    assert LocalFeatureReranker().agreement(blank, [street(0), street(0)]).tolist() == [0.0, 0.0]


def test_large_photos_are_compared_in_a_smaller_size() -> None:
    here = street(0)
    large = np.asarray(cv2.resize(here, (1280, 960), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert LocalFeatureReranker().agreement(large, [here])[0] > 50


def test_what_agrees_more_comes_first_and_the_rest_stays() -> None:
    rows = np.array([8, 3, 5, 9, 1])
    assert reranked(rows, np.array([2.0, 7.0, 2.0])).tolist() == [3, 8, 5, 9, 1]
    assert reranked(rows, np.zeros(0)).tolist() == rows.tolist()
