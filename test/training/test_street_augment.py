from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.training.street_augment import (  # noqa: E402
    CropSettings,
    boundary_target,
    class_shares,
    make_example,
)
from geoloc_ros.training.street_samples import StreetSample  # noqa: E402

SMALL = CropSettings(width=64, height=32, ground_dropout=0.0)


def two_houses(height: int = 96, width: int = 160) -> StreetSample:
    """Left half a house 10 m away, right half another 20 m away; the ground channel tells them apart as well."""
    is_right = np.broadcast_to(np.arange(width) >= width // 2, (height, width))
    return StreetSample(
        image=np.where(is_right[..., None], np.uint8(200), np.uint8(50)).repeat(3, axis=2),
        label=np.full((height, width), SemanticClass.BUILDING, np.uint8),
        range_m=np.where(is_right, 20.0, 10.0).astype(np.float32),
        building=is_right.astype(np.int32),
        ground=np.where(is_right, -0.5, 0.5).astype(np.float32),
    )


def test_shares_of_a_cell_cut_in_half_are_halves() -> None:
    label = np.full((8, 8), SemanticClass.SKY, np.uint8)
    label[:, 2:4] = SemanticClass.ROAD
    label[:, 4:] = SemanticClass.UNLABELLED

    shares = class_shares(label)

    assert shares.shape == (8, 2, 2)
    np.testing.assert_allclose(shares[SemanticClass.SKY], [[0.5, 0.0]] * 2)
    np.testing.assert_allclose(shares[SemanticClass.ROAD], [[0.5, 0.0]] * 2)
    np.testing.assert_allclose(shares.sum(axis=0), [[1.0, 0.0]] * 2)


def test_a_boundary_lies_where_buildings_touch_and_one_cell_beside_is_left_open() -> None:
    building = np.zeros((24, 24), np.int32)
    building[:, 10:] = 1
    building[:, 22:] = -1  # the end of a building at the sky is none

    target = boundary_target(building)

    np.testing.assert_array_equal(target, [[0.0, np.nan, 1.0, np.nan, 0.0, 0.0]] * 6)


def test_what_belongs_together_stays_together() -> None:
    """Whatever is cut, zoomed and mirrored: the far house is bright, ten metres farther and has the lower ground."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        example = make_example(two_houses(), True, SMALL, rng)
        ground = example.image[3].reshape(8, 4, 16, 4).mean(axis=(1, 3))
        bright = example.image[0].reshape(8, 4, 16, 4).mean(axis=(1, 3))
        is_far, is_near = ground < -0.45, ground > 0.45
        known = np.isfinite(example.log_range)

        np.testing.assert_allclose(example.log_range[known & is_far], np.log(20.0), atol=1e-3)
        np.testing.assert_allclose(example.log_range[known & is_near], np.log(10.0), atol=1e-3)
        assert not known[(~is_far) & (~is_near)].all() or (is_far | is_near | known).any()
        if is_far.any() and is_near.any():
            assert bright[is_far].mean() > bright[is_near].mean()
            assert (example.boundary == 1.0).any()


def test_outside_of_the_image_nothing_is_known() -> None:
    wide = CropSettings(width=176, height=96, least_zoom=1.0, largest_zoom=1.0, ground_dropout=0.0)
    example = make_example(two_houses(), True, wide, np.random.default_rng(0))

    is_outside = example.classes.sum(axis=0) == 0.0
    assert is_outside.any() and np.isnan(example.log_range[is_outside]).all()


def test_photos_say_only_where_there_is_no_boundary() -> None:
    sample = two_houses()
    sample.label[:48] = SemanticClass.SKY
    example = make_example(sample, False, SMALL, np.random.default_rng(1))

    is_house = example.classes[SemanticClass.BUILDING] > 0.0
    assert np.isnan(example.boundary[is_house]).all() and (example.boundary[~is_house] == 0.0).all()


def test_without_a_mount_the_ground_channel_is_empty() -> None:
    blind = CropSettings(width=64, height=32, ground_dropout=1.0)
    assert not make_example(two_houses(), True, blind, np.random.default_rng(0)).image[3].any()
