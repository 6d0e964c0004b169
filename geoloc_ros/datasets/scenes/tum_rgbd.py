"""TUM RGB-D: handheld and robot's walks with a Kinect (Sturm et al., IROS 2012).

`rgb.txt` and `depth.txt` (stamp, file), `groundtruth.txt` (stamp, position, quaternion x y z w of the colour camera).
An image takes the depth nearest in time, within 20 ms, and the pose between the two around it, each within 100 ms.
Depth is registered to the images and 5000 steps a metre. The intrinsics are those that were published, by the name of
the folder (freiburg1, 2, 3), or those of a `camera.yaml` beside.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.scenes.calibration_file import CALIBRATION_FILE, read_calibration
from geoloc_ros.datasets.scenes.checked_pose import pose_from_quaternion
from geoloc_ros.datasets.scenes.surface_file import surface_beside
from geoloc_ros.datasets.scenes.trajectory import Trajectory
from geoloc_ros.datasets.scenes.views import Views, read_lines

# The published ones count pixels from the centre of the first, we from its corner.
_CAMERAS = {
    "freiburg1": Camera(
        "pinhole", 640, 480, 517.3, 516.5, 318.6 + 0.5, 255.3 + 0.5, (0.2624, -0.9531, -0.0054, 0.0026, 1.1633)
    ),
    "freiburg2": Camera(
        "pinhole", 640, 480, 520.9, 521.0, 325.1 + 0.5, 249.7 + 0.5, (0.2312, -0.7849, -0.0033, -0.0001, 0.9172)
    ),
    "freiburg3": Camera("pinhole", 640, 480, 535.4, 539.2, 320.1 + 0.5, 247.6 + 0.5),
}
_DEPTH_STEP_M = 1.0 / 5000.0
_DEPTH_WITHIN_NS = 20_000_000
_POSE_WITHIN_NS = 100_000_000
_LATEST_NS = (1 << 63) - 1
_SAID_EVERY = 100


def is_tum_rgbd(folder: Path) -> bool:
    """By its tables."""
    return (folder / "rgb.txt").is_file() and (folder / "groundtruth.txt").is_file()


def load_tum_rgbd(folder: Path, progress: ProgressCallback) -> PosedScene:
    """One sequence; `test.txt` may name images, as `rgb.txt` does, that are kept apart.

    Raises:
        DatasetError: If a table cannot be read, the camera is not known, or no image can be used.
    """
    camera = _camera(folder)
    views = Views(folder, _DEPTH_STEP_M)
    image_ns, image = _files(folder / "rgb.txt")
    has_depth = (folder / "depth.txt").is_file()
    depth_ns, depth = _files(folder / "depth.txt") if has_depth else (np.zeros(0, np.int64), [])
    trajectory = _trajectory(folder / "groundtruth.txt", views)
    for number, (stamp_ns, file) in enumerate(zip(image_ns.tolist(), image, strict=True)):
        if number % _SAID_EVERY == 0:
            progress("reading images", number / len(image))
        try:
            pose = trajectory.pose_at(stamp_ns, _POSE_WITHIN_NS)
        except ValueError as error:
            views.complain(file, str(error))
            continue
        views.add(file, camera, pose, _nearest(stamp_ns, depth_ns, depth), stamp_ns)
    progress("reading images", 1.0)
    return views.scene(folder.name, views.listed_tests(folder), surface_beside(folder, views.positions_m()))


def _camera(folder: Path) -> Camera:
    given = read_calibration(folder)
    if given is not None:
        return given
    for name, camera in _CAMERAS.items():
        if name in folder.resolve().name:
            return camera
    raise DatasetError(
        f"whose camera '{folder.name}' is, its name does not tell ({', '.join(_CAMERAS)}); put a {CALIBRATION_FILE} "
        "beside, as ROS's calibration writes it"
    )


def _rows(path: Path, width: int) -> list[tuple[int, list[str]]]:
    """Stamps and the `width` words behind, in the order of the stamps."""
    rows = []
    for number, line in enumerate(read_lines(path), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            stamp_ns = _nanoseconds(words[0])
        except (ValueError, OverflowError):
            stamp_ns = -1
        if not 0 <= stamp_ns <= _LATEST_NS or len(words) != width + 1:
            raise DatasetError(f"line {number} of '{path}' is no stamp with {width} values: {line[:60]!r}")
        rows.append((stamp_ns, words[1:]))
    return sorted(rows, key=lambda row: row[0])


def _files(path: Path) -> tuple[Int64, list[str]]:
    rows = _rows(path, 1)
    return np.array([stamp_ns for stamp_ns, _ in rows], np.int64), [words[0] for _, words in rows]


def _nearest(stamp_ns: int, among_ns: Int64, files: list[str]) -> str:
    """The file nearest in time; "" where none is near."""
    if not files:
        return ""
    best = int(np.abs(among_ns - stamp_ns).argmin())
    return files[best] if abs(int(among_ns[best]) - stamp_ns) <= _DEPTH_WITHIN_NS else ""


def _trajectory(path: Path, views: Views) -> Trajectory:
    stamps_ns: list[int] = []
    poses = []
    for stamp_ns, words in _rows(path, 7):
        if stamps_ns and stamp_ns == stamps_ns[-1]:
            continue
        try:
            numbers: Float64 = np.array([float(word) for word in words])
            poses.append(pose_from_quaternion(np.roll(numbers[3:], 1), numbers[:3]))
            stamps_ns.append(stamp_ns)
        except ValueError as error:
            views.complain(path.name, f"at {stamp_ns / 1e9:.4f}: {error}")
    if len(poses) < 2:
        raise DatasetError(f"'{path}' has {len(poses)} poses that can be used; at least 2 are needed")
    return Trajectory(np.array(stamps_ns, np.int64), poses)


def _nanoseconds(text: str) -> int:
    """Of seconds as text, exactly, which a float of seconds since 1970 is not. Raises ValueError."""
    if not text.replace(".", "", 1).isdigit():
        return round(float(text) * 1e9)
    seconds, _, fraction = text.partition(".")
    return int(seconds or "0") * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
