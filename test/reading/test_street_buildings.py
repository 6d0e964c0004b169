import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Pose3, UInt8, UInt16
from geoloc_ros.reading.street_buildings import look_round, number_sectors
from geoloc_ros.reading.street_output import Sectors, number_pixels

from ..scan.room import Images, draw_room, mount

PANORAMA, PINHOLE = Camera.equirectangular(1024, 512), Camera.pinhole(640, 480, np.radians(90.0))
NOTHING, HERE = -6.0, 6.0


def cells_of(pixels: UInt8 | UInt16 | Float32) -> UInt8 | UInt16 | Float32:
    return np.ascontiguousarray(pixels[2::4, 2::4])


def boundaries(images: Images) -> Float32:
    """Logits where two walls of the room meet in a cell."""
    walls = cells_of(images.instances)
    meet = np.zeros(walls.shape, bool)
    meet[:, :-1] = (walls[:, :-1] != walls[:, 1:]) & (walls[:, :-1] > 0) & (walls[:, 1:] > 0)
    meet[:, 1:] |= meet[:, :-1]
    return np.where(meet, HERE, NOTHING).astype(np.float32)


def numbers(images: Images, boundary: Float32, camera: Camera, base_from_camera: Pose3) -> UInt16:
    """Instances of the whole image."""
    sectors = look(camera, base_from_camera)
    inverse = np.nan_to_num(1.0 / cells_of(images.depth_m), nan=1e-3)
    number = number_sectors(cells_of(images.labels), inverse, boundary, sectors)
    return number_pixels(images.labels, sectors.of_pixel, number)


def look(camera: Camera, base_from_camera: Pose3) -> Sectors:
    return look_round(camera, base_from_camera, camera.height // 4, camera.width // 4, 0)


@pytest.mark.parametrize("yaw", [0.0, 1.0, 2.4])
def test_boundaries_tell_the_four_walls_of_a_room_apart(yaw: float) -> None:
    base_from_camera = mount(yaw=yaw)
    images = draw_room(PANORAMA, base_from_camera)

    found = numbers(images, boundaries(images), PANORAMA, base_from_camera)

    assert np.array_equal(found > 0, images.labels == SemanticClass.BUILDING)
    # Every wall is one number but for some columns beside its corners.
    assert len(np.unique(found)) == 5
    for wall in range(1, 5):
        assert np.bincount(found[images.instances == wall]).max() > 0.97 * (images.instances == wall).sum()


def test_boundaries_of_a_tilted_camera_stand_upright() -> None:
    base_from_camera = mount(roll=0.1, pitch=-0.2, yaw=0.8)
    images = draw_room(PINHOLE, base_from_camera)

    found = numbers(images, boundaries(images), PINHOLE, base_from_camera)

    walls = np.unique(images.instances[images.instances > 0])
    assert len(walls) == 2 and len(np.unique(found)) == 3
    for wall in walls:
        assert np.bincount(found[images.instances == wall]).max() > 0.97 * (images.instances == wall).sum()


def test_corners_of_one_house_are_no_boundaries() -> None:
    images = draw_room(PANORAMA, mount())
    found = numbers(images, np.full((128, 256), NOTHING, np.float32), PANORAMA, mount())
    assert set(np.unique(found)) == {0, 1}


def test_a_wall_along_the_street_is_one_house_though_its_range_runs_away() -> None:
    # 2.5 m to the left, 3 m higher than the camera; it ends 60 m ahead and behind.
    rays = PANORAMA.rays() @ mount().rotation.T.astype(np.float32)
    depth_m = np.where(rays[..., 1] > 2.5 / 60.0, 2.5 / np.maximum(rays[..., 1], 1e-3), np.nan).astype(np.float32)
    height_m = 2.0 + depth_m * rays[..., 2]
    is_wall = (height_m > 0.0) & (height_m < 5.0)
    labels = np.where(is_wall, SemanticClass.BUILDING, SemanticClass.SKY).astype(np.uint8)

    images = Images(labels, depth_m, np.zeros(labels.shape, np.uint16))
    found = numbers(images, np.full((128, 256), NOTHING, np.float32), PANORAMA, mount())

    assert is_wall[250].sum() > 450 and set(found[250, is_wall[250]]) == {1}


def test_a_house_behind_another_one_is_another_one() -> None:
    images = draw_room(PANORAMA, mount())
    # Ahead to the left, all is six tenths as far: the sides of that house hide behind its front.
    images.depth_m[:, 430:480] *= np.where(images.labels == SemanticClass.BUILDING, 0.6, 1.0)[:, 430:480]
    found = numbers(images, np.full((128, 256), NOTHING, np.float32), PANORAMA, mount())
    horizon = found[254]
    assert len(set(horizon[432:478])) == 1 and len(set(np.delete(horizon, slice(426, 484)))) == 1
    assert horizon[455] != horizon[0]


def test_a_lamp_post_does_not_divide_a_house_and_a_gap_does() -> None:
    for width, pieces in ((8, 1), (60, 2)):
        images = draw_room(PANORAMA, mount())
        images.labels[:, 500 : 500 + width] = SemanticClass.OTHER
        images.labels[:, :100] = SemanticClass.VEGETATION
        found = numbers(images, np.full((128, 256), NOTHING, np.float32), PANORAMA, mount())
        assert len(np.unique(found[254])) == 1 + pieces


def test_no_building_is_no_number() -> None:
    images = draw_room(PANORAMA, mount())
    images.labels[:] = SemanticClass.SKY
    assert not numbers(images, np.full((128, 256), HERE, np.float32), PANORAMA, mount()).any()


def test_sectors_are_as_wide_as_cells() -> None:
    assert look(PANORAMA, mount()).count == 256
    # In the middle of a pinhole of 90 degrees a cell is 4 / 320 rad wide; at its sides half as wide.
    assert 2 * np.pi * 320 / 4 <= look(PINHOLE, mount()).count <= 2 * 2 * np.pi * 320 / 4


def test_cells_of_the_seams_do_not_count() -> None:
    sectors = look_round(PANORAMA, mount(), 128, 272, 8)
    assert (sectors.of_cell[:, :8] == -1).all() and (sectors.of_cell[:, -8:] == -1).all()
    assert sectors.of_cell[64, 8:-8].tolist() == look(PANORAMA, mount()).of_cell[64].tolist()


def test_a_lens_that_lets_no_direction_through_has_sectors_all_the_same() -> None:
    assert look(Camera.pinhole(64, 48, 1.5, (-1e9, 0.0, 0.0, 0.0)), mount()).count >= 8
