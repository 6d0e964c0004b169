"""The noise levels `none`, `paper` and `hard`: how world, camera and sensors differ from what the vehicle believes.

What is argued for, ingredient by ingredient, before scaling (`docs/noise.md` has the table and the evidence):

* **World.** Maps of well-mapped cities lack or still have some percent of the buildings and place walls a few metres
  off, because they are drawn from aerial photos: 8 % of the mapped buildings are gone, 6 % are new, all are shifted by
  up to 3 m and resized by some percent. Street trees and vehicles are on no map.
* **Depth** of a monocular network errs mostly by object (it guesses the distance of a façade as a whole): 10 % per
  building, slowly changing while driving; 5 % per pixel; and it gives up on far things.
* **Labels.** A segmentation network misses whole façades (glass, painted or overgrown walls read as something else),
  for as long as they look that way, i.e. for seconds and not for single frames; it is a pixel or two off at borders.
  Half of what is missed reads as sky and road, so that the vehicle takes it for open view; the other half as something
  that may hide a wall. What the shares are nobody has measured; at half, guessing is worth least.
* **Instances.** Neighbours in a row of houses are merged, long façades are split.
* **Camera.** The mount is calibrated once; suspension and load tilt it by a degree or two, at most 3 degrees in all.
* **Odometry** of wheels and a consumer gyroscope: 1 % of scale, a drift of some degrees a minute.

One scalar, SEVERITY, scales all mistakes of depth, labels and instances together: it is calibrated so that the
published hand-crafted descriptor does as published, by `benchmarks/calibrate_noise.py`, before any network is tested.

`hard` keeps that and adds half of the view being blocked by traffic, a depth scale wrong by 0.5 to 2, and 30 % of the
map's buildings missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

NoiseName = Literal["none", "paper", "hard"]


@dataclass(frozen=True)
class WorldNoise:
    """How the world differs from the map."""

    removed_ratio: float = 0.0
    """Share of the map's buildings that are not there."""
    added_ratio: float = 0.0
    """New buildings, as a share of the map's."""
    moved_m: float = 0.0
    """Largest shift of a building."""
    resized_ratio: float = 0.0
    """Standard deviation of the scale of a building, along and across."""
    removed_tree_ratio: float = 0.0
    avenue_ratio: float = 0.0
    """Share of streets with trees that the map does not know."""
    parked_ratio: float = 0.0
    """Share of kerb length that is taken by parked vehicles, on streets wide enough."""
    company_ratio: float = 0.0
    """Share of the time that somebody drives close ahead, and close behind."""
    oncoming_per_s: float = 0.0
    """Vehicles met per second, on two-way streets."""
    people_per_km: float = 0.0
    slope_rms: float = 0.0


@dataclass(frozen=True)
class CameraNoise:
    """How the camera sits on the vehicle; the vehicle knows the nominal place only."""

    tilt_deg: float = 0.0
    """Bound of the constant error of pitch and of roll."""
    shake_deg: float = 0.0
    """Standard deviation of what road and suspension add, correlated over 0.5 s."""
    yaw_deg: float = 0.0
    """Standard deviation of the constant error of yaw."""
    height_m: float = 0.0
    """Standard deviation of the measured mounting height."""
    fov_deg: float = 360.0
    """What is seen, to both sides of straight ahead together."""


@dataclass(frozen=True)
class ImageNoise:
    """What depth, segmentation and instance networks get wrong."""

    depth_scale_limit: float = 1.0
    """One factor for the whole drive, log-uniform between 1 / limit and limit."""
    depth_building_ratio: float = 0.0
    """Standard deviation of the logarithm of the factor of one building."""
    depth_pixel_ratio: float = 0.0
    dropout_at_100m: float = 0.0
    """Probability that a patch has no depth, at 100 m; grows with the square of the distance."""
    depth_limit_m: float = 250.0
    """Nothing farther has depth."""
    missed_ratio: float = 0.0
    """Probability that a building is not seen as one, at a moment."""
    read_open_ratio: float = 0.5
    """Of what is missed, the share that reads as sky and road, and so as open view."""
    patch_ratio: float = 0.0
    """Share of building pixels in patches read as something else: glare, dirt, signs."""
    merged_ratio: float = 0.0
    split_ratio: float = 0.0
    border_px: float = 0.0
    """Standard deviation of label borders, in an image 512 pixels wide."""
    blocked_ratio: float = 0.0
    """Share of the horizon hidden by large vehicles close by."""
    sensor_levels: float = 0.0
    """Standard deviation of grey values (of 255)."""


