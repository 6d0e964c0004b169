from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.sim.degrade import Degrader, SensedFrame
from geoloc_ros.sim.noise import LEVELS, ImageNoise
from geoloc_ros.sim.renderer import Frame

CAMERA = Camera.equirectangular(400, 100)
NUM_BUILDINGS = 40


def facades(depth_m: float = 20.0) -> Frame:
    """Forty buildings of ten columns, side by side all round: sky above, road below them."""
    row, column = np.mgrid[:100, :400]
    label = np.full((100, 400), SemanticClass.BUILDING, np.uint8)
    label[row < 20], label[row > 70] = SemanticClass.SKY, SemanticClass.ROAD
    building = np.where(label == SemanticClass.BUILDING, column // 10, -1).astype(np.int32)
    depth = np.where(label == SemanticClass.SKY, np.nan, depth_m).astype(np.float32)
    return Frame(np.full((100, 400, 3), 128, np.uint8), depth, label, building)


def sense(noise: ImageNoise, num_frames: int = 1, depth_m: float = 20.0, seed: int = 0) -> list[SensedFrame]:
    degrader = Degrader(noise, CAMERA, NUM_BUILDINGS, 5.0, np.random.default_rng(seed))
    return [degrader.sense(facades(depth_m)) for _ in range(num_frames)]


def test_without_noise_nothing_is_changed() -> None:
    (sensed,), truth = sense(ImageNoise()), facades()
    assert np.array_equal(sensed.rgb, truth.rgb)
    assert np.array_equal(sensed.depth_m, truth.depth_m, equal_nan=True)
    assert np.array_equal(sensed.label, truth.label)
    # Instances are numbered anew, from left to right.
    is_building = truth.building >= 0
    assert (sensed.instance[~is_building] == 0).all()
    assert np.array_equal(sensed.instance[is_building], 2 * truth.building[is_building] + 1)


def test_missed_buildings_are_as_many_as_asked_for_and_stay_missed_for_seconds() -> None:
    frames = sense(ImageNoise(missed_ratio=0.2), 200)
    seen = np.array([frame.label[50, 5::10] == SemanticClass.BUILDING for frame in frames])
    assert abs(1.0 - seen.mean() - 0.2) < 0.04
    changes = (seen[1:] != seen[:-1]).mean()
    assert 0.02 < changes < 0.12, "independent frames would change in 32 of 100 cases"
    missed = frames[0].label[50][~np.repeat(seen[0], 10)]
    assert set(missed) <= {SemanticClass.OTHER, SemanticClass.VEGETATION, SemanticClass.ROAD}
    assert (frames[0].instance[50][~np.repeat(seen[0], 10)] == 0).all()


def test_the_asked_share_of_what_is_missed_reads_as_sky_and_road() -> None:
    for ratio in (0.0, 0.3, 1.0):
        frames = sense(ImageNoise(missed_ratio=0.5, read_open_ratio=ratio), 60)
        # Above the horizon, which is at row 50, and below it.
        for row, open_class in ((30, SemanticClass.SKY), (65, SemanticClass.ROAD)):
            labels = np.array([frame.label[row, 5::10] for frame in frames])
            missed = labels != SemanticClass.BUILDING
            assert abs((labels[missed] == open_class).mean() - ratio) < 0.06


def test_a_missed_building_keeps_its_depth() -> None:
    (sensed,) = sense(ImageNoise(missed_ratio=0.5))
    assert (sensed.depth_m[50] == 20.0).all()


def test_depth_errs_by_building_and_by_pixel() -> None:
    frames = sense(ImageNoise(depth_building_ratio=0.1), 60)
    of_building = np.log(np.array([frame.depth_m[20:70] / 20.0 for frame in frames])).reshape(60, 50, 40, 10)
    assert abs(of_building.std() - 0.1) < 0.015
    assert of_building.std(axis=(1, 3)).max() < 1e-3, "one factor for a whole building"
    (sensed,) = sense(ImageNoise(depth_pixel_ratio=0.05))
    assert abs(np.log(sensed.depth_m[20:] / 20.0).std() - 0.05) < 0.002


def test_depth_is_lost_far_away_and_beyond_its_limit() -> None:
    noise = ImageNoise(dropout_at_100m=0.5, depth_limit_m=120.0)
    lost = {
        depth_m: np.mean([np.isnan(frame.depth_m[20:]).mean() for frame in sense(noise, 20, depth_m)])
        for depth_m in (10.0, 50.0, 100.0, 130.0)
    }
    assert lost[10.0] < 0.02
    assert abs(lost[50.0] - 0.125) < 0.04
    assert abs(lost[100.0] - 0.5) < 0.05
    assert lost[130.0] == 1.0


def test_a_wrong_scale_holds_for_a_whole_drive() -> None:
    noise = ImageNoise(depth_scale_limit=2.0)
    scales = []
    for seed in range(30):
        frames = sense(noise, 2, seed=seed)
        assert np.nanmax(frames[0].depth_m) == np.nanmax(frames[1].depth_m)
        scales.append(float(np.nanmax(frames[0].depth_m)) / 20.0)
    assert 0.5 <= min(scales) < 0.7
    assert 1.4 < max(scales) <= 2.0


@pytest.mark.parametrize(
    ("noise", "low", "high"),
    [(ImageNoise(merged_ratio=0.25), 26, 34), (ImageNoise(split_ratio=0.25), 46, 54)],
)
def test_merging_leaves_fewer_instances_and_splitting_more(noise: ImageNoise, low: int, high: int) -> None:
    counts = [len(np.unique(frame.instance)) - 1 for frame in sense(noise, 100)]
    assert low < np.mean(counts) < high


def test_merged_instances_are_neighbours() -> None:
    (sensed,) = sense(ImageNoise(merged_ratio=0.4))
    row = sensed.instance[50].astype(int)
    assert (np.diff(row) >= 0).all()


def test_label_borders_are_a_pixel_or_so_off() -> None:
    (sensed,), truth = sense(ImageNoise(border_px=1.0)), facades()
    wrong = sensed.label != truth.label
    # At 400 pixels of a turn, the deviation is 0.8 pixels, on both borders of the façades.
    assert 0.3 < wrong.sum() / (2 * 400) < 1.2
    assert not wrong[[5, 45, 95]].any()


def test_hard_noise_hides_half_of_the_horizon_behind_vehicles() -> None:
    frames = sense(LEVELS["hard"].image, 50)
    hidden = [(frame.label[50] == SemanticClass.VEHICLE).mean() for frame in frames]
    assert 0.35 < np.mean(hidden) < 0.65


def test_the_same_seed_gives_the_same_frames() -> None:
    noise = LEVELS["paper"].image
    for one, same in zip(sense(noise, 3, seed=7), sense(noise, 3, seed=7), strict=True):
        assert np.array_equal(one.depth_m, same.depth_m, equal_nan=True)
        assert np.array_equal(one.label, same.label)
        assert np.array_equal(one.rgb, same.rgb)
    other = sense(replace(noise), 1, seed=8)[0]
    assert not np.array_equal(sense(noise, 1, seed=7)[0].label, other.label)


def test_buildings_apart_from_each_other_are_never_merged() -> None:
    truth = facades()
    gap = (np.arange(400) % 10 > 7) & np.ones((100, 1), dtype=bool)
    apart = replace(truth, building=np.where(gap, -1, truth.building).astype(np.int32))
    degrader = Degrader(ImageNoise(merged_ratio=0.9), CAMERA, NUM_BUILDINGS, 5.0, np.random.default_rng(0))
    assert len(np.unique(degrader.sense(apart).instance)) == NUM_BUILDINGS + 1
    assert len(np.unique(degrader.sense(truth).instance)) < NUM_BUILDINGS / 2
