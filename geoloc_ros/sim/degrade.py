"""What depth, segmentation and instance networks would make of a rendered frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import ndtr, ndtri

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, UInt8, UInt16
from geoloc_ros.sim.noise import ImageNoise
from geoloc_ros.sim.renderer import Frame

MEMORY_S = 2.0
"""How long a network keeps to one mistake about one building."""
PATCH_RAD, WOBBLE_RAD = 0.08, 0.04
"""Size of the patches in which depth is missing or labels are wrong, and of the bends of wrong borders."""
BLOCKER_RAD = np.radians(30.0)
"""Width of one vehicle close by."""
BLOCKER_HEIGHT = 1.4
"""Over the camera, in units of its distance: a lorry of 4 m beside a camera at 2 m."""


@dataclass(frozen=True)
class SensedFrame:
    """What the vehicle is told."""

    rgb: UInt8
    """(H, W, 3)."""
    depth_m: Float32
    """(H, W), NaN where there is none."""
    label: UInt8
    """(H, W)."""
    instance: UInt16
    """(H, W), numbers of this frame, 0 for none."""


class Degrader:
    """Errors of the networks over a drive; those about a building last for seconds."""

    def __init__(
        self, noise: ImageNoise, camera: Camera, num_buildings: int, rate_hz: float, rng: np.random.Generator
    ) -> None:
        self._noise, self._camera, self._rng = noise, camera, rng
        self._keep = float(np.exp(-1.0 / (MEMORY_S * rate_hz)))
        # Per building: depth, missed, merged with the next, split, open if missed; standard normal, slowly changing.
        self._mood = rng.normal(size=(num_buildings, 5))
        self._scale = float(np.exp(rng.uniform(-1.0, 1.0) * np.log(noise.depth_scale_limit)))
        self._per_rad = camera.fx
        self._right_rad = np.arctan2(*camera.rays()[camera.height // 2][:, [0, 2]].T)
        self._blocked_from = rng.uniform(0.0, 2.0 * np.pi)

    def sense(self, frame: Frame) -> SensedFrame:
        """The frame with the errors of the moment; exact copies where the noise level has none."""
        step = self._rng.normal(size=self._mood.shape)
        self._mood = self._keep * self._mood + np.sqrt(1.0 - self._keep**2) * step
        frame = self._block(frame)
        label, building = self._labels(frame)
        instance = self._instances(building)
        return SensedFrame(self._grain(frame.rgb), self._depth(frame), label, instance)

    def _is_in_mood(self, column: int, ratio: float) -> Bool:
        """Buildings (N,) for which a mistake of this probability is being made."""
        threshold = float(ndtri(ratio)) if ratio > 0.0 else -np.inf
        return np.asarray(self._mood[:, column] < threshold)

    def _labels(self, frame: Frame) -> tuple[UInt8, Int32]:
        """Labels and building numbers (H, W), shifted at borders, without what is missed."""
        label, building = self._shifted(frame)
        missed = np.append(self._is_in_mood(1, self._noise.missed_ratio), False)[building]
        patches = (label == SemanticClass.BUILDING) & (self._patches() < self._noise.patch_ratio)
        wrong = missed | patches
        # What does not read as open view looks like something else or overgrown; the same for all of one building.
        instead = np.where(building % 2 == 0, SemanticClass.OTHER, SemanticClass.VEGETATION).astype(np.uint8)
        is_open = missed & np.append(self._is_in_mood(4, self._noise.read_open_ratio), False)[building]
        above = (np.arange(len(label)) < self._camera.cy)[:, None]
        instead = np.where(is_open, np.where(above, SemanticClass.SKY, SemanticClass.ROAD), instead).astype(np.uint8)
        return np.where(wrong, instead, label), np.where(wrong, -1, building).astype(np.int32)

    def _shifted(self, frame: Frame) -> tuple[UInt8, Int32]:
        if self._noise.border_px == 0.0:
            return frame.label, frame.building
        height, width = frame.label.shape
        # Networks see images at a size of their own.
        shift = self._noise.border_px * width / 512.0 * self._smooth(2, WOBBLE_RAD)
        column, row = np.meshgrid(np.arange(width), np.arange(height))
        column = np.round(column + shift[..., 0]).astype(int)
        row = np.round(row + shift[..., 1]).astype(int).clip(0, height - 1)
        is_round = self._camera.model == "equirectangular"
        column = column % width if is_round else column.clip(0, width - 1)
        return frame.label[row, column], frame.building[row, column]

    def _instances(self, building: Int32) -> UInt16:
        """Numbers of this frame from left to right, with neighbours merged and façades split."""
        seen = np.unique(building[building >= 0])
        columns = np.broadcast_to(np.arange(building.shape[1]), building.shape)
        size = max(1, len(self._mood))
        inside = building >= 0
        count = np.bincount(building[inside], minlength=size)
        middle = np.bincount(building[inside], columns[inside], size) / np.maximum(count, 1)
        order = seen[np.argsort(middle[seen], kind="stable")]
        merged = self._is_in_mood(2, self._noise.merged_ratio)[order[:-1]] & _touch(building, order)
        starts = np.append(True, ~merged)[: len(order)]
        number = np.zeros(size + 1, dtype=np.int64)
        number[order] = 2 * np.cumsum(starts) - 1
        split = np.append(self._is_in_mood(3, self._noise.split_ratio), False)
        right_half = split[building] & (columns > np.append(middle, 0.0)[building])
        return (number[building] + right_half).astype(np.uint16)

    def _depth(self, frame: Frame) -> Float32:
        noise = self._noise
        if noise == ImageNoise():
            return frame.depth_m
        depth_m = frame.depth_m.astype(np.float64) * self._scale
        depth_m *= np.append(np.exp(noise.depth_building_ratio * self._mood[:, 0]), 1.0)[frame.building]
        depth_m *= np.exp(noise.depth_pixel_ratio * self._rng.normal(size=depth_m.shape))
        with np.errstate(invalid="ignore"):
            lost = self._patches() < noise.dropout_at_100m * (depth_m / 100.0) ** 2
            depth_m[lost | (depth_m > noise.depth_limit_m)] = np.nan
        # Networks answer in half precision; the bag is smaller for it.
        return depth_m.astype(np.float16).astype(np.float32)

    def _block(self, frame: Frame) -> Frame:
        """Large vehicles close by, side by side, until the asked share of the horizon is hidden."""
        if self._noise.blocked_ratio == 0.0:
            return frame
        self._blocked_from += self._rng.normal(0.0, 0.05)
        slot = np.floor((self._right_rad + self._blocked_from) % (2.0 * np.pi) / BLOCKER_RAD)
        # Multiples of the golden section spread evenly, so that blockers are all round.
        blocked = (slot * 0.618034) % 1.0 < self._noise.blocked_ratio
        down = (np.arange(self._camera.height) + 0.5 - self._camera.cy) / self._camera.fy
        hidden = blocked[None, :] & (down > -BLOCKER_HEIGHT)[:, None]
        grey = (70 + 15 * (slot.astype(int) % 5))[None, :, None]
        near_m = np.where(down > 0.5, 2.0 / np.tan(down.clip(0.5, 1.5)), 3.5)[:, None]
        return Frame(
            np.where(hidden[..., None], grey, frame.rgb).astype(np.uint8),
            np.where(hidden, near_m, frame.depth_m).astype(np.float32),
            np.where(hidden, SemanticClass.VEHICLE, frame.label).astype(np.uint8),
            np.where(hidden, -1, frame.building).astype(np.int32),
        )

    def _grain(self, rgb: UInt8) -> UInt8:
        if self._noise.sensor_levels == 0.0:
            return rgb
        # The same for all three colours: half the entropy of a real sensor, so that bags stay small.
        grain = self._rng.normal(0.0, self._noise.sensor_levels, rgb.shape[:2])[..., None]
        return np.asarray((rgb + np.round(grain)).clip(0, 255).astype(np.uint8))

    def _patches(self) -> Float64:
        """Values (H, W), uniform in 0 to 1, alike within patches."""
        return np.asarray(ndtr(self._smooth(1, PATCH_RAD)))

    def _smooth(self, channels: int, size_rad: float) -> Float64:
        """Standard normal values (H, W, channels) that change smoothly; (H, W) for one channel."""
        pixels = max(1.0, size_rad * self._per_rad)
        rows, columns = (max(2, round(length / pixels)) for length in (self._camera.height, self._camera.width))
        coarse = self._rng.normal(size=(rows, columns, channels)).astype(np.float32)
        fine = cv2.resize(coarse, (self._camera.width, self._camera.height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(fine / fine.std(), dtype=np.float64)


def _touch(building: Int32, order: Int32) -> Bool:
    """Which buildings of `order` (K,) border on the next one (K - 1,) somewhere in the image (H, W)."""
    left, right = building[:, :-1].astype(np.int64) + 1, building[:, 1:].astype(np.int64) + 1
    border = left != right
    left, right = left[border], right[border]
    size = int(building.max(initial=0)) + 2
    met = np.concatenate([left * size + right, right * size + left])
    return np.isin((order[:-1].astype(np.int64) + 1) * size + order[1:] + 1, met)
