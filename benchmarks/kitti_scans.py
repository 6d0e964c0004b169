"""The scan that a real camera and our network make against the scan that a lidar makes, on a drive of KITTI.

    python benchmarks/kitti_scans.py --json kitti_scans.json [--quick] [--figure DIR] [--drive FOLDER] [--model FILE]

Both scans are made by the observation code, with the labels and buildings that the network reads from the image; ranges
come from the lidar's points in one and from the network in the other. The camera is 1.65 m over level ground.

Figures: `range_error_ratio` median of |network / lidar - 1| over all rays on which both see a building;
`range_bias_ratio` median of network / lidar - 1; `seen_ratio` share of the lidar's rays on which the network sees a
building too; `depth_error_ratio` median of |network / lidar - 1| over the lidar's points within 50 m, whatever they lie
on. `..._held_out`: over the last 13 frames alone, which the network never saw; it learnt from the others.
Intervals draw frames again; neighbours are 0.2 s apart and much alike. Rows: every frame. With --figure, ten frames
with both scans laid over the image, in which what reads as building is tinted, and seen from above.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from _common import Figure, Result, shared_data
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.types import Float32, Pose3, SemanticScan, UInt8
from geoloc_ros.core.view import CameraFrame, Depth
from geoloc_ros.datasets.kitti import KittiDrive
from geoloc_ros.evaluation.report.scene import CameraMount, wall_base_pixels
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.scan.perceive import Perceiver
from geoloc_ros.scan.project import depth_from_points

HELD_OUT = 13
FIGURE_FRAMES = 10
# Blue first, as OpenCV draws.
LIDAR, NETWORK, WHITE, BLACK = (255, 220, 0), (0, 120, 255), (255, 255, 255), (0, 0, 0)
TINT = (200, 60, 160)
REACH_M = 50.0
QUICK_STEP = 6


@dataclass(frozen=True)
class Compared:
    """One moment."""

    name: str
    image: UInt8
    labels: UInt8
    lidar: SemanticScan
    network: SemanticScan
    depth_error: Float32
    """(P,), of the lidar's points within reach, of any class."""
    is_held_out: bool

    @property
    def ratio(self) -> Float32:
        """Network over lidar, of the rays (K,) on which both see a building."""
        ratio = self.network.range_m / self.lidar.range_m
        return np.asarray(ratio[np.isfinite(ratio)], np.float32)

    @property
    def seen_ratio(self) -> float:
        """Of the lidar's rays, the share on which the network sees a building too."""
        return len(self.ratio) / max(1, int(np.count_nonzero(np.isfinite(self.lidar.range_m))))


