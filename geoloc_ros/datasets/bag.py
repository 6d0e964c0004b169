"""Recorded drives: the frames, odometry and true poses of a rosbag2, read without ROS."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.satellites import satellite_position
from geoloc_ros.core.types import Float64, Int64, Pose3, PositionFix
from geoloc_ros.datasets.bag_frames import (
    INFO,
    MOUNT_TOPIC,
    ODOMETRY_TOPIC,
    BagFrame,
    BagImage,
    FrameGatherer,
    Gatherer,
    camera_frame_id,
    pose2_of,
    stamp_of,
)
from geoloc_ros.datasets.parts import PARTS, Part

logger = logging.getLogger(__name__)

_INFO_TOPIC = "/camera/camera_info"
# As image_transport names what it compresses.
_TRANSPORTS = ("", "/compressed", "/compressedDepth")
TRUTH_TOPIC, FIX_TOPIC = "/ground_truth", "/fix"
# Of sensor_msgs/NavSatFix and its status.
_COVARIANCE_UNKNOWN, _NO_FIX = 0, -1
_IMAGE: tuple[Part, ...] = ("image",)
_NOT_MOUNTED = Pose3(np.eye(3), np.zeros(3))


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
        names = {_INFO_TOPIC: INFO, **{self._topics[part]: part for part in parts}}
        gatherer = FrameGatherer(names)
        for topic, message in self._messages({ODOMETRY_TOPIC, MOUNT_TOPIC, *names}):
            yield from gatherer.take(topic, message)

    def images(self, parts: Collection[Part] = _IMAGE) -> Iterator[BagImage]:
        """What the camera recorded in the order of the bag, whether there is odometry or not.

        Where the bag has no mounts at all, the camera is the base.

        Raises:
            DatasetError: If a topic is missing, the bag breaks off, or its mounts do not name the camera.
        """
        self._require(_INFO_TOPIC, *(f"/camera/{part}" for part in parts if part not in self._topics))
        names = {_INFO_TOPIC: INFO, **{self._topics[part]: part for part in parts}}
        gatherer = Gatherer(names)
        for _, message in self._messages({MOUNT_TOPIC}):
            gatherer.remember_mounts(message)
        for topic, message in self._messages(set(names)):
            if (messages := gatherer.complete(topic, message)) is not None:
                mount = gatherer.base_from(camera_frame_id(messages)) if self.has_mounts() else _NOT_MOUNTED
                yield BagImage(stamp_of(message), mount, messages)

    def has_mounts(self) -> bool:
        """Does the bag say where cameras sit on the vehicle?"""
        return self._counts.get(MOUNT_TOPIC, 0) > 0

    def ground_truth(self) -> tuple[Int64, Float64]:
        """Stamps (N,), ascending, and true poses (N, 3) of the base in the map frame.

        Raises:
            DatasetError: If the bag has none.
        """
        self._require(TRUTH_TOPIC)
        poses = {stamp_of(message): pose2_of(message).as_array() for _, message in self._messages({TRUTH_TOPIC})}
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
        return np.array(sorted({stamp_of(message) for _, message in self._messages({_INFO_TOPIC})}), np.int64)

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


def _position_fix(message: Any, origin: GeoOrigin) -> PositionFix:
    covariance = None
    if message.position_covariance_type != _COVARIANCE_UNKNOWN:
        covariance = np.asarray(message.position_covariance, np.float64).reshape(3, 3)[:2, :2]
    place_deg = np.array([message.latitude, message.longitude])
    return satellite_position(
        stamp_of(message), place_deg, int(message.status.status) != _NO_FIX, covariance, origin
    )
