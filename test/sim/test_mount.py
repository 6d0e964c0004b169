import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.sim.mount import draw_mount
from geoloc_ros.sim.noise import LEVELS, CameraNoise


@given(seed=st.integers(0, 1000))
def test_a_camera_is_tilted_by_three_degrees_at_most_and_hangs_between_1_6_and_2_5_m(seed: int) -> None:
    mount = draw_mount(50, 5.0, LEVELS["paper"].camera, np.random.default_rng(seed))
    assert np.abs(mount.roll_pitch_yaw_rad[:, :2]).max() <= np.radians(3.0) + 1e-12
    assert 1.6 <= mount.height_m <= 2.5
    assert abs(mount.nominal.translation_m[2] - mount.height_m) < 0.3


def test_without_noise_the_camera_is_where_the_vehicle_thinks() -> None:
    mount = draw_mount(5, 5.0, CameraNoise(), np.random.default_rng(0))
    for frame in range(5):
        actual = mount.base_from_camera(frame)
        assert np.allclose(actual.rotation, mount.nominal.rotation)
        assert np.allclose(actual.translation_m, mount.nominal.translation_m)


def test_a_camera_looks_ahead_with_its_columns_to_the_right() -> None:
    nominal = draw_mount(1, 5.0, CameraNoise(), np.random.default_rng(0)).nominal
    height = nominal.translation_m
    assert np.allclose(nominal.apply(np.array([0.0, 0.0, 1.0])) - height, [1.0, 0.0, 0.0])
    assert np.allclose(nominal.apply(np.array([1.0, 0.0, 0.0])) - height, [0.0, -1.0, 0.0])
    assert np.allclose(nominal.apply(np.array([0.0, 1.0, 0.0])) - height, [0.0, 0.0, -1.0])
