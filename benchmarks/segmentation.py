"""How well the street network reads images: classes, depth, and where one building ends and the next begins.

    python benchmarks/segmentation.py --json segmentation.json [--quick] [--images DIR --labels DIR] [--model FILE]

Photos: those of `camvid/val` beside the checkout, or those of --images with --labels of the same names, of any size, in
CamVid's classes (0 sky, 1 building, 2 pole, 3 road, 4 pavement, 5 tree, 6 sign, 7 fence, 8 car, 9 pedestrian, 10
bicyclist, anything else ignored). `building_iou`, `mean_iou`: intersection over union at the labels' own size, of
building and over our classes; pole, sign and fence are one class, pedestrian and bicyclist another. Nothing is known
about the cameras.

Simulator: views of kyoto, in worlds of noise `paper` that no training saw, rendered for this run from --seed by the
cameras that training has (panoramas of 1024 x 512, pinholes of 60 to 110 degrees). `sim_building_iou`;
`sim_depth_absrel`: mean of |found - true| / true over all pixels within 50 m; `sim_boundary_f1`: boundaries of
buildings in the scan (360 rays) that is observed from the network's labels, buildings and depth, against those in the
scan that is observed from the rendered truth with the same mount, matched one to one within 2 rays; both of two
neighbouring rays must be observed. Rows tell panoramas and pinholes apart, boundaries with a building on either side
(`between`), which hang less on depth, and boundaries against those of the world's outlines cast at the true pose, where
the camera saw something (`map_boundary`).

Drive: range error against the lidar of the frames of `kitti_drive` that no training saw, a row.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from _common import ROOT, Figure, Result, city, shared_data
from _overlays import save_overlay
from numpy.typing import NDArray

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig, ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32, Int32, Pose3, SemanticScan, UInt8, UInt16
from geoloc_ros.core.view import Depth, Reading, View
from geoloc_ros.datasets.camvid import classes_of_camvid
from geoloc_ros.datasets.kitti import KittiDrive
from geoloc_ros.evaluation.segmentation import (
    DEPTH_REACH_M,
    NUM_CLASSES,
    DepthErrors,
    Matches,
    between_buildings,
    boundaries,
    class_names,
    confusion,
    depth_errors,
    iou_ratios,
    match_boundaries,
    mean_iou,
)
from geoloc_ros.maps.osm import load_map
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.reading.readers import SHIPPED_NETWORK
from geoloc_ros.reading.street_input import ray_lengths
from geoloc_ros.reading.street_reader import StreetReader
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.training.street_data import lidar_range, reported_frames
from geoloc_ros.training.street_world import StreetView, draw_views

SPOTS_PER_WORLD, NUM_WORLDS = 10, 3
QUICK_SPOTS, QUICK_PHOTOS = 4, 20
PHOTO_FOV_DEG = 60.0
# At no height: nobody knows where the camera was.
UNKNOWN_MOUNT = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3))
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")

SCAN, OBSERVE = ScanConfig(), ObserveConfig()


@dataclass
class Tally:
    """What has been counted of some images."""

    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64))
    depth: DepthErrors = DepthErrors()
    building_depth: DepthErrors = DepthErrors()
    image_boundaries: Matches = Matches()
    between: Matches = Matches()
    map_boundaries: Matches = Matches()
    num_images: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.pixels + other.pixels, self.depth + other.depth, self.building_depth + other.building_depth,
            self.image_boundaries + other.image_boundaries, self.between + other.between,
            self.map_boundaries + other.map_boundaries, self.num_images + other.num_images,
        )

    def row(self, what: str) -> dict[str, Any]:
        """All of it, for the JSON."""
        iou = {f"iou_{name}": float(value) for name, value in zip(class_names(), iou_ratios(self.pixels), strict=True)}
        row: dict[str, Any] = {"what": what, "images": self.num_images}
        if self.pixels.any():
            row |= {"mean_iou": mean_iou(self.pixels), **iou}
        if self.depth.num_pixels:
            row |= {"depth_absrel": self.depth.absrel, "depth_missing": self.depth.missing_ratio}
        if self.building_depth.num_pixels:
            row |= {"building_depth_absrel": self.building_depth.absrel}
        all_of = {"boundary": self.image_boundaries, "between": self.between, "map_boundary": self.map_boundaries}
        for name, matches in all_of.items():
            if matches.true:
                row |= {f"{name}_f1": matches.f1, f"{name}_precision": matches.precision,
                        f"{name}_recall": matches.recall, f"{name}_count": matches.true}  # fmt: skip
        return {key: value for key, value in row.items() if not (isinstance(value, float) and np.isnan(value))}


def main() -> None:
    arguments = _arguments()
    # Engines may differ in the last digit, which is no matter here; this one runs everywhere.
    reader = StreetReader(arguments.model, NetworksConfig(), InferenceConfig(backend="onnxruntime"))
    photos = _read_photos(reader, arguments)
    views = _read_views(reader, arguments)
    sim = sum(views.values(), Tally())
    figures = [
        Figure("building_iou", float(iou_ratios(photos.pixels)[SemanticClass.BUILDING]), n=photos.num_images),
        Figure("mean_iou", mean_iou(photos.pixels), n=photos.num_images),
        Figure("sim_building_iou", float(iou_ratios(sim.pixels)[SemanticClass.BUILDING]), n=sim.num_images),
        Figure("sim_depth_absrel", sim.depth.absrel, n=sim.num_images),
        Figure("sim_boundary_f1", sim.image_boundaries.f1, n=sim.image_boundaries.true),
    ]
    rows = [photos.row("photos"), sim.row("sim"), *(tally.row(f"sim {model}") for model, tally in views.items())]
    if arguments.map is None:
        rows.append(_read_drive(reader, arguments).row("kitti, held out"))
    result = Result(arguments.seed, "paper", figures, rows)
    result.print()
    for row in rows:
        print("  ".join(f"{key} {value:.3f}" if isinstance(value, float) else f"{value}" for key, value in row.items()))
    result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="a few photos and views")
    parser.add_argument("--images", type=Path, help="folder of photos instead of CamVid's")
    parser.add_argument("--labels", type=Path, help="folder of their labels, PNG files of the same names")
    parser.add_argument("--model", type=Path, default=ROOT / SHIPPED_NETWORK, help="another street network")
    parser.add_argument("--map", type=Path, help="map of the views instead of kyoto; no drive then")
    parser.add_argument("--seed", type=int, default=2026, help="of the views")
    parser.add_argument("--figure", type=Path, metavar="DIR", help="folder for pictures of some readings")
    arguments = parser.parse_args()
    if (arguments.images is None) != (arguments.labels is None):
        parser.error("--images and --labels go together")
    return arguments


def _read_photos(reader: StreetReader, arguments: argparse.Namespace) -> Tally:
    images = arguments.images or shared_data() / "camvid" / "val" / "images"
    labels = arguments.labels or images.parent / "labels"
    files = sorted(file for file in images.iterdir() if file.suffix.lower() in PHOTO_SUFFIXES)
    if not files:
        sys.exit(f"no photos ({', '.join(PHOTO_SUFFIXES)}) in '{images}'; nothing measured")
    tally = Tally()
    for number, file in enumerate(files[:: max(1, len(files) // QUICK_PHOTOS)] if arguments.quick else files):
        image, truth = cv2.imread(str(file)), cv2.imread(str(labels / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None or truth is None:
            sys.exit(f"photo '{file}' or its labels '{labels / file.stem}.png' cannot be read")
        height, width = image.shape[:2]
        camera = Camera.pinhole(width, height, float(np.radians(PHOTO_FOV_DEG)))
        reading = reader.read(np.ascontiguousarray(image[..., ::-1]), camera, UNKNOWN_MOUNT)
        said = cv2.resize(_labels(reading), truth.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        tally += Tally(confusion(said, classes_of_camvid(truth)), num_images=1)
        _picture(arguments, f"photo_{file.stem}", number % 17 == 0, image[..., ::-1], reading)
    return tally


def _read_views(reader: StreetReader, arguments: argparse.Namespace) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {"equirectangular": Tally(), "pinhole": Tally()}
    for number, view in enumerate(_views(arguments)):
        reading = reader.read(view.frame.rgb, view.camera, view.base_from_camera)
        tallies[view.camera.model] += _judge_view(view, reading)
        _picture(arguments, f"view_{number:03}", number % 3 == 0, view.frame.rgb, reading)
    return tallies


def _views(arguments: argparse.Namespace) -> Iterator[StreetView]:
    geomap = load_map(*city("kyoto")) if arguments.map is None else load_map(arguments.map)
    for world in range(1 if arguments.quick else NUM_WORLDS):
        rng = np.random.default_rng([arguments.seed, world])
        yield from draw_views(geomap, QUICK_SPOTS if arguments.quick else SPOTS_PER_WORLD, rng)


def _judge_view(view: StreetView, reading: Reading) -> Tally:
    frame, labels, depth_m = view.frame, _labels(reading), _depth(reading)
    is_near = frame.depth_m * ray_lengths(view.camera) < DEPTH_REACH_M
    is_building = frame.label == SemanticClass.BUILDING
    tally = Tally(
        confusion(labels, frame.label), depth_errors(depth_m, frame.depth_m, is_near),
        depth_errors(depth_m, frame.depth_m, is_near & is_building), num_images=1,
    )
    try:
        found = _scan(view, labels, reading.instances, depth_m)
        seen = _scan(view, frame.label, _numbered(frame.building), frame.depth_m)
    except ObservationError:
        # No pixel with depth: nothing but sky.
        return tally
    tally.image_boundaries = match_boundaries(boundaries(found), boundaries(seen), SCAN.num_rays)
    tally.between = match_boundaries(between_buildings(found), between_buildings(seen), SCAN.num_rays)
    visible = boundaries(_cast(view), found.observed & seen.observed)
    tally.map_boundaries = match_boundaries(boundaries(found, seen.observed), visible, SCAN.num_rays)
    return tally


def _scan(view: StreetView, labels: UInt8, instances: UInt16 | None, depth_m: Float32) -> SemanticScan:
    depths = (Depth("network", depth_m),)
    return observe_scan([View(view.camera, view.base_from_camera, labels, instances, depths)], SCAN, OBSERVE)


def _cast(view: StreetView) -> SemanticScan:
    """What the outlines of the world show at the true pose."""
    pose = view.map_from_base
    yaw_rad = np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0])
    poses = np.array([[*pose.translation_m[:2], yaw_rad]])
    walls = view.world.geomap.buildings.walls()
    scans = RayCaster(walls).cast(poses, SCAN.num_rays, SCAN.max_range_m, num_threads=1)
    return SemanticScan(scans.range_m[0], scans.instance[0], scans.observed[0])


def _read_drive(reader: StreetReader, arguments: argparse.Namespace) -> Tally:
    drive = KittiDrive(shared_data() / "kitti_drive")
    tally = Tally()
    for number in reported_frames(drive):
        frame = drive.frame(number)
        reading = reader.read(frame.image, drive.camera, drive.base_from_camera)
        range_m = lidar_range(frame.points_m, drive.camera)
        found_m = _depth(reading) * ray_lengths(drive.camera)
        errors = depth_errors(found_m, range_m, range_m < DEPTH_REACH_M)
        on_building = (range_m < DEPTH_REACH_M) & (_labels(reading) == SemanticClass.BUILDING)
        tally += Tally(depth=errors, building_depth=depth_errors(found_m, range_m, on_building), num_images=1)
        _picture(arguments, f"kitti_{frame.name}", number % 4 == 0, frame.image, reading)
    return tally


def _picture(arguments: argparse.Namespace, name: str, is_chosen: bool, image: UInt8, reading: Reading) -> None:
    if arguments.figure is not None and is_chosen:
        arguments.figure.mkdir(parents=True, exist_ok=True)
        save_overlay(arguments.figure / f"{name}.png", image, reading)


def _labels(reading: Reading) -> UInt8:
    assert reading.labels is not None, "our network tells classes"
    return reading.labels


def _depth(reading: Reading) -> Float32:
    assert reading.depth_m is not None, "our network tells depth"
    return reading.depth_m


def _numbered(building: Int32) -> UInt16:
    """Instances (H, W) from 1 on of numbers in the world, of which there are more than 16 bits hold."""
    numbers = np.unique(building[building >= 0])
    return np.where(building < 0, 0, 1 + np.searchsorted(numbers, building)).astype(np.uint16)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
