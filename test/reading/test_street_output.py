import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32
from geoloc_ros.reading.street_output import cell_classes, number_pixels, spread_cells

NEAR, FAR = np.float32(1 / 10.0), np.float32(1 / 40.0)


def waves(seed: int, channels: int, height: int, width: int) -> Float32:
    coarse = np.random.default_rng(seed).normal(size=(channels, 5, 7)).astype(np.float32)
    return np.stack([cv2.resize(each, (width, height), interpolation=cv2.INTER_CUBIC) for each in coarse])


def one_hot(classes: np.ndarray) -> Float32:
    return (np.arange(8)[:, None, None] == classes).astype(np.float32)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 90), st.integers(1, 130))
def test_classes_are_those_of_logits_interpolated_and_then_compared(seed: int, height: int, width: int) -> None:
    logits = waves(seed, 8, 12, 21)
    plain = np.stack([cv2.resize(each, (width, height), interpolation=cv2.INTER_LINEAR) for each in logits])

    labels, _ = spread_cells(logits, np.ones((12, 21), np.float32), cell_classes(logits), height, width)

    ordered = np.sort(plain, axis=0)
    clear = ordered[-1] - ordered[-2] > 1e-4
    assert np.array_equal(cell_classes(logits), logits.argmax(axis=0))
    assert np.array_equal(labels[clear], plain.argmax(axis=0)[clear])


def test_depth_of_one_surface_is_interpolated_in_its_inverse() -> None:
    # All inverse depths are within the factor that makes a surface one.
    inverse = 0.1 + 0.001 * waves(0, 1, 12, 21)[0]
    plain = cv2.resize(inverse, (84, 48), interpolation=cv2.INTER_LINEAR)

    _, depth_m = spread_cells(one_hot(np.ones((12, 21))), inverse, np.ones((12, 21), np.uint8), 48, 84)

    assert depth_m == pytest.approx(1.0 / plain, rel=1e-4)


def test_a_wall_is_not_smeared_into_the_trees_beside_it() -> None:
    classes = np.full((8, 8), SemanticClass.BUILDING, np.uint8)
    classes[:, 4:] = SemanticClass.VEGETATION
    inverse = np.where(classes == SemanticClass.BUILDING, NEAR, FAR)

    labels, depth_m = spread_cells(one_hot(classes), inverse, classes, 32, 32)

    assert (labels[:, :16] == SemanticClass.BUILDING).all() and (labels[:, 16:] == SemanticClass.VEGETATION).all()
    assert depth_m[:, :16] == pytest.approx(10.0) and depth_m[:, 16:] == pytest.approx(40.0)


def test_nothing_lies_between_a_wall_and_the_wall_behind_it() -> None:
    classes = np.full((8, 8), SemanticClass.BUILDING, np.uint8)
    inverse = np.full((8, 8), NEAR)
    inverse[:, 4:] = FAR

    _, depth_m = spread_cells(one_hot(classes), inverse, classes, 32, 32)

    assert set(np.unique(depth_m.round(3))) == {10.0, 40.0}
    assert depth_m[:, :16] == pytest.approx(10.0) and depth_m[:, 16:] == pytest.approx(40.0)


def test_the_sky_has_no_depth() -> None:
    classes = np.full((4, 4), SemanticClass.SKY, np.uint8)
    _, depth_m = spread_cells(one_hot(classes), np.full((4, 4), NEAR), classes, 16, 16)
    assert np.isnan(depth_m).all()


def test_seams_are_cut_off() -> None:
    logits, inverse = waves(1, 8, 8, 20), np.exp(waves(2, 1, 8, 20)[0])
    with_seams = [np.concatenate([each[..., -3:], each, each[..., :3]], axis=-1) for each in (logits, inverse)]

    labels, depth_m = spread_cells(logits, inverse, cell_classes(logits), 32, 80)
    wide, wide_m = spread_cells(*with_seams, cell_classes(with_seams[0]), 32, 80, seam=3)

    # The outermost columns have a neighbour now.
    assert np.array_equal(wide[:, 2:-2], labels[:, 2:-2])
    assert wide_m[:, 2:-2] == pytest.approx(depth_m[:, 2:-2], rel=1e-4, nan_ok=True)
    assert not np.array_equal(wide, labels)


def test_pixels_of_buildings_get_the_number_of_their_sector() -> None:
    labels = np.array([[SemanticClass.BUILDING, SemanticClass.SKY, SemanticClass.BUILDING]], np.uint8)
    numbers = number_pixels(labels, np.array([[0, 1, 1]], np.uint16), np.array([7, 9], np.uint16))
    assert numbers.tolist() == [[7, 0, 9]]