@dataclass(frozen=True)
class MotionNoise:
    """What odometry, inertial unit and satellite receiver get wrong."""

    scale_ratio: float = 0.0
    """Standard deviation of the constant scale of the wheels."""
    speed_mps: float = 0.0
    """White noise of the wheel speed."""
    yaw_bias_radps: float = 0.0
    """Standard deviation of the constant drift of the gyroscope."""
    yaw_walk_radps: float = 0.0
    """Its random walk, per square root of a second."""
    gyro_radps: float = 0.0
    accelerometer_mps2: float = 0.0
    tilt_rad: float = 0.0
    fix_m: float = 0.0
    """White noise of the satellite position, per axis."""
    fix_bias_m: float = 0.0
    """Standard deviation of its slow error, correlated over a minute (multipath between houses)."""


@dataclass(frozen=True)
class NoiseLevel:
    """One named level."""

    world: WorldNoise = WorldNoise()
    camera: CameraNoise = CameraNoise()
    image: ImageNoise = ImageNoise()
    motion: MotionNoise = MotionNoise()


SEVERITY = 2.4
"""Calibrated: `docs/noise_calibration.json`."""
MOST_LIKELY = 0.6
"""No scaled probability is more: beyond, mistakes would be the rule and not the exception."""

_ARGUED = NoiseLevel(
    WorldNoise(
        removed_ratio=0.08, added_ratio=0.06, moved_m=3.0, resized_ratio=0.05, removed_tree_ratio=0.1,
        avenue_ratio=0.35, parked_ratio=0.35, company_ratio=0.4, oncoming_per_s=0.15, people_per_km=25.0,
        slope_rms=0.025,
    ),
    CameraNoise(tilt_deg=2.0, shake_deg=0.4, yaw_deg=1.0, height_m=0.05),
    ImageNoise(
        depth_building_ratio=0.1, depth_pixel_ratio=0.05, dropout_at_100m=0.5, depth_limit_m=120.0, missed_ratio=0.12,
        patch_ratio=0.06, merged_ratio=0.15, split_ratio=0.08, border_px=1.0, sensor_levels=3.0,
    ),
    MotionNoise(
        scale_ratio=0.01, speed_mps=0.05, yaw_bias_radps=1e-3, yaw_walk_radps=1e-4, gyro_radps=2e-3,
        accelerometer_mps2=0.05, tilt_rad=5e-3, fix_m=3.5, fix_bias_m=3.5,
    ),
)


def paper_at(severity: float) -> NoiseLevel:
    """The argued mixture with all mistakes of perception `severity` times as likely and as large."""
    image = _ARGUED.image
    return replace(
        _ARGUED,
        image=replace(
            image,
            depth_building_ratio=severity * image.depth_building_ratio,
            depth_pixel_ratio=severity * image.depth_pixel_ratio,
            dropout_at_100m=min(MOST_LIKELY, severity * image.dropout_at_100m),
            missed_ratio=min(MOST_LIKELY, severity * image.missed_ratio),
            patch_ratio=min(MOST_LIKELY, severity * image.patch_ratio),
            merged_ratio=min(MOST_LIKELY, severity * image.merged_ratio),
            split_ratio=min(MOST_LIKELY, severity * image.split_ratio),
            border_px=severity * image.border_px,
        ),
    )


PAPER = paper_at(SEVERITY)

LEVELS: dict[NoiseName, NoiseLevel] = {
    "none": NoiseLevel(),
    "paper": PAPER,
    "hard": replace(
        PAPER,
        world=replace(PAPER.world, removed_ratio=0.3),
        image=replace(PAPER.image, depth_scale_limit=2.0, blocked_ratio=0.5),
    ),
}

CONDITIONS: dict[str, NoiseLevel] = {
    "paper": PAPER,
    "hard": LEVELS["hard"],
    "occluded50": replace(PAPER, image=replace(PAPER.image, blocked_ratio=0.5)),
    "fov90": replace(PAPER, camera=replace(PAPER.camera, fov_deg=90.0)),
    "stale30": replace(PAPER, world=replace(PAPER.world, removed_ratio=0.3)),
    "scale": replace(PAPER, image=replace(PAPER.image, depth_scale_limit=2.0)),
}
"""`paper` with one thing changed each; `hard` with three."""
