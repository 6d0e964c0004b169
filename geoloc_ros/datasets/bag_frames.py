"""What a camera recorded of one moment, put together from the messages of a bag."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoloc_ros.core.camera_info import camera_from_info
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.geometry import pose2_from_quaternion, pose3_from_quaternion
from geoloc_ros.core.images import color_image, depth_image, instance_image, label_image
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.types import Float64, OdometryPose, Pose2, Pose3
from geoloc_ros.core.view import CameraFrame, Depth
from geoloc_ros.datasets.parts import PARTS

logger = logging.getLogger(__name__)

INFO = "camera_info"
ODOMETRY_TOPIC, MOUNT_TOPIC = "/odom", "/tf_static"
_BASE_FRAME = "base_link"
# How much odometry is remembered for a frame that was recorded late, s.
_BUFFER_S = 10.0


@dataclass(frozen=True)
class BagImage:
    """What a camera recorded of one stamp; decoded on demand, since a bad image spoils no other."""

    stamp_ns: int
    base_from_camera: Pose3
    _messages: dict[str, Any]

    def camera_frame(self) -> CameraFrame:
        """What the camera gave; its depth counts as measured, whatever made it.

        Raises:
            ObservationError: If an image cannot be decoded, or the camera is not calibrated or of an unknown model.
        """
        info, messages = self._messages[INFO], self._messages
        return CameraFrame(
            camera_from_info(info),
            self.base_from_camera,
            color_image(messages["image"]) if "image" in messages else None,
            label_image(messages["segmentation"]) if "segmentation" in messages else None,
            instance_image(messages["instances"]) if "instances" in messages else None,
            (Depth("depth", depth_image(messages["depth"])),) if "depth" in messages else (),
        )


@dataclass(frozen=True)
class BagFrame(BagImage):
    """The same with what odometry said."""

    odometry: Pose2
    """At that stamp, in odometry's own frame."""


class Gatherer:
    """Puts messages of one stamp together."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._mounts: dict[str, tuple[str, Pose3]] = {}
        self._incomplete: dict[int, dict[str, Any]] = {}

    def remember_mounts(self, message: Any) -> None:
        """Where frames sit on each other, of a tf2_msgs/TFMessage."""
        for transform in message.transforms:
            self._mounts |= _mount(transform)

    def complete(self, topic: str, message: Any) -> dict[str, Any] | None:
        """All messages of the stamp, once the last of them came."""
        stamp_ns = stamp_of(message)
        messages = self._incomplete.setdefault(stamp_ns, {})
        messages[self._names[topic]] = message
        if len(messages) < len(self._names):
            return None
        # What is older will not be completed any more.
        self._incomplete = {stamp: rest for stamp, rest in self._incomplete.items() if stamp > stamp_ns}
        return messages

    def base_from(self, frame: str) -> Pose3:
        """The mount of a frame; DatasetError where nobody told it."""
        at, at_from_camera = frame.lstrip("/"), Pose3(np.eye(3), np.zeros(3))
        for _ in range(len(self._mounts) + 1):
            if at == _BASE_FRAME:
                return at_from_camera
            if at not in self._mounts:
                break
            at, parent_from_child = self._mounts[at]
            at_from_camera = parent_from_child @ at_from_camera
        raise DatasetError(f"{MOUNT_TOPIC} does not say where '{frame}' sits on '{_BASE_FRAME}'; record it")


class FrameGatherer(Gatherer):
    """The same, waiting for the odometry around it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(names)
        self._odometry = OdometryBuffer(_BUFFER_S)
        self._waiting: dict[int, dict[str, Any]] = {}

    def take(self, topic: str, message: Any) -> Iterator[BagFrame]:
        """Frames that are complete with this message."""
        if topic == MOUNT_TOPIC:
            self.remember_mounts(message)
            return
        stamp_ns = stamp_of(message)
        if topic == ODOMETRY_TOPIC:
            self._remember(stamp_ns, message)
        elif (complete := self.complete(topic, message)) is None:
            return
        else:
            self._waiting[stamp_ns] = complete
        for ready_ns in [stamp for stamp in self._waiting if self._odometry.reaches(stamp)]:
            messages = self._waiting.pop(ready_ns)
            try:
                odometry = self._odometry.at(ready_ns)
            except ObservationError:  # the frame is older than all odometry
                continue
            yield BagFrame(ready_ns, self.base_from(camera_frame_id(messages)), messages, odometry)

    def _remember(self, stamp_ns: int, message: Any) -> None:
        try:
            pose = pose2_of(message)
        except ObservationError as error:
            logger.warning("%s at %d ns left out: %s", ODOMETRY_TOPIC, stamp_ns, error)
            return
        try:
            self._odometry.append(OdometryPose(stamp_ns, pose))
        except ObservationError as error:
            raise DatasetError(f"{error}; a bag of two drives must be cut in two") from error


def camera_frame_id(messages: Mapping[str, Any]) -> str:
    """Of an image: what drivers say in camera_info is less often right."""
    image = next(messages[part] for part in (*PARTS, INFO) if part in messages)
    return str(image.header.frame_id)


def stamp_of(message: Any) -> int:
    """Nanoseconds."""
    return int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)


def pose2_of(odometry: Any) -> Pose2:
    """The planar part of a nav_msgs/Odometry; raises ObservationError if it is none."""
    pose = odometry.pose.pose
    return pose2_from_quaternion(float(pose.position.x), float(pose.position.y), _xyzw(pose.orientation))


def _mount(transform: Any) -> dict[str, tuple[str, Pose3]]:
    """Parent and `parent_from_child` by the child's name; nothing for a transform that is none.

    Drivers publish such of frames that nobody asks for, with a quaternion that they never set.
    """
    shift, parent, child = transform.transform.translation, transform.header.frame_id, transform.child_frame_id
    try:
        mount = pose3_from_quaternion(np.array([shift.x, shift.y, shift.z]), _xyzw(transform.transform.rotation))
    except ObservationError as error:
        logger.warning("%s of '%s' left out: %s", MOUNT_TOPIC, child, error)
        return {}
    return {child.lstrip("/"): (parent.lstrip("/"), mount)}


def _xyzw(quaternion: Any) -> Float64:
    return np.array([quaternion.x, quaternion.y, quaternion.z, quaternion.w])
