"""Everything that is recorded of a drive, in the order of its stamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoloc_ros.core.geometry import quaternion_from_rotation, rotation_from_quaternion
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Pose3
from geoloc_ros.sim import messages
from geoloc_ros.sim.exposure import exposed
from geoloc_ros.sim.recorder import Recorder
from geoloc_ros.sim.session import Session

START_NS = 1_750_000_000_000_000_000
"""Stamp of every first message: runs are alike whenever they are made."""


def record_session(session: Session, recorder: Recorder, progress: ProgressCallback) -> None:
    """Write every message of the drive; all messages of one image carry the stamp of one odometry message."""
    stamps_ns = session.trajectory.stamps_ns(START_NS)
    nominal = session.mount.nominal
    recorder.write(
        "/tf_static", START_NS,
        messages.transforms(
            START_NS, "base_link", messages.CAMERA_FRAME, nominal.translation_m,
            quaternion_from_rotation(nominal.rotation),
        ),
    )
    fixes = {int(tick): number for number, tick in enumerate(session.motion.fix_tick)}
    for tick, stamp in enumerate(stamps_ns):
        stamp_ns = int(stamp)
        _record_motion(session, recorder, tick, stamp_ns)
        if tick in fixes:
            _record_fix(session, recorder, fixes[tick], stamp_ns)
        if tick % session.frame_every == 0:
            _record_frame(session, recorder, tick, stamp_ns)
            progress("drive", (tick + 1) / len(stamps_ns))
    progress("drive", 1.0)


def _record_motion(session: Session, recorder: Recorder, tick: int, stamp_ns: int) -> None:
    motion = session.motion
    x_m, y_m, yaw_rad = motion.odometry[tick]
    position_m = np.array([x_m, y_m, 0.0])
    turn = np.array([0.0, 0.0, np.sin(yaw_rad / 2.0), np.cos(yaw_rad / 2.0)])
    speed, yaw_rate = float(motion.odometry_speed_mps[tick]), float(motion.gyro_radps[tick, 2])
    recorder.write("/tf", stamp_ns, messages.transforms(stamp_ns, "odom", "base_link", position_m, turn))
    recorder.write(
        "/odom", stamp_ns, messages.odometry(stamp_ns, "odom", position_m, turn, speed, yaw_rate, (0.1, 0.02))
    )
    recorder.write(
        "/ground_truth", stamp_ns,
        messages.odometry(
            stamp_ns, "map", motion.position_m[tick], motion.quaternion[tick], float(motion.speed_mps[tick]),
            float(motion.yaw_rate_radps[tick]), (1e-3, 1e-3),
        ),
    )
    recorder.write(
        "/imu", stamp_ns,
        messages.imu(
            stamp_ns, motion.imu_quaternion[tick], motion.gyro_radps[tick], motion.acceleration_mps2[tick]
        ),
    )


def _record_fix(session: Session, recorder: Recorder, number: int, stamp_ns: int) -> None:
    latitude_deg, longitude_deg = session.geomap.origin.to_geodetic(session.motion.fix_m[number])
    height_m = session.geomap.origin.height_m + float(session.motion.position_m[session.motion.fix_tick[number], 2])
    sigma_m = max(float(np.hypot(session.noise.motion.fix_m, session.noise.motion.fix_bias_m)), 0.1)
    recorder.write(
        "/fix", stamp_ns,
        messages.satellite_fix(stamp_ns, float(latitude_deg), float(longitude_deg), height_m, sigma_m),
    )


def _record_frame(session: Session, recorder: Recorder, tick: int, stamp_ns: int) -> None:
    map_from_base = Pose3(rotation_from_quaternion(session.motion.quaternion[tick]), session.motion.position_m[tick])
    base_from_camera = session.mount.base_from_camera(tick // session.frame_every)
    moving = session.traffic.at(float(session.trajectory.time_s[tick]))
    frame = session.renderer.render(map_from_base @ base_from_camera, moving)
    frame = replace(frame, rgb=exposed(frame.rgb, session.condition, session.exposure_rng))
    sensed = session.degrader.sense(frame)
    recorder.write("/camera/camera_info", stamp_ns, messages.camera_info(stamp_ns, session.camera))
    for topic, pixels in (
        ("/camera/image", sensed.rgb), ("/camera/depth", sensed.depth_m), ("/camera/segmentation", sensed.label),
        ("/camera/instances", sensed.instance),
    ):
        recorder.write(topic, stamp_ns, messages.image(stamp_ns, pixels))
