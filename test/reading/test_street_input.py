import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.reading.street_input import ground_channel, input_size, ray_lengths

from ..scan.room import draw_room, mount

PANORAMA = Camera.equirectangular(360, 180)
PINHOLE = Camera.pinhole(320, 240, np.radians(90.0))


@pytest.mark.parametrize("camera", [PANORAMA, PINHOLE])
def test_it_is_one_over_the_range_to_the_ground(camera: Camera) -> None:
    base_from_camera = mount(1.5, roll=0.02, pitch=0.3, yaw=1.0)
    room = draw_room(camera, base_from_camera)
    floor = room.labels == 3

    ground = ground_channel(camera, base_from_camera)

    assert floor.sum() > 1000
    assert ground[floor] * (room.depth_m * ray_lengths(camera))[floor] == pytest.approx(1.0, abs=1e-4)


def test_it_is_negative_above_the_horizon_and_within_one() -> None:
    ground = ground_channel(PANORAMA, mount(0.5))

    assert (ground[:90] < 0.0).all() and (ground[90:] > 0.0).all()
    assert ground.min() == -1.0 and ground.max() == 1.0


def test_a_camera_that_is_not_above_the_ground_says_nothing() -> None:
    assert not ground_channel(PINHOLE, mount(0.0)).any()


def test_a_range_is_the_depth_times_the_length_of_the_ray() -> None:
    assert ray_lengths(PANORAMA) == pytest.approx(1.0, abs=1e-6)
    # The left border looks 45 degrees aside, half a pixel less.
    assert ray_lengths(PINHOLE)[120, 0] == pytest.approx(np.sqrt(2.0), abs=5e-3)


@pytest.mark.parametrize(
    ("camera", "size"),
    [
        (Camera.equirectangular(2048, 1024), (512, 1024)),
        (Camera.equirectangular(512, 160), (320, 1024)),
        (Camera.pinhole(640, 384, 1.0), (448, 768)),
        (Camera.pinhole(1242, 375, 1.4), (384, 1312)),
        (Camera.pinhole(1920, 1080, 1.4), (544, 960)),
        (Camera.pinhole(480, 360, 1.0), (448, 576)),
    ],
)
def test_panoramas_get_the_width_and_others_keep_their_size(camera: Camera, size: tuple[int, int]) -> None:
    assert input_size(camera, 1024) == size
