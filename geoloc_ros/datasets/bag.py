"""Recorded drives: the frames, odometry and true poses of a rosbag2, read without ROS."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from geoloc_ros.core.camera_info import camera_from_info
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import pose2_from_quaternion, pose3_from_quaternion
from geoloc_ros.core.images import color_image, depth_image, instance_image, label_image
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.satellites import satellite_position
from geoloc_ros.core.types import Float64, Int64, OdometryPose, Pose2, Pose3, PositionFix
from geoloc_ros.core.view import CameraFrame, Depth
from geoloc_ros.datasets.parts import PARTS, Part

logger = logging.getLogger(__name__)

_INFO, _INFO_TOPIC = "camera_info", "/camera/camera_info"
# As image_transport names what it compresses.
_TRANSPORTS = ("", "/compressed", "/compressedDepth")
ODOMETRY_TOPIC, TRUTH_TOPIC, MOUNT_TOPIC, FIX_TOPIC = "/odom", "/ground_truth", "/tf_static", "/fix"
# Of sensor_msgs/NavSatFix and its status.
_COVARIANCE_UNKNOWN, _NO_FIX = 0, -1
_BASE_FRAME = "base_link"
# How much odometry is remembered for a frame that was recorded late, s.
_BUFFER_S = 10.0


@dataclass(frozen=True)
class BagFrame:
    """What was recorded of one stamp; decoded on demand, since a bad image spoils no other."""

    stamp_ns: int
    odometry: Pose2
    """At that stamp, in odometry's own frame."""
    base_from_camera: Pose3
    _messages: dict[str, Any]

    def camera_frame(self) -> CameraFrame:
        """What the camera gave; its depth counts as measured, whatever made it.

        Raises:
            ObservationError: If an image cannot be decoded, or the camera is not calibrated or of an unknown model.
        """
        info, messages = self._messages[_INFO], self._messages
        return CameraFrame(
            camera_from_info(info),
            self.base_from_camera,
            color_image(messages["image"]) if "image" in messages else None,
            label_image(messages["segmentation"]) if "segmentation" in messages else None,
            instance_image(messages["instances"]) if "instances" in messages else None,
            (Depth("depth", depth_image(messages["depth"])),) if "depth" in messages else (),
        )


