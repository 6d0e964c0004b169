"""A lidar point lies where its colour is, in both forms of a drive."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.kitti import CAMERA_HEIGHT_M, KittiDrive, KittiFrame

# The lidar looks along x, its y is left, its z up; it sits 0.5 m behind and 0.1 m above the camera.
CAMERA_FROM_LIDAR = np.array([[0.0, -1, 0, 0], [0, 0, -1, -0.1], [1, 0, 0, 0.5], [0, 0, 0, 1]])
MATRIX = np.array([[100.0, 0, 49.5], [0, 100, 19.5], [0, 0, 1]])
TURN_RAD = 0.1
RECTIFICATION = np.array(
    [[np.cos(TURN_RAD), 0, np.sin(TURN_RAD)], [0, 1, 0], [-np.sin(TURN_RAD), 0, np.cos(TURN_RAD)]]
)
POINT_M = np.array([[8.0, 1.0, 0.5]])
WIDTH, HEIGHT = 100, 40


def small_drive(folder: Path) -> Path:
    for name in ("images", "lidar"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "0001.jpg"), np.full((HEIGHT, WIDTH, 3), (0, 0, 200), np.uint8))
    np.savez(folder / "lidar" / "0001.npz", xyz_cm=np.round(POINT_M * 100).astype(np.int16))
    (folder / "calibration.json").write_text(json.dumps({
        "image_size_px": [WIDTH, HEIGHT], "camera_matrix": MATRIX.tolist(), "rectification": RECTIFICATION.tolist(),
        "camera_from_lidar": CAMERA_FROM_LIDAR.tolist(),
    }))
    return folder


def raw_drive(folder: Path, aside_m: float = 0.0) -> Path:
    drive = folder / "2011_09_26_drive_0001_sync"
    for name in ("image_02/data", "velodyne_points/data"):
        (drive / name).mkdir(parents=True)
    cv2.imwrite(str(drive / "image_02/data/0001.png"), np.full((HEIGHT, WIDTH, 3), (0, 0, 200), np.uint8))
    np.append(POINT_M[0], 0.7).astype("<f4").tofile(drive / "velodyne_points/data/0001.bin")
    projection = MATRIX @ np.column_stack([np.eye(3), [aside_m, 0, 0]])

    def line(name: str, values: Float64) -> str:
        return f"{name}: {' '.join(map(str, values.ravel()))}\n"

    (folder / "calib_cam_to_cam.txt").write_text(
        "calib_time: 09-Jan-2012 13:57:47\n" + line("S_rect_02", np.array([WIDTH, HEIGHT], float))
        + line("R_rect_00", RECTIFICATION) + line("P_rect_02", projection)
    )
    (folder / "calib_velo_to_cam.txt").write_text(
        line("R", CAMERA_FROM_LIDAR[:3, :3]) + line("T", CAMERA_FROM_LIDAR[:3, 3])
    )
    return drive


def pixel(drive: KittiDrive, frame: KittiFrame) -> Float64:
    """Of the only point, counted from the centre of the first pixel as KITTI does."""
    x, y, z = frame.points_m[0]
    camera = drive.camera
    return np.array([x / z * camera.fx + camera.cx, y / z * camera.fy + camera.cy]) - 0.5


def published_pixel(aside_m: float = 0.0) -> Float64:
    """pixel = K (R (T x) + aside), word by word."""
    point = MATRIX @ (RECTIFICATION @ (CAMERA_FROM_LIDAR @ np.append(POINT_M[0], 1.0))[:3] + [aside_m, 0, 0])
    return np.asarray(point[:2] / point[2])


def test_a_point_of_the_small_form_lies_where_its_note_says(tmp_path: Path) -> None:
    drive = KittiDrive(small_drive(tmp_path))
    assert drive.names == ("0001",) and len(drive) == 1
    np.testing.assert_allclose(pixel(drive, drive.frame(0)), published_pixel(), atol=1e-6)


@pytest.mark.parametrize("aside_m", [0.0, -0.5])
def test_a_point_of_the_raw_form_lies_where_it_was_published_to(tmp_path: Path, aside_m: float) -> None:
    drive = KittiDrive(raw_drive(tmp_path, aside_m))
    np.testing.assert_allclose(pixel(drive, drive.frame(0)), published_pixel(aside_m), atol=1e-5)


def test_images_are_red_first(tmp_path: Path) -> None:
    red, green, blue = KittiDrive(raw_drive(tmp_path)).frame(0).image[5, 5]
    assert (red, green, blue) == (200, 0, 0)


def test_the_base_is_on_the_ground_under_the_camera(tmp_path: Path) -> None:
    base_from_camera = KittiDrive(small_drive(tmp_path)).base_from_camera
    np.testing.assert_allclose(base_from_camera.apply(np.array([1.0, CAMERA_HEIGHT_M, 7.0])), [7.0, -1.0, 0.0])


def test_a_folder_without_a_drive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no drive of KITTI"):
        KittiDrive(tmp_path)


def test_a_raw_drive_without_its_calibration_says_what_to_download(tmp_path: Path) -> None:
    drive = raw_drive(tmp_path)
    (tmp_path / "calib_cam_to_cam.txt").unlink()
    with pytest.raises(DatasetError, match="calib_cam_to_cam"):
        KittiDrive(drive)


def test_a_calibration_that_lacks_something_is_refused(tmp_path: Path) -> None:
    (small_drive(tmp_path) / "calibration.json").write_text("{}")
    with pytest.raises(DatasetError, match="calibration"):
        KittiDrive(tmp_path)


def test_a_sweep_that_is_missing_or_cut_short_is_refused(tmp_path: Path) -> None:
    drive = raw_drive(tmp_path)
    (drive / "velodyne_points/data/0001.bin").write_bytes(bytes(20))
    with pytest.raises(DatasetError, match="lidar sweep"):
        KittiDrive(drive).frame(0)
    (drive / "velodyne_points/data/0001.bin").unlink()
    with pytest.raises(DatasetError, match="lidar sweep"):
        KittiDrive(drive).frame(0)


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(small_drive(tmp_path) / "images" / "0001.jpg"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(DatasetError, match="expected 100x40"):
        KittiDrive(tmp_path).frame(0)
