"""The topics of one camera, and what their messages of one moment say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from std_msgs.msg import Header

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import stereo_baseline_m
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.images import color_image, depth_image, instance_image, label_image
from geoloc_ros.core.node_config import PerceptionNodeConfig
from geoloc_ros.core.types import Float32, UInt8, UInt16
from geoloc_ros.core.view import CameraFrame, Depth, DepthSource
from geoloc_ros.ros.sensors import to_camera, to_points
from geoloc_ros.ros.synchronizer import CameraTopics
from geoloc_ros.ros.tf import StaticTransforms
from geoloc_ros.scan.project import depth_from_points
from geoloc_ros.scan.stereo import depth_from_stereo

_TOPICS_OF_SOURCE: dict[DepthSource, tuple[str, ...]] = {
    "points": ("points",), "depth": ("depth",), "stereo": ("right/image", "right/camera_info"), "network": ()
}
# Half a pixel of disparity is what matching errs by.
_SAME_PX = 0.5


class CameraInputs:
    """What is listened to for one camera, by what the parameters say."""

    def __init__(self, name: str, config: PerceptionNodeConfig) -> None:
        self.name = name
        self._config = config
        self._prefix = f"{name}/" if name else ""
        self._sources = tuple(source for source in _TOPICS_OF_SOURCE if source in config.depth_sources)
        measured = [topic for source in self._sources for topic in _TOPICS_OF_SOURCE[source]]
        is_given = config.labels == "topic"
        required, optional = ["segmentation" if is_given else "image", "camera_info"], list[str]()
        # What has no substitute is waited for as long as it takes.
        (optional if len(self._sources) > 1 else required).extend(measured)
        if is_given and not {"network", "stereo"}.isdisjoint(self._sources):
            (optional if len(self._sources) > 1 else required).append("image")
        if is_given and config.use_instances:
            optional.append("instances")
        self.topics = CameraTopics(self._named(required), self._named(optional))

    def subscriptions(self) -> Iterator[tuple[str, type[Any], str]]:
        """Topic as in `topics`, message type and name under which it is subscribed to."""
        for topic in (*self.topics.required, *self.topics.optional):
            plain = topic.removeprefix(self._prefix)
            if plain.endswith("camera_info"):
                yield topic, CameraInfo, topic
            elif plain == "points":
                yield topic, PointCloud2, topic
            elif not self._config.compressed:
                yield topic, Image, topic
            else:
                yield topic, CompressedImage, f"{topic}/compressedDepth" if plain == "depth" else f"{topic}/compressed"

    def header(self, messages: Mapping[str, Any]) -> Header | None:
        """Of the image, whose frame is the optical one; None if the camera gave none in time."""
        message = messages.get(self.topics.required[0])
        return None if message is None else message.header

    def frame(self, messages: Mapping[str, Any], transforms: StaticTransforms) -> CameraFrame:
        """What the camera gave; images are views of the messages where their encoding allows it.

        Args:
            messages: By topic as in `topics`; the required ones and some of the others.
            transforms: Of the vehicle.

        Raises:
            ObservationError: If a message cannot be used or a transform is not known.
        """
        given = {topic: messages.get(self._prefix + topic) for topic in ("image", "segmentation", "instances")}
        header = messages[self.topics.required[0]].header
        camera = to_camera(messages[f"{self._prefix}camera_info"], self._config.rectified)
        image = None if given["image"] is None else color_image(given["image"])
        labels = None if given["segmentation"] is None else label_image(given["segmentation"])
        instances = None if given["instances"] is None else instance_image(given["instances"])
        for each in (image if labels is None else labels, instances):
            _check_size(each, camera)
        return CameraFrame(
            camera, transforms.lookup(self._config.base_frame, header.frame_id), image, labels, instances,
            tuple(self._depths(messages, camera, header.frame_id, transforms, image)),
        )

    def _depths(
        self, messages: Mapping[str, Any], camera: Camera, camera_frame: str, transforms: StaticTransforms,
        image: UInt8 | None,
    ) -> Iterator[Depth]:
        depth, points = (messages.get(self._prefix + topic) for topic in ("depth", "points"))
        if depth is not None:
            yield Depth("depth", _aligned(depth_image(depth), camera))
        if points is not None:
            camera_from_points = transforms.lookup(camera_frame, points.header.frame_id)
            yield Depth("points", _depth_of(points, camera, camera_from_points))
        right, right_info = (messages.get(f"{self._prefix}right/{topic}") for topic in ("image", "camera_info"))
        if image is not None and right is not None and right_info is not None:
            _check_pair(camera, to_camera(right_info, self._config.rectified))
            yield Depth("stereo", depth_from_stereo(image, color_image(right), camera, stereo_baseline_m(right_info)))

    def _named(self, topics: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._prefix + topic for topic in topics)


def _check_size(image: UInt8 | UInt16 | None, camera: Camera) -> None:
    """Refuse an image of another size before anything is made in the size that the camera claims to have."""
    if image is not None and image.shape[:2] != (camera.height, camera.width):
        raise ObservationError(
            f"image is {image.shape[1]}x{image.shape[0]}, camera_info says {camera.width}x{camera.height}; publish the "
            "camera_info of this image"
        )


def _check_pair(left: Camera, right: Camera) -> None:
    """Refuse cameras whose disparity is not focal length times baseline by depth."""
    if max(abs(left.fx - right.fx), abs(left.cx - right.cx), abs(left.cy - right.cy)) > _SAME_PX:
        raise ObservationError(
            f"the left camera has fx {left.fx:.1f} and its axis at {left.cx:.1f}, {left.cy:.1f}, the right one fx "
            f"{right.fx:.1f} and {right.cx:.1f}, {right.cy:.1f}; rectify both alike, and set rectified"
        )


def _aligned(depth_m: Float32, camera: Camera) -> Float32:
    if depth_m.shape != (camera.height, camera.width):
        raise ObservationError(
            f"depth is {depth_m.shape[1]}x{depth_m.shape[0]}, camera_info says {camera.width}x{camera.height}; publish "
            "depth that is registered to the image, or leave 'depth' out of depth_sources"
        )
    return depth_m


def _depth_of(points: PointCloud2, camera: Camera, camera_from_points: Any) -> Float32:
    return depth_from_points(camera_from_points.apply(to_points(points).astype(np.float64)), camera)
