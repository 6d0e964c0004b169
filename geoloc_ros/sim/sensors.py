"""What odometry, inertial unit and satellite receiver report on a drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.sim.drive import RATE_HZ, Trajectory
from geoloc_ros.sim.noise import MotionNoise
from geoloc_ros.sim.terrain import Terrain

GRAVITY_MPS2 = 9.80665
FIX_EVERY = int(RATE_HZ)
FIX_CORRELATION_S = 60.0


@dataclass(frozen=True)
class Motion:
    """A drive over the ground, and what its sensors say; T ticks at RATE_HZ."""

    position_m: Float64
    """(T, 3) of the base in the map frame, on the ground."""
    quaternion: Float64
    """(T, 4) x, y, z, w, map from base, leaning with the ground."""
    speed_mps: Float64
    """(T,)."""
    yaw_rate_radps: Float64
    """(T,)."""
    odometry: Float64
    """(T, 3): x_m, y_m, yaw_rad in the odometry frame, which starts at the first pose."""
    odometry_speed_mps: Float64
    """(T,)."""
    gyro_radps: Float64
    """(T, 3) in the base frame."""
    acceleration_mps2: Float64
    """(T, 3) in the base frame; at rest it points up, as an accelerometer's does."""
    imu_quaternion: Float64
    """(T, 4), odometry frame from base."""
    fix_tick: Int64
    """(F,), ticks with a satellite position."""
    fix_m: Float64
    """(F, 2), map frame."""


def measure(trajectory: Trajectory, terrain: Terrain, noise: MotionNoise, rng: np.random.Generator) -> Motion:
    """Put the drive on the ground and measure it."""
    count, period_s = len(trajectory.time_s), 1.0 / RATE_HZ
    xy_m, yaw_rad = trajectory.pose[:, :2], trajectory.pose[:, 2]
    position_m = np.column_stack([xy_m, terrain.height_m(xy_m)])
    attitude = Rotation.from_euler("ZYX", np.column_stack([yaw_rad, *_lean_rad(terrain, xy_m, yaw_rad)]))
    walk = np.cumsum(rng.normal(0.0, noise.yaw_walk_radps * np.sqrt(period_s), count))
    bias = rng.normal(0.0, noise.yaw_bias_radps) + walk
    gyro = np.zeros((count, 3))
    gyro[:-1] = (attitude[:-1].inv() * attitude[1:]).as_rotvec() / period_s
    gyro = gyro + rng.normal(0.0, noise.gyro_radps, (count, 3))
    gyro[:, 2] += bias
    speed = trajectory.speed_mps * (1.0 + rng.normal(0.0, noise.scale_ratio))
    speed = speed + rng.normal(0.0, noise.speed_mps, count) * (trajectory.speed_mps > 0.1)
    odometry = _dead_reckon(trajectory, speed, bias, rng.normal(0.0, noise.gyro_radps, count))
    velocity: Float64 = np.asarray(np.gradient(position_m, period_s, axis=0))
    force = np.asarray(np.gradient(velocity, period_s, axis=0)) + [0.0, 0.0, GRAVITY_MPS2]
    tilt = rng.normal(0.0, noise.tilt_rad, (count, 2))
    lean = attitude.as_euler("ZYX")
    imu = Rotation.from_euler("ZYX", np.column_stack([odometry[:, 2], lean[:, 1:] + tilt]))
    fix_tick = np.arange(0, count, FIX_EVERY)
    return Motion(
        position_m, attitude.as_quat(canonical=True), trajectory.speed_mps, trajectory.yaw_rate_radps, odometry, speed,
        gyro, attitude.inv().apply(force) + rng.normal(0.0, noise.accelerometer_mps2, (count, 3)),
        imu.as_quat(canonical=True), fix_tick, xy_m[fix_tick] + _fix_error_m(len(fix_tick), noise, rng),
    )


def _lean_rad(terrain: Terrain, xy_m: Float64, yaw_rad: Float64) -> tuple[Float64, Float64]:
    """Pitch (nose down positive, REP-103) and roll (T,) of a vehicle standing on the ground."""
    slope = terrain.slope(xy_m)
    ahead = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=1)
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    return -np.arctan((slope * ahead).sum(axis=1)), np.arctan((slope * left).sum(axis=1))


def _dead_reckon(trajectory: Trajectory, speed_mps: Float64, bias_radps: Float64, noise_radps: Float64) -> Float64:
    """Poses (T, 3) from wheel speed and gyroscope, starting at zero; exact where nothing is wrong with them."""
    turn = np.diff(trajectory.pose[:, 2]) + (bias_radps + noise_radps)[:-1] / RATE_HZ
    yaw = np.concatenate([[0.0], np.cumsum(turn)])
    step = np.diff(trajectory.pose[:, :2], axis=0)
    # Steps in the base frame, so that sideways motion in a bend is not lost; the wheels scale them.
    cos, sin = np.cos(trajectory.pose[:-1, 2]), np.sin(trajectory.pose[:-1, 2])
    scale = speed_mps[:-1] / np.where(trajectory.speed_mps[:-1] > 1e-3, trajectory.speed_mps[:-1], 1.0)
    scale = np.where(trajectory.speed_mps[:-1] > 1e-3, scale, 1.0)
    forward = (cos * step[:, 0] + sin * step[:, 1]) * scale
    left = (-sin * step[:, 0] + cos * step[:, 1]) * scale
    cos, sin = np.cos(yaw[:-1]), np.sin(yaw[:-1])
    x = np.concatenate([[0.0], np.cumsum(cos * forward - sin * left)])
    y = np.concatenate([[0.0], np.cumsum(sin * forward + cos * left)])
    return np.column_stack([x, y, yaw])


def _fix_error_m(count: int, noise: MotionNoise, rng: np.random.Generator) -> Float64:
    keep = np.exp(-1.0 / FIX_CORRELATION_S)
    slow = np.zeros((count, 2))
    slow[0] = rng.normal(0.0, noise.fix_bias_m, 2)
    for k in range(1, count):
        slow[k] = keep * slow[k - 1] + np.sqrt(1.0 - keep**2) * rng.normal(0.0, noise.fix_bias_m, 2)
    return np.asarray(slow + rng.normal(0.0, noise.fix_m, (count, 2)))