def main() -> None:
    arguments = _arguments()
    config = load_config(None, (f"networks.segmentation={arguments.model}",) if arguments.model else ())
    try:
        drive = KittiDrive(arguments.drive or shared_data() / "kitti_drive")
        frames = _compare(drive, config, QUICK_STEP if arguments.quick else 1)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    result = _result(frames)
    print(f"{len(drive)} frames, of which {len(frames)} were used; {HELD_OUT} of the drive were never learnt from")
    result.print()
    result.write(arguments.json)
    if arguments.figure is not None:
        print(_draw(frames, CameraMount(drive.camera, drive.base_from_camera), arguments.figure / "kitti_scans.png"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK_STEP}th frame only")
    parser.add_argument("--figure", type=Path, metavar="DIR", help="folder for kitti_scans.png")
    parser.add_argument("--drive", type=Path, metavar="FOLDER", help="another drive, raw or in the small form")
    parser.add_argument("--model", type=Path, help="another network than the shipped one (.onnx or .yaml)")
    return parser.parse_args()


def _compare(drive: KittiDrive, config: Config, step: int) -> list[Compared]:
    perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
    camera, base_from_camera = drive.camera, drive.base_from_camera
    compared = []
    for number in range(0, len(drive), step):
        frame = drive.frame(number)
        seen = perceiver.perceive([CameraFrame(camera, base_from_camera, frame.image)])
        (view,) = seen.views
        points = Depth("points", depth_from_points(frame.points_m, camera))
        lidar = observe_scan([replace(view, depths=(points,))], config.scan, config.observe)
        error = _depth_error(view.depths[0].depth_m, points.depth_m)
        is_held_out = number >= len(drive) - HELD_OUT
        compared.append(Compared(frame.name, frame.image, view.labels, lidar, seen.scan, error, is_held_out))
    return compared


def _depth_error(network_m: Float32, lidar_m: Float32) -> Float32:
    known = (lidar_m > 0.0) & (lidar_m < REACH_M) & np.isfinite(network_m)
    return np.asarray(np.abs(network_m[known] / lidar_m[known] - 1.0), np.float32)


def _result(frames: list[Compared]) -> Result:
    figures = [*_figures(frames, ""), *_figures([frame for frame in frames if frame.is_held_out], "_held_out")]
    rows = [
        {
            "frame": frame.name, "held_out": frame.is_held_out, "rays": len(frame.ratio),
            "seen_ratio": frame.seen_ratio, "depth_error_ratio": float(np.median(frame.depth_error)),
            "range_error_ratio": float(np.median(np.abs(frame.ratio - 1.0))) if len(frame.ratio) else None,
            "range_bias_ratio": float(np.median(frame.ratio) - 1.0) if len(frame.ratio) else None,
        }
        for frame in frames
    ]  # fmt: skip
    return Result(0, "none", figures, rows)


def _figures(frames: list[Compared], suffix: str) -> list[Figure]:
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(frames), (1000, len(frames)))

    def figure(name: str, values: list[NDArray[np.float32]]) -> Figure:
        drawn = [np.median(np.concatenate([values[row] for row in rows])) for rows in draws]
        low, high = np.percentile(drawn, (2.5, 97.5))
        everything = np.concatenate(values)
        return Figure(name + suffix, float(np.median(everything)), "", (float(low), float(high)), len(everything))

    seen = [np.full(1, frame.seen_ratio, np.float32) for frame in frames]
    return [
        figure("range_error_ratio", [np.abs(frame.ratio - 1.0) for frame in frames]),
        figure("range_bias_ratio", [frame.ratio - 1.0 for frame in frames]),
        figure("seen_ratio", seen),
        figure("depth_error_ratio", [frame.depth_error[:: len(frame.depth_error) // 500 + 1] for frame in frames]),
    ]  # fmt: skip


def _draw(frames: list[Compared], mount: CameraMount, file: Path) -> Path:
    """Ten frames in two columns: what reads as building, where its feet are by both scans, and both from above."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, FIGURE_FRAMES).round().astype(int))
    tiles = [_tile(frames[number], mount) for number in chosen]
    tiles += [np.zeros_like(tiles[0])] * (len(tiles) % 2)
    picture = np.vstack([np.hstack(tiles[row : row + 2]) for row in range(0, len(tiles), 2)])
    _, png = cv2.imencode(".png", picture)
    with write_beside(file) as partial:
        partial.write_bytes(png.tobytes())
    return file


def _tile(frame: Compared, mount: CameraMount) -> UInt8:
    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    is_building = frame.labels == SemanticClass.BUILDING
    picture[is_building] = (0.7 * picture[is_building] + 0.3 * np.array(TINT)).astype(np.uint8)
    for scan, colour in ((frame.lidar, LIDAR), (frame.network, NETWORK)):
        raised = CameraMount(mount.camera, Pose3(np.eye(3), np.array([0.0, 0.0, -2.0])) @ mount.base_from_camera)
        feet, knees = wall_base_pixels(scan.range_m, mount), wall_base_pixels(scan.range_m, raised)
        for foot, knee in zip(feet, knees, strict=True):
            if np.isfinite([foot, knee]).all():
                begin, end = ((round(float(x)), round(float(y))) for x, y in (foot, knee))
                cv2.line(picture, begin, end, colour, 1, cv2.LINE_AA)
                cv2.circle(picture, begin, 4, colour, -1, cv2.LINE_AA)
    error = f"{np.median(np.abs(frame.ratio - 1.0)):.1%}" if len(frame.ratio) else "no ray"
    text = f"{frame.name}{' held out' if frame.is_held_out else ''}: {error} on {len(frame.ratio)} rays"
    for colour, thickness in ((BLACK, 5), (WHITE, 2)):
        cv2.putText(picture, text, (12, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, thickness, cv2.LINE_AA)
    return np.asarray(np.hstack([picture, _from_above(frame, picture.shape[0])]), np.uint8)


def _from_above(frame: Compared, size: int) -> UInt8:
    """Both scans, ahead is up, the vehicle at the bottom; rings every 10 m."""
    picture, vehicle, scale = np.full((size, size, 3), 30, np.uint8), (size // 2, size - 8), (size - 8) / REACH_M
    for ring_m in range(10, int(REACH_M) + 1, 10):
        cv2.circle(picture, vehicle, round(ring_m * scale), (80, 80, 80), 1, cv2.LINE_AA)
    for scan, colour in ((frame.lidar, LIDAR), (frame.network, NETWORK)):
        angle = 2.0 * np.pi * np.arange(scan.num_rays) / scan.num_rays
        ahead, left = scan.range_m * np.cos(angle), scan.range_m * np.sin(angle)
        for x, y in zip(vehicle[0] - left * scale, vehicle[1] - ahead * scale, strict=True):
            if np.isfinite([x, y]).all():
                cv2.circle(picture, (round(float(x)), round(float(y))), 3, colour, -1, cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    main()