class BagReader:
    """An .mcap file or rosbag2 folder with the topics of docs/formats.md."""

    def __init__(self, path: Path) -> None:
        """Raises DatasetError if there is no bag that can be read."""
        self.path = path
        with self._open() as reader:
            self._counts = {topic: info.msgcount for topic, info in reader.topics.items()}
        self._topics = {part: topic for part in PARTS if (topic := self._topic_of(part)) is not None}

    def __len__(self) -> int:
        """Frames, if none lacks a part."""
        return self._counts.get(_INFO_TOPIC, 0)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was recorded, raw or compressed, in the order of PARTS."""
        return tuple(self._topics)

    def frames(self, parts: Collection[Part]) -> Iterator[BagFrame]:
        """Frames with these parts in the order of the bag, each as soon as odometry reaches its stamp.

        Left out are frames that lack a part and those before the first odometry.

        Raises:
            DatasetError: If a topic is missing or the bag breaks off.
        """
        self._require(_INFO_TOPIC, *(f"/camera/{part}" for part in parts if part not in self._topics))
        self._require(ODOMETRY_TOPIC, MOUNT_TOPIC)
        names = {_INFO_TOPIC: _INFO, **{self._topics[part]: part for part in parts}}
        gatherer = _Gatherer(names)
        for topic, message in self._messages({ODOMETRY_TOPIC, MOUNT_TOPIC, *names}):
            yield from gatherer.take(topic, message)

    def ground_truth(self) -> tuple[Int64, Float64]:
        """Stamps (N,), ascending, and true poses (N, 3) of the base in the map frame.

        Raises:
            DatasetError: If the bag has none.
        """
        self._require(TRUTH_TOPIC)
        poses = {_stamp_ns(message): _pose2(message).as_array() for _, message in self._messages({TRUTH_TOPIC})}
        stamps_ns = sorted(poses)
        return np.array(stamps_ns, np.int64), np.array([poses[stamp] for stamp in stamps_ns]).reshape(-1, 3)

    def fixes(self, origin: GeoOrigin) -> list[PositionFix]:
        """Positions of the satellite receiver on a map, in the order of their stamps; bad ones are left out.

        Raises:
            DatasetError: If the bag has none.
        """
        self._require(FIX_TOPIC)
        found = []
        for _, message in self._messages({FIX_TOPIC}):
            try:
                found.append(_position_fix(message, origin))
            except ObservationError as error:
                logger.warning("%s left out: %s", FIX_TOPIC, error)
        return sorted(found, key=lambda fix: fix.stamp_ns)

    def frame_stamps_ns(self) -> Int64:
        """Stamps (F,) of all frames, complete or not, ascending.

        Raises:
            DatasetError: If the bag has no camera_info.
        """
        self._require(_INFO_TOPIC)
        return np.array(sorted({_stamp_ns(message) for _, message in self._messages({_INFO_TOPIC})}), np.int64)

    def has_ground_truth(self) -> bool:
        """Does the bag say where the vehicle really was?"""
        return self._counts.get(TRUTH_TOPIC, 0) > 0

    def _topic_of(self, part: Part) -> str | None:
        candidates = (f"/camera/{part}{transport}" for transport in _TRANSPORTS)
        return next((topic for topic in candidates if self._counts.get(topic)), None)

    def _require(self, *topics: str) -> None:
        missing = [topic for topic in topics if not self._counts.get(topic)]
        if missing:
            raise DatasetError(
                f"bag '{self.path}' has nothing on {', '.join(missing)} (it has {', '.join(sorted(self._counts))}); "
                "remap or record them, see docs/formats.md"
            )

    def _messages(self, topics: set[str]) -> Iterator[tuple[str, Any]]:
        with self._open() as reader:
            connections = [connection for connection in reader.connections if connection.topic in topics]
            for connection, _, data in reader.messages(connections=connections):
                yield connection.topic, reader.deserialize(data, connection.msgtype)

    @contextmanager
    def _open(self) -> Iterator[AnyReader]:
        if not self.path.exists():
            raise DatasetError(f"no bag '{self.path}'; make one with `geoloc simulate`")
        try:
            with AnyReader([self.path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
                yield reader
        except (AnyReaderError, ReaderError) as error:
            raise DatasetError(f"'{self.path}' is not a rosbag2 that can be read: {error}; record it again") from error


class _Gatherer:
    """Puts messages of one stamp together and waits for the odometry around it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._odometry = OdometryBuffer(_BUFFER_S)
        self._mounts: dict[str, tuple[str, Pose3]] = {}
        self._incomplete: dict[int, dict[str, Any]] = {}
        self._waiting: dict[int, dict[str, Any]] = {}

    def take(self, topic: str, message: Any) -> Iterator[BagFrame]:
        if topic == MOUNT_TOPIC:
            for transform in message.transforms:
                self._mounts |= _mount(transform)
            return
        stamp_ns = _stamp_ns(message)
        if topic == ODOMETRY_TOPIC:
            self._remember(stamp_ns, message)
        else:
            messages = self._incomplete.setdefault(stamp_ns, {})
            messages[self._names[topic]] = message
            if len(messages) < len(self._names):
                return
            self._waiting[stamp_ns] = self._incomplete.pop(stamp_ns)
            # What is older will not be completed any more.
            self._incomplete = {stamp: rest for stamp, rest in self._incomplete.items() if stamp > stamp_ns}
        for ready_ns in [stamp for stamp in self._waiting if self._odometry.reaches(stamp)]:
            messages = self._waiting.pop(ready_ns)
            try:
                odometry = self._odometry.at(ready_ns)
            except ObservationError:  # the frame is older than all odometry
                continue
            yield BagFrame(ready_ns, odometry, self._base_from(_camera_frame_id(messages)), messages)

    def _remember(self, stamp_ns: int, message: Any) -> None:
        try:
            pose = _pose2(message)
        except ObservationError as error:
            logger.warning("%s at %d ns left out: %s", ODOMETRY_TOPIC, stamp_ns, error)
            return
        try:
            self._odometry.append(OdometryPose(stamp_ns, pose))
        except ObservationError as error:
            raise DatasetError(f"{error}; a bag of two drives must be cut in two") from error

    def _base_from(self, frame: str) -> Pose3:
        at, at_from_camera = frame.lstrip("/"), Pose3(np.eye(3), np.zeros(3))
        for _ in range(len(self._mounts) + 1):
            if at == _BASE_FRAME:
                return at_from_camera
            if at not in self._mounts:
                break
            at, parent_from_child = self._mounts[at]
            at_from_camera = parent_from_child @ at_from_camera
        raise DatasetError(f"{MOUNT_TOPIC} does not say where '{frame}' sits on '{_BASE_FRAME}'; record it")


def _camera_frame_id(messages: Mapping[str, Any]) -> str:
    """Of an image: what drivers say in camera_info is less often right."""
    image = next(messages[part] for part in (*PARTS, _INFO) if part in messages)
    return str(image.header.frame_id)


def _stamp_ns(message: Any) -> int:
    return int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)


def _pose2(odometry: Any) -> Pose2:
    pose = odometry.pose.pose
    return pose2_from_quaternion(float(pose.position.x), float(pose.position.y), _xyzw(pose.orientation))


def _position_fix(message: Any, origin: GeoOrigin) -> PositionFix:
    covariance = None
    if message.position_covariance_type != _COVARIANCE_UNKNOWN:
        covariance = np.asarray(message.position_covariance, np.float64).reshape(3, 3)[:2, :2]
    place_deg = np.array([message.latitude, message.longitude])
    return satellite_position(
        _stamp_ns(message), place_deg, int(message.status.status) != _NO_FIX, covariance, origin
    )


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
